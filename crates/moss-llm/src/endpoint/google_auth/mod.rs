//! Access to Google Cloud: tokens of service accounts, of people signed in with gcloud, and of the machine that
//! MOSS runs on.

mod credentials;
mod jwt;
mod token;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use moss_protocol::Provider;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Client, Request};
use tokio::sync;
use tokio::time::Instant;

use super::Authorize;
use crate::{ModelError, ModelSetupError, Secret, Transport};

pub(super) use credentials::Credentials;
use token::{Fresh, fetch};

/// Whose quota a person's request counts against.
const QUOTA_PROJECT: HeaderName = HeaderName::from_static("x-goog-user-project");

/// Gets tokens when they are needed, and keeps each until shortly before it ends. While one is fetched, other
/// requests wait for it.
pub(super) struct GoogleAuth {
    provider: Provider,
    credentials: Credentials,
    http: Client,
    token: sync::Mutex<Option<Token>>,
    /// The last tokens: an error that comes late may show the one before.
    known: Mutex<Vec<Secret>>,
}

struct Token {
    header: HeaderValue,
    renew_at: Instant,
}

/// How long before its end a token is renewed, so that it holds for the request for which it is taken.
const MARGIN: Duration = Duration::from_secs(240);

/// How many tokens errors are searched for.
const KNOWN: usize = 2;

impl GoogleAuth {
    pub(super) fn new(
        provider: Provider,
        credentials: Credentials,
        transport: &Transport,
        proxy: Option<&Secret>,
    ) -> Result<Arc<Self>, ModelSetupError> {
        let http = transport.client(credentials.token_url(), proxy)?;
        Ok(Arc::new(Self {
            provider,
            credentials,
            http,
            token: sync::Mutex::default(),
            known: Mutex::default(),
        }))
    }

    async fn header(&self) -> Result<HeaderValue, ModelError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = &*kept
            && Instant::now() < token.renew_at
        {
            return Ok(token.header.clone());
        }
        *kept = None;
        let asked = Instant::now();
        let Fresh { token, header, lifetime } =
            fetch(&self.credentials, &self.http, self.provider).await?;
        self.remember(token);
        // A short life is not eaten up by the margin.
        let renew_at = asked + lifetime.saturating_sub(MARGIN.min(lifetime / 2));
        *kept = Some(Token { header: header.clone(), renew_at });
        Ok(header)
    }

    fn remember(&self, token: Secret) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN {
            known.remove(0);
        }
        known.push(token);
    }
}

impl Authorize for GoogleAuth {
    fn authorize<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), ModelError>> {
        async move {
            // The host's own header comes first.
            if !request.headers().contains_key(AUTHORIZATION) {
                let header = self.header().await?;
                request.headers_mut().insert(AUTHORIZATION, header);
            }
            if let Some(project) = self.credentials.quota_project()
                && !request.headers().contains_key(QUOTA_PROJECT)
                && let Ok(project) = HeaderValue::from_str(project)
            {
                request.headers_mut().insert(QUOTA_PROJECT, project);
            }
            Ok(())
        }
        .boxed()
    }

    fn secrets(&self) -> Vec<Secret> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for GoogleAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleAuth").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

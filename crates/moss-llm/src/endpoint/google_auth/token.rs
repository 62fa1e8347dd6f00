//! Fetches a token.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use moss_protocol::Provider;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::Credentials;
use crate::transport::{Body, Target, Watch};
use crate::wire::{classify, short};
use crate::{ModelError, ModelErrorKind, Secret};

/// What tokens are for: all of Google Cloud, as far as the account's roles go.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long a token server may be silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same of a metadata server, which is near or not there.
const NEAR: Duration = Duration::from_secs(5);

/// The largest answer that is read.
const MAX_BODY: usize = 64 << 10;

/// How the metadata server tells requests that are meant for it.
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

/// A token as it came.
pub(super) struct Fresh {
    pub(super) token: Secret,
    pub(super) header: HeaderValue,
    pub(super) lifetime: Duration,
}

/// Asks for a token.
pub(super) async fn fetch(
    credentials: &Credentials,
    http: &Client,
    provider: Provider,
) -> Result<Fresh, ModelError> {
    let url = credentials.token_url();
    let host = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let target = Target { provider, host: host.into() };
    let (request, secrets) = request(credentials, http)
        .map_err(|problem| target.error(ModelErrorKind::Auth, problem))?;
    let limit = match credentials {
        Credentials::Metadata { .. } => NEAR,
        Credentials::ServiceAccount { .. } | Credentials::User { .. } => PATIENCE,
    };
    let mut watch = Watch::new(CancellationToken::new(), limit, limit);
    let response = match watch.wait(request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(explained(credentials, target.unsent(error))),
        Err(stop) => return Err(explained(credentials, target.stopped(stop))),
    };
    let status = response.status();
    let mut body = Body::new(response, watch, target.clone(), MAX_BODY);
    if !status.is_success() {
        let said = body.beginning(MAX_BODY).await?;
        return Err(refused(&target, status.as_u16(), &said, &secrets));
    }
    let body = body.whole(MAX_BODY).await?;
    read(&body).ok_or_else(|| {
        let message = format!("{} gave no token that can be read", target.host);
        target.error(ModelErrorKind::Protocol, message)
    })
}

/// The request, and what of it no error may show.
fn request(
    credentials: &Credentials,
    http: &Client,
) -> Result<(RequestBuilder, Vec<Secret>), String> {
    match credentials {
        Credentials::ServiceAccount { email, key, token_url, .. } => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let assertion = key.assertion(email, SCOPE, token_url.as_str(), now)?;
            let fields = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", &assertion),
            ];
            Ok((form(http, token_url, &fields)?, vec![Secret::new(assertion)]))
        }
        Credentials::User { client_id, client_secret, refresh_token, token_url, .. } => {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", client_id),
                ("client_secret", client_secret.expose()),
                ("refresh_token", refresh_token.expose()),
            ];
            let secrets = vec![client_secret.clone(), refresh_token.clone()];
            Ok((form(http, token_url, &fields)?, secrets))
        }
        Credentials::Metadata { token_url } => {
            let mut url = token_url.clone();
            url.query_pairs_mut().append_pair("scopes", SCOPE);
            let flavor = HeaderValue::from_static("Google");
            Ok((http.get(url).header(FLAVOR, flavor), Vec::new()))
        }
    }
}

/// A form, as OAuth has it.
fn form(http: &Client, url: &Url, fields: &[(&str, &str)]) -> Result<RequestBuilder, String> {
    // The query of an address is written in the same way.
    let encoded = Url::parse_with_params("http://form", fields)
        .map_err(|_| "the request for a token cannot be made".to_owned())?;
    let body = encoded.query().unwrap_or_default().to_owned();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    Ok(http.post(url.clone()).header(CONTENT_TYPE, kind).body(body))
}

fn read(body: &[u8]) -> Option<Fresh> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        expires_in: Option<u64>,
    }
    /// What Google gives, should it not say.
    const LIFETIME: u64 = 3600;
    let Answer { access_token, expires_in } = serde_json::from_slice(body).ok()?;
    let mut header = HeaderValue::from_str(&format!("Bearer {access_token}")).ok()?;
    header.set_sensitive(true);
    let lifetime = Duration::from_secs(expires_in.unwrap_or(LIFETIME).min(24 * LIFETIME));
    Some(Fresh { token: Secret::new(access_token), header, lifetime })
}

/// An error in the token server's words: `{"error": …, "error_description": …}`.
fn refused(target: &Target, status: u16, body: &[u8], secrets: &[Secret]) -> ModelError {
    #[derive(Deserialize)]
    struct Said {
        error: String,
        error_description: Option<String>,
    }
    let mut error = classify(status, body, target.provider);
    if let Ok(Said { error: code, error_description: Some(words) }) = serde_json::from_slice(body) {
        error.message = format!("{code}: {}", short(&words, 200));
        error.provider_code = Some(short(&code, 100));
    }
    error.kind = match status {
        429 => ModelErrorKind::RateLimit,
        500.. => ModelErrorKind::Overloaded,
        _ => ModelErrorKind::Auth,
    };
    for secret in secrets {
        for text in [Some(&mut error.message), error.provider_code.as_mut()].into_iter().flatten() {
            *text = text.replace(secret.expose(), "[redacted]");
        }
    }
    error.message = format!("{} gave no token for Google Cloud: {}", target.host, error.message);
    error
}

/// Without any credentials the machine is asked, which is not always one of Google's.
fn explained(credentials: &Credentials, mut error: ModelError) -> ModelError {
    if let Credentials::Metadata { .. } = credentials {
        error.kind = ModelErrorKind::Auth;
        error.message = format!(
            "no credentials for Google Cloud: there are none in the options and the environment, and this machine gives none ({}). Set the option `authOptions.credentials` to the key of a service account, or GOOGLE_APPLICATION_CREDENTIALS to its file",
            error.message
        );
    }
    error
}

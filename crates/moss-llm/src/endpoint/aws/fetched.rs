//! Keys that hold for some time: fetched when they are needed, kept, and fetched again before they end.

use std::fmt;
use std::sync::{Mutex as ShortMutex, PoisonError};
use std::time::{Duration, SystemTime};

use moss_protocol::Provider;
use reqwest::Client;
use tokio::sync::Mutex;

use super::AwsKeys;
use super::metadata::{Given, Metadata};
use crate::{ModelError, ModelErrorKind, ModelSetupError, Secret, Transport};

/// How long before their end keys are fetched again.
const MARGIN: Duration = Duration::from_secs(300);

/// Keys that a service gives.
pub(crate) struct Fetched {
    from: Metadata,
    client: Client,
    /// Held while keys are fetched, so that calls that start together ask once.
    known: Mutex<Option<Given>>,
    /// What no error may show: of the keys that hold, and of those before them.
    secrets: ShortMutex<Vec<Secret>>,
}

impl Fetched {
    pub(super) fn new(from: Metadata, transport: &Transport) -> Result<Self, ModelSetupError> {
        // Such services are next door: no proxy stands between.
        let client = transport.direct_client()?;
        Ok(Self { from, client, known: Mutex::new(None), secrets: ShortMutex::default() })
    }

    /// The keys that hold now.
    pub(super) async fn keys(&self, now: SystemTime) -> Result<AwsKeys, ModelError> {
        let mut known = self.known.lock().await;
        if let Some(given) = &*known
            && holds_until(given, now + MARGIN)
        {
            return Ok(given.keys.clone());
        }
        match self.from.give(&self.client).await {
            Ok(given) => {
                self.remember(&given.keys);
                Ok(known.insert(given).keys.clone())
            }
            // The old ones hold for some minutes yet.
            Err(problem) => match &*known {
                Some(given) if holds_until(given, now) => {
                    tracing::warn!(
                        problem,
                        "AWS keys could not be renewed; the old ones still hold"
                    );
                    Ok(given.keys.clone())
                }
                _ => Err(missing(&problem)),
            },
        }
    }
}

impl Fetched {
    pub(super) fn secrets(&self) -> Vec<Secret> {
        // What a panic could leave behind is as good.
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, keys: &AwsKeys) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.splice(0..0, keys.secrets());
        // Answers to requests with older keys have come by now.
        secrets.truncate(4);
    }
}

fn holds_until(given: &Given, time: SystemTime) -> bool {
    given.expires.is_none_or(|expires| expires > time)
}

fn missing(problem: &str) -> ModelError {
    let message = format!(
        "there are no AWS credentials: neither options, environment nor shared files have them, and the metadata service gives none ({problem}). Set `credentials`, `profile` or `apiKey`, or the environment variables `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"
    );
    ModelError::new(ModelErrorKind::Auth, Provider::Bedrock, message)
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched").field("from", &self.from).finish_non_exhaustive()
    }
}

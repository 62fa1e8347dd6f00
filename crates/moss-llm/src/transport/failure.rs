//! What can go wrong between here and a provider, in words.

use std::error::Error;
use std::io;
use std::sync::Arc;

use moss_protocol::Provider;

use super::watch::Stop;
use crate::{ModelError, ModelErrorKind};

/// Who is asked, for error texts: the provider and its host, and nothing else of the URL, which may hold
/// credentials.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) provider: Provider,
    pub(crate) host: Arc<str>,
}

impl Target {
    pub(crate) fn error(&self, kind: ModelErrorKind, message: impl Into<String>) -> ModelError {
        ModelError::new(kind, self.provider, message)
    }

    pub(crate) fn stopped(&self, stop: Stop) -> ModelError {
        match stop {
            Stop::Cancelled => self.cancelled(),
            Stop::Silent(limit) => {
                let message = format!(
                    "{} sent nothing for {} s. The option `timeout`, in milliseconds, allows it more",
                    self.host,
                    limit.as_secs_f64()
                );
                self.error(ModelErrorKind::Timeout, message)
            }
            Stop::TooLong(limit) => {
                let message = format!(
                    "the answer of {} took longer than {} s. The option `answerTimeout`, in milliseconds, allows it more",
                    self.host,
                    limit.as_secs_f64()
                );
                self.error(ModelErrorKind::Timeout, message)
            }
        }
    }

    pub(crate) fn cancelled(&self) -> ModelError {
        self.error(ModelErrorKind::Cancelled, "the model call was cancelled")
    }

    /// A request cannot be put together.
    pub(crate) fn unmade(&self, error: reqwest::Error) -> ModelError {
        let message = "the request cannot be made from its options";
        let source = Some(error.without_url().into());
        ModelError { source, ..self.error(ModelErrorKind::InvalidRequest, message) }
    }

    /// No answer began.
    pub(crate) fn unsent(&self, error: reqwest::Error) -> ModelError {
        let what = if error.is_connect() {
            "cannot connect to"
        } else {
            "the connection broke before an answer came from"
        };
        self.network(what, error)
    }

    /// An answer began and did not end.
    pub(crate) fn broken_body(&self, error: reqwest::Error) -> ModelError {
        let cause = io_kind(&error);
        let (kind, what) = match cause {
            Some(cause) if is_broken(cause) => {
                (ModelErrorKind::Network, "the connection broke in the middle of the answer of")
            }
            // Compression or framing that cannot be read.
            Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
                (ModelErrorKind::Protocol, "cannot read the answer of")
            }
            Some(_) | None => (ModelErrorKind::Truncated, "the answer was cut off by"),
        };
        ModelError { kind, ..self.network(what, error) }
    }

    fn network(&self, what: &str, error: reqwest::Error) -> ModelError {
        let error = error.without_url();
        let message = format!("{what} {}: {}", self.host, root_cause(&error));
        ModelError { source: Some(Box::new(error)), ..self.error(ModelErrorKind::Network, message) }
    }
}

fn is_broken(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::TimedOut
    )
}

/// The innermost error: what the operating system, TLS or HTTP said.
pub(super) fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(io::Error::kind)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

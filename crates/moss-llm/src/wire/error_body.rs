//! What a provider says when it refuses, in the several shapes in which providers say it.

mod kind;
mod said;

use moss_protocol::Provider;

use super::Frame;
use crate::{ModelError, ModelErrorKind};
use said::Said;

/// Reads the body of an answer with an error status, and finds the error's class from the status, the
/// provider's code and its words.
///
/// The error's text is `<status> <the provider's words>`, as the providers' own clients say it. Bodies that
/// are not JSON are shown shortened; a web page is named by its title.
#[must_use]
pub fn classify(status: u16, body: &[u8], provider: Provider) -> ModelError {
    let said = Said::read(body);
    let mut error = said.into_error(provider, |said| kind::of(status, said));
    error.status = Some(status);
    error
}

/// An error that came within a stream, after a status that promised success. Providers send the same
/// objects there; some repeat a status as `code`.
pub(super) fn in_stream(json: &str, provider: Provider) -> ModelError {
    let said = Said::read(json.as_bytes());
    said.into_error(provider, |said| match said.number {
        Some(status @ 400..=599) => kind::of(status, said),
        _ => kind::without_status(said),
    })
}

/// Refuses a frame that the stream itself names an error (`event: error`).
pub(super) fn refuse(frame: Frame<'_>, provider: Provider) -> Result<(), ModelError> {
    if frame.kind != "error" {
        return Ok(());
    }
    Err(in_stream(&String::from_utf8_lossy(frame.data), provider))
}

/// Whether a frame without any part of an answer is an error by itself.
pub(super) fn is_error(json: &str) -> bool {
    Said::from_json(json).is_some_and(|said| said.is_certain)
}

impl Said {
    fn into_error(
        self,
        provider: Provider,
        kind: impl FnOnce(&Self) -> ModelErrorKind,
    ) -> ModelError {
        let kind = kind(&self);
        let mut error = ModelError::new(kind, provider, self.message);
        error.provider_code = self.code;
        error
    }
}

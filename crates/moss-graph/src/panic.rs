//! A caught panic as an error.

use std::any::Any;

use thiserror::Error;

/// The message of a panic that was caught. Its text is the whole of it: panics carry no cause.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("panicked: {0}")]
pub(crate) struct PanicMessage(String);

impl PanicMessage {
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl From<Box<dyn Any + Send>> for PanicMessage {
    fn from(payload: Box<dyn Any + Send>) -> Self {
        let text = match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => match payload.downcast::<&'static str>() {
                Ok(text) => (*text).to_owned(),
                Err(_) => "with a payload that is no text".to_owned(),
            },
        };
        Self(text)
    }
}

//! What operations come to.

use serde::Serialize;

use super::error::{GraphErrorJson, answer};

/// What an operation came to: the data of its `@end`, as JSON text. Text, because a state may be large, and is written
/// once.
pub(crate) struct End(pub(super) String);

impl End {
    /// It came to a value.
    pub(crate) fn value(value: &(impl Serialize + ?Sized)) -> Self {
        #[derive(Serialize)]
        struct Went<'v, T: ?Sized> {
            ok: bool,
            value: &'v T,
        }
        Self::of(&Went { ok: true, value })
    }

    /// It came to this. What has no JSON form becomes `null`; nothing that operations come to is such.
    pub(crate) fn of(data: &(impl Serialize + ?Sized)) -> Self {
        Self(serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned()))
    }
}

impl From<Result<Self, GraphErrorJson>> for End {
    fn from(result: Result<Self, GraphErrorJson>) -> Self {
        result.unwrap_or_else(|error| Self::of(&answer(error)))
    }
}

//! What operations come to.

use serde::Serialize;

use super::error::{GraphErrorJson, answer};
use crate::items::Items;

/// What an operation came to: the item that says so. It is written once, since a state may be large.
pub(crate) struct End(pub(super) Items);

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
        let mut items = Items::default();
        items.push("@end", |json| serde_json::to_writer(json, data));
        Self(items)
    }
}

impl From<Result<Self, GraphErrorJson>> for End {
    fn from(result: Result<Self, GraphErrorJson>) -> Self {
        result.unwrap_or_else(|error| Self::of(&answer(error)))
    }
}

//! Values that stand in several places of a state, encoded and decoded once.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value;

use crate::checkpoint::Blob;
use crate::state::persist::{Identity, SharedBlobs, StateError, decode};

/// A value as a blob, which it is already where it has been met before.
pub(super) fn blob<'v>(
    blobs: &mut SharedBlobs<'v>,
    field: &str,
    value: &'v Arc<Value>,
) -> Result<Blob, StateError> {
    // Also where nobody else holds it: lists that share their entries hold each of them once.
    let identity = (!is_small(value)).then(|| Identity::at(value));
    blobs.blob(field, &**value, identity)
}

/// What has been decoded: a blob with the very same bytes is the same value.
#[derive(Default)]
pub(super) struct Decoded<'b> {
    /// By where the bytes are, and how many.
    values: HashMap<(*const u8, usize), Arc<Value>>,
    blobs: PhantomData<&'b Blob>,
}

impl<'b> Decoded<'b> {
    pub(super) fn value(&mut self, field: &str, blob: &'b Blob) -> Result<Arc<Value>, StateError> {
        let place = (blob.bytes().as_ptr(), blob.bytes().len());
        if let Some(value) = self.values.get(&place) {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(decode(field, blob)?);
        self.values.insert(place, Arc::clone(&value));
        Ok(value)
    }
}

/// Whether encoding a value costs no more than finding out whether it has been.
const fn is_small(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

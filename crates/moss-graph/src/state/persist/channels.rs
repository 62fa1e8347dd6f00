//! Fields as they are stored: what derived states read from channels.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Channels, StateError};
use crate::checkpoint::{Blob, BlobError, ChannelValue};

/// The stored value of a field. For derived states.
///
/// # Errors
/// [`StateError::Decode`].
pub fn stored_value<T: DeserializeOwned>(
    channels: &Channels,
    field: &str,
) -> Result<Option<T>, StateError> {
    match channels.get(field) {
        None => Ok(None),
        Some(ChannelValue::Value(blob)) => decode(field, blob).map(Some),
        Some(ChannelValue::Log(_)) => {
            // A field that was a log once: its items as a list.
            let items = stored_items::<Value>(channels, field)?.unwrap_or_default();
            from_value(field, Value::Array(items)).map(Some)
        }
    }
}

/// The stored items of a log. For derived states.
///
/// # Errors
/// [`StateError::Decode`].
pub fn stored_items<T: DeserializeOwned>(
    channels: &Channels,
    field: &str,
) -> Result<Option<Vec<T>>, StateError> {
    match channels.get(field) {
        None => Ok(None),
        Some(ChannelValue::Log(items)) => {
            items.iter().map(|blob| decode(field, blob)).collect::<Result<_, _>>().map(Some)
        }
        Some(ChannelValue::Value(blob)) => decode(field, blob).map(Some),
    }
}

pub(crate) fn encode<T: Serialize + ?Sized>(field: &str, value: &T) -> Result<Blob, StateError> {
    Blob::encode(value).map_err(|source| StateError::Encode { field: field.to_owned(), source })
}

pub(crate) fn decode<T: DeserializeOwned>(field: &str, blob: &Blob) -> Result<T, StateError> {
    blob.decode().map_err(|source| StateError::Decode { field: field.to_owned(), source })
}

pub(super) fn from_value<T: DeserializeOwned>(field: &str, value: Value) -> Result<T, StateError> {
    serde_json::from_value(value).map_err(|source| StateError::Decode {
        field: field.to_owned(),
        source: BlobError::Decode(source),
    })
}

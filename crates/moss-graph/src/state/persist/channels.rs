//! Fields as they are stored: what derived states write to channels and read from them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Changes, Channels, Mark, StateError};
use crate::checkpoint::{Blob, BlobError, ChannelChange, ChannelValue};

/// Adds the change of a field that is stored whole. For derived states.
///
/// # Errors
/// [`StateError::Encode`].
pub fn value_change<T: Serialize>(
    changes: &mut Changes,
    field: &str,
    _: &Mark,
    value: &T,
) -> Result<(), StateError> {
    changes.insert(field.into(), ChannelChange::Set(encode(field, value)?));
    Ok(())
}

/// Adds the change of a log. For derived states.
///
/// # Errors
/// [`StateError::Encode`].
pub fn log_change<'f, F, T>(
    changes: &mut Changes,
    field: &str,
    mark: &Mark,
    log: &'f F,
) -> Result<(), StateError>
where
    &'f F: IntoIterator<Item = &'f T>,
    T: Serialize + 'f,
{
    let kept = match mark {
        Mark::Log(length) => Some(*length),
        Mark::Value | Mark::Rewritten | Mark::Was(_) => None,
    };
    let items = log.into_iter().skip(kept.unwrap_or(0)).map(|item| encode(field, item));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    match kept {
        Some(_) if items.is_empty() => {}
        Some(_) => {
            changes.insert(field.into(), ChannelChange::Append(items));
        }
        None => {
            changes.insert(field.into(), ChannelChange::Rewrite { keep: 0, items });
        }
    }
    Ok(())
}

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

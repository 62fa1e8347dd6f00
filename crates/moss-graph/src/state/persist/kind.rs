//! How the fields of derived states are stored, by their types.
//!
//! `(&Kind::<T>::new()).change(…)` is a method of [`Shared`] where `T` is one of its types, and else of [`Plain`]: the
//! compiler looks for methods of what stands there before it looks for those of a reference to it.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Channels, Encoding, Identity, Mark, StateError, stored_items, stored_value};
use crate::state::Log;

/// A type of fields, or of what is in them. For derived states.
#[derive(Debug, Default)]
pub struct Kind<T>(PhantomData<fn() -> T>);

impl<T> Kind<T> {
    /// The type.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Types with values that several fields may share: what is behind an [`Arc`], and logs of that. For derived states.
pub trait Shared {
    /// The type.
    type Value;

    /// Which value it is, where others hold it too.
    fn identity(&self, value: &Self::Value) -> Option<Identity>;

    /// Encodes a field that was written.
    ///
    /// # Errors
    /// [`StateError::Encode`].
    fn change<'s>(
        &self,
        encoding: &mut Encoding<'s>,
        field: &str,
        mark: &Mark,
        value: &'s Self::Value,
    ) -> Result<(), StateError>;

    /// The stored value of a field.
    ///
    /// # Errors
    /// [`StateError::Decode`].
    fn restore(&self, channels: &Channels, field: &str) -> Result<Option<Self::Value>, StateError>;
}

/// All other types. For derived states.
pub trait Plain {
    /// The type.
    type Value;

    /// None: no other holds it.
    fn identity(&self, _: &Self::Value) -> Option<Identity> {
        None
    }

    /// Encodes a field that was written.
    ///
    /// # Errors
    /// [`StateError::Encode`].
    fn change<'s>(
        &self,
        encoding: &mut Encoding<'s>,
        field: &str,
        _: &Mark,
        value: &'s Self::Value,
    ) -> Result<(), StateError>
    where
        Self::Value: Serialize,
    {
        encoding.value(field, value, None)
    }

    /// The stored value of a field.
    ///
    /// # Errors
    /// [`StateError::Decode`].
    fn restore(&self, channels: &Channels, field: &str) -> Result<Option<Self::Value>, StateError>
    where
        Self::Value: DeserializeOwned,
    {
        stored_value(channels, field)
    }
}

impl<T> Plain for &Kind<T> {
    type Value = T;
}

impl<T: ?Sized + 'static> Shared for Kind<Arc<T>>
where
    Arc<T>: Serialize + DeserializeOwned,
{
    type Value = Arc<T>;

    fn identity(&self, value: &Arc<T>) -> Option<Identity> {
        Identity::of(value)
    }

    fn change<'s>(
        &self,
        encoding: &mut Encoding<'s>,
        field: &str,
        _: &Mark,
        value: &'s Arc<T>,
    ) -> Result<(), StateError> {
        encoding.value(field, value, Identity::of(value))
    }

    fn restore(&self, channels: &Channels, field: &str) -> Result<Option<Arc<T>>, StateError> {
        stored_value(channels, field)
    }
}

/// Encoded as what is in it, or as null.
impl<T: ?Sized + 'static> Shared for Kind<Option<Arc<T>>>
where
    Arc<T>: Serialize + DeserializeOwned,
{
    type Value = Option<Arc<T>>;

    fn identity(&self, value: &Option<Arc<T>>) -> Option<Identity> {
        value.as_ref().and_then(Identity::of)
    }

    fn change<'s>(
        &self,
        encoding: &mut Encoding<'s>,
        field: &str,
        _: &Mark,
        value: &'s Option<Arc<T>>,
    ) -> Result<(), StateError> {
        encoding.value(field, value, self.identity(value))
    }

    fn restore(
        &self,
        channels: &Channels,
        field: &str,
    ) -> Result<Option<Option<Arc<T>>>, StateError> {
        stored_value(channels, field)
    }
}

/// Stored item by item, since others may hold the items.
impl<T: ?Sized + Send + Sync + 'static> Shared for Kind<Log<Arc<T>>>
where
    Arc<T>: Serialize + DeserializeOwned,
{
    type Value = Log<Arc<T>>;

    fn identity(&self, _: &Log<Arc<T>>) -> Option<Identity> {
        None
    }

    fn change<'s>(
        &self,
        encoding: &mut Encoding<'s>,
        field: &str,
        mark: &Mark,
        value: &'s Log<Arc<T>>,
    ) -> Result<(), StateError> {
        encoding.log(field, mark, value, Identity::of)
    }

    fn restore(&self, channels: &Channels, field: &str) -> Result<Option<Log<Arc<T>>>, StateError> {
        Ok(stored_items(channels, field)?.map(Log::from))
    }
}

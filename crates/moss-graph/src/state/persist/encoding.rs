//! Encoding what a superstep did to a state.

use std::any::TypeId;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use super::{Changes, Mark, StateError, encode};
use crate::checkpoint::{Blob, ChannelChange};

/// What a superstep did to a state, while it is encoded. For derived states.
///
/// A value that several fields share, or that is in a log several times, is encoded once.
#[derive(Debug, Default)]
pub struct Encoding<'s> {
    changes: Changes,
    blobs: SharedBlobs<'s>,
}

/// Values that have been encoded, so that one that is met again is the same blob: it is the same memory, which stays as
/// it is for as long as the state is borrowed.
#[derive(Debug, Default)]
pub(crate) struct SharedBlobs<'s> {
    blobs: HashMap<Identity, Blob>,
    state: PhantomData<&'s ()>,
}

impl<'s> SharedBlobs<'s> {
    /// A value as a blob. One without an identity is encoded each time.
    pub(crate) fn blob<T: Serialize + ?Sized>(
        &mut self,
        field: &str,
        value: &'s T,
        identity: Option<Identity>,
    ) -> Result<Blob, StateError> {
        let Some(identity) = identity else { return encode(field, value) };
        if let Some(blob) = self.blobs.get(&identity) {
            return Ok(blob.clone());
        }
        let blob = encode(field, value)?;
        self.blobs.insert(identity, blob.clone());
        Ok(blob)
    }
}

/// Which value it is, of those that others may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The same memory may be shared as values of two types, which are encoded each in its own way.
    behind: TypeId,
    address: usize,
}

impl Identity {
    /// The identity of a value that others hold too.
    pub fn of<T: ?Sized + 'static>(value: &Arc<T>) -> Option<Self> {
        // Most values are in one place only, and need not be remembered.
        (Arc::strong_count(value) > 1).then(|| Self::at(value))
    }

    /// The identity of a value, whoever else holds it.
    pub(crate) fn at<T: ?Sized + 'static>(value: &Arc<T>) -> Self {
        Self { behind: TypeId::of::<T>(), address: Arc::as_ptr(value).cast::<()>().addr() }
    }
}

impl<'s> Encoding<'s> {
    /// Nothing is encoded yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes a field that is stored whole.
    ///
    /// # Errors
    /// [`StateError::Encode`].
    pub fn value<T: Serialize>(
        &mut self,
        field: &str,
        value: &'s T,
        identity: Option<Identity>,
    ) -> Result<(), StateError> {
        let blob = self.blobs.blob(field, value, identity)?;
        self.changes.insert(field.into(), ChannelChange::Set(blob));
        Ok(())
    }

    /// Encodes what became of a log.
    ///
    /// # Errors
    /// [`StateError::Encode`].
    pub fn log<F, T>(
        &mut self,
        field: &str,
        mark: &Mark,
        log: &'s F,
        identity: impl Fn(&'s T) -> Option<Identity>,
    ) -> Result<(), StateError>
    where
        &'s F: IntoIterator<Item = &'s T>,
        T: Serialize + 's,
    {
        let kept = match mark {
            Mark::Log(length) => Some(*length),
            Mark::Value | Mark::Rewritten | Mark::Was(_) => None,
        };
        let items = log.into_iter().skip(kept.unwrap_or(0));
        let items = items.map(|item| self.blobs.blob(field, item, identity(item)));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        let change = match kept {
            Some(_) if items.is_empty() => return Ok(()),
            Some(_) => ChannelChange::Append(items),
            None => ChannelChange::Rewrite { keep: 0, items },
        };
        self.changes.insert(field.into(), change);
        Ok(())
    }

    /// What was encoded.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        self.changes
    }
}

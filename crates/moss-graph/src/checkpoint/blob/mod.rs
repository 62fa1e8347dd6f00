//! Values as they are stored.

mod count;
mod encode;
mod sound;

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use count::Count;
use sound::Sound;

/// The most bytes a blob may have: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;
/// How deep lists and objects in a blob may be nested.
pub const MAX_DEPTH: usize = 120;
/// How many values a blob may hold, counting each entry of its lists and objects: about four million. A value
/// takes tens of bytes once decoded, and may take two in the blob.
pub const MAX_VALUES: usize = 4 << 20;

/// How the bytes of a blob are to be read. A closed set: what is stored never says what code to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlobFormat {
    /// One JSON text in UTF-8.
    Json,
}

impl BlobFormat {
    /// The number a store keeps for the format.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Json => 1,
        }
    }

    /// The format with a number; none where this version does not know it.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Json),
            _ => None,
        }
    }
}

/// A value as it is stored: encoded once, decoded only where somebody looks at it. Cheap to clone.
///
/// It is checked against [`MAX_BYTES`], [`MAX_DEPTH`] and [`MAX_VALUES`] when it is encoded, so that nothing is
/// stored that cannot be loaded, and again before it is decoded, since what is stored may have been tampered with.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob {
    format: BlobFormat,
    bytes: Bytes,
}

/// A value cannot be stored, or what is stored cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BlobError {
    /// It has too many bytes.
    #[error(
        "a stored value has {bytes} bytes, and may have {MAX_BYTES}. Keep large data elsewhere and store where it is"
    )]
    TooLarge {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It is nested too deep.
    #[error(
        "a stored value is nested deeper than {MAX_DEPTH} lists and objects. Flatten it, or store it as text"
    )]
    TooDeep,
    /// It holds too many values.
    #[error(
        "a stored value holds more than {MAX_VALUES} values. Store large tables elsewhere, or as text"
    )]
    TooManyValues,
    /// It was stored by a newer version, in a format that this one does not know.
    #[error(
        "a stored value has format {number}, which this version of MOSS does not know. Use the version that wrote it"
    )]
    UnknownFormat {
        /// The format's number.
        number: u16,
    },
    /// It is no JSON text, or not of the type that was asked for.
    #[error("a stored value cannot be decoded")]
    Decode(#[source] serde_json::Error),
    /// It cannot be written as JSON.
    #[error("a value cannot be encoded as JSON")]
    Encode(#[source] serde_json::Error),
}

impl Blob {
    /// Encodes a value.
    ///
    /// # Errors
    /// [`BlobError::Encode`] when it cannot be written as JSON (an object whose keys are no texts), and when it
    /// exceeds a limit.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, BlobError> {
        let bytes = encode::to_json(value)?;
        check_size(bytes.len())?;
        Ok(Self { format: BlobFormat::Json, bytes })
    }

    /// A blob that a store has read back. Its content is checked when it is decoded.
    ///
    /// # Errors
    /// [`BlobError::UnknownFormat`] and [`BlobError::TooLarge`].
    pub fn from_stored(format: u16, bytes: impl Into<Bytes>) -> Result<Self, BlobError> {
        let bytes = bytes.into();
        let Some(known) = BlobFormat::from_number(format) else {
            return Err(BlobError::UnknownFormat { number: format });
        };
        check_size(bytes.len())?;
        Ok(Self { format: known, bytes })
    }

    /// Decodes the value.
    ///
    /// # Errors
    /// [`BlobError::Decode`] when the bytes are no JSON or not a `T`, and when they exceed a limit.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, BlobError> {
        self.check()?;
        match self.format {
            BlobFormat::Json => serde_json::from_slice(&self.bytes).map_err(BlobError::Decode),
        }
    }

    /// Whether it is a JSON text within the limits, that stands for what is decoded of it: then decoding it to a JSON value
    /// does not fail.
    pub(crate) fn is_sound_json(&self) -> bool {
        self.format == BlobFormat::Json && self.decode::<Sound>().is_ok()
    }

    /// How the bytes are to be read.
    #[must_use]
    pub const fn format(&self) -> BlobFormat {
        self.format
    }

    /// The encoded bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The encoded bytes, taken out.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    fn check(&self) -> Result<(), BlobError> {
        check_size(self.bytes.len())?;
        match self.format {
            BlobFormat::Json => Count::new().scan(&self.bytes),
        }
    }
}

impl fmt::Debug for Blob {
    /// The format and the length: the content is the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({:?}, {} bytes)", self.format, self.bytes.len())
    }
}

const fn check_size(bytes: usize) -> Result<(), BlobError> {
    if bytes > MAX_BYTES { Err(BlobError::TooLarge { bytes }) } else { Ok(()) }
}

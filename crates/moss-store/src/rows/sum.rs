//! Checksums of rows.

use crc32fast::Hasher;

/// A CRC-32 over the parts of a row, each with its length, so that no part can be taken for another.
pub(super) struct Sum(Hasher);

impl Sum {
    /// Begins with what kind of row it is.
    pub(super) fn of(kind: &str) -> Self {
        Self(Hasher::new()).text(kind)
    }

    pub(super) fn number(mut self, number: i64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(super) fn optional<T>(self, part: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match part {
            Some(part) => add(self.number(1), part),
            None => self.number(0),
        }
    }

    pub(super) fn finish(self) -> i64 {
        self.0.finalize().into()
    }
}

/// The checksum of what something is named by: a thread, or a namespace of one.
#[cfg(feature = "sqlite")]
pub(crate) fn sum_of_name(owner: i64, name: &str) -> i64 {
    Sum::of("name").number(owner).text(name).finish()
}

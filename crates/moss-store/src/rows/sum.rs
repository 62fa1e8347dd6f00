//! Checksums of rows.

use crc32fast::Hasher;

/// A CRC-32 over the parts of a row, each with its length, so that no part can be taken for another.
pub(super) struct Sum {
    hasher: Hasher,
    /// Short parts gather here: to sum up a few bytes takes as long as a hundred.
    short: [u8; SHORT],
    length: usize,
}

const SHORT: usize = 256;

impl Sum {
    /// Begins with what kind of row it is.
    pub(super) fn of(kind: &str) -> Self {
        let mut sum = Self { hasher: Hasher::new(), short: [0; SHORT], length: 0 };
        sum.text(kind);
        sum
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        self.add_number(number.to_le_bytes());
        self
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.add_number((bytes.len() as u64).to_le_bytes());
        self.add(bytes);
        self
    }

    /// Most parts are numbers, or the lengths of others.
    #[inline]
    fn add_number(&mut self, bytes: [u8; 8]) {
        match self.short[self.length..].first_chunk_mut() {
            Some(room) => {
                *room = bytes;
                self.length += bytes.len();
            }
            None => self.add(&bytes),
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.short.len() - self.length < bytes.len() {
            self.hasher.update(&self.short[..self.length]);
            self.length = 0;
        }
        match self.short.get_mut(self.length..self.length + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            None => self.hasher.update(bytes),
        }
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub(super) fn optional<T>(
        &mut self,
        part: Option<T>,
        add: impl FnOnce(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        match part {
            Some(part) => add(self.number(1), part),
            None => self.number(0),
        }
    }

    pub(super) fn finish(&self) -> i64 {
        let mut hasher = self.hasher.clone();
        hasher.update(&self.short[..self.length]);
        hasher.finalize().into()
    }
}

/// The checksum of what something is named by: a thread, or a namespace of one.
#[cfg(feature = "sqlite")]
pub(crate) fn sum_of_name(owner: i64, name: &str) -> i64 {
    Sum::of("name").number(owner).text(name).finish()
}

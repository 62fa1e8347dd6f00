//! How deep a JSON text is nested, and how many values it holds.

use memchr::memchr2;

use super::{BlobError, MAX_DEPTH, MAX_VALUES};

/// What has been counted of a JSON text. Whether the text is well formed is not looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    depth: usize,
    values: usize,
}

impl Count {
    /// The count before the first byte.
    pub(super) const fn new() -> Self {
        Self { depth: 0, values: 1 }
    }

    /// A list or an object begins.
    pub(super) const fn open(&mut self) -> Result<(), BlobError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(BlobError::TooDeep);
        }
        self.next()
    }

    /// A list or an object ends.
    pub(super) const fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Another value begins.
    pub(super) const fn next(&mut self) -> Result<(), BlobError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(BlobError::TooManyValues);
        }
        Ok(())
    }

    /// Counts a text without decoding it.
    pub(super) fn scan(&mut self, mut text: &[u8]) -> Result<(), BlobError> {
        while let Some((byte, behind)) = text.split_first() {
            text = behind;
            match byte {
                b'"' => text = behind_string(text),
                b'[' | b'{' => self.open()?,
                b']' | b'}' => self.close(),
                b',' => self.next()?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What stands behind the string whose opening quote has been read.
fn behind_string(mut text: &[u8]) -> &[u8] {
    while let Some(place) = memchr2(b'"', b'\\', text) {
        if text[place] == b'"' {
            return &text[place + 1..];
        }
        text = text.get(place + 2..).unwrap_or_default();
    }
    &[]
}

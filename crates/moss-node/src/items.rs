//! The records of a batch, as JSON.

/// JSON items of a batch, without the list's brackets.
#[derive(Default)]
pub(crate) struct Items(Vec<u8>);

impl Items {
    /// Adds `["name", data]`. What has no JSON form becomes `null`; nothing that the runtime makes is such.
    pub(crate) fn push(
        &mut self,
        name: &str,
        data: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
    ) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        self.0.extend_from_slice(b"[\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\",");
        let start = self.0.len();
        if data(&mut self.0).is_err() {
            self.0.truncate(start);
            self.0.extend_from_slice(b"null");
        }
        self.0.push(b']');
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_text(self) -> String {
        // serde_json writes UTF-8 only, and the names are ASCII.
        String::from_utf8(self.0).unwrap_or_default()
    }
}

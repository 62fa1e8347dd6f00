//! Texts that come in pieces and are then repeated whole, up to three times.

/// A text as far as it was said.
#[derive(Debug, Clone, Default)]
pub(super) struct Said(String);

impl Said {
    pub(super) fn add(&mut self, piece: &str) {
        self.0.push_str(piece);
    }

    /// Hears the whole text. Gives what of it was not said yet, and counts it as said. `None`: what was said is
    /// not how the text begins, and from now on the whole text counts as said.
    pub(super) fn rest<'t>(&mut self, whole: &'t str) -> Option<&'t str> {
        let rest = whole.strip_prefix(self.0.as_str());
        match rest {
            Some(rest) => self.0.push_str(rest),
            None => whole.clone_into(&mut self.0),
        }
        rest
    }
}

//! What a model's name tells of what it takes.

/// A model as its name has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ModelName<'a>(&'a str);

impl<'a> ModelName<'a> {
    /// Names come with and without the collection in which they stand: `models/`, `publishers/google/models/`.
    pub(super) fn new(model: &'a str) -> Self {
        Self(model.rsplit('/').next().unwrap_or(model))
    }

    /// The major and minor version of a Gemini model: 3 and 1 of `gemini-3.1-pro-preview`.
    fn version(self) -> Option<(u32, u32)> {
        let version = self.0.strip_prefix("gemini-")?.split('-').next()?;
        let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// Gemini 3 and later: they insist on the signatures of their calls, see media in results of tools, and call
    /// their provider's tools beside the host's.
    pub(super) fn is_third_generation(self) -> bool {
        self.version().is_some_and(|(major, _)| major >= 3)
    }

    /// Whether the model refuses a conversation that ends with its own turn: Flash from 3.6 on, and 3.5
    /// Flash-Lite.
    pub(super) fn refuses_own_turn_last(self) -> bool {
        let Some(version) = self.version() else { return false };
        self.0.contains("-flash")
            && (version >= (3, 6) || version == (3, 5) && self.0.contains("-flash-lite"))
    }
}

//! What a stream tells.

/// One thing that a stream may tell. The names are LangGraph's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum StreamMode {
    /// The state after the input and after each superstep.
    Values = 1,
    /// What each task wrote.
    Updates = 2,
    /// What nodes write to the message channel, piece by piece.
    Messages = 4,
    /// What nodes write to the channel of their own.
    Custom = 8,
    /// Tasks that begin and end.
    Tasks = 16,
    /// Checkpoints.
    Checkpoints = 32,
    /// Tasks and checkpoints, each with its superstep and time.
    Debug = 64,
}

impl StreamMode {
    /// All modes.
    pub const ALL: [Self; 7] = [
        Self::Values,
        Self::Updates,
        Self::Messages,
        Self::Custom,
        Self::Tasks,
        Self::Checkpoints,
        Self::Debug,
    ];

    /// The mode's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Updates => "updates",
            Self::Messages => "messages",
            Self::Custom => "custom",
            Self::Tasks => "tasks",
            Self::Checkpoints => "checkpoints",
            Self::Debug => "debug",
        }
    }

    /// The mode with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Which of them a stream tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamModes(u8);

impl StreamModes {
    /// All modes.
    #[must_use]
    pub fn all() -> Self {
        StreamMode::ALL.into_iter().collect()
    }

    /// Whether a mode is among them.
    #[must_use]
    pub const fn has(self, mode: StreamMode) -> bool {
        self.0 & mode as u8 != 0
    }
}

impl From<StreamMode> for StreamModes {
    fn from(mode: StreamMode) -> Self {
        Self(mode as u8)
    }
}

impl<const N: usize> From<[StreamMode; N]> for StreamModes {
    fn from(modes: [StreamMode; N]) -> Self {
        modes.into_iter().collect()
    }
}

impl FromIterator<StreamMode> for StreamModes {
    fn from_iter<I: IntoIterator<Item = StreamMode>>(modes: I) -> Self {
        Self(modes.into_iter().fold(0, |all, mode| all | mode as u8))
    }
}

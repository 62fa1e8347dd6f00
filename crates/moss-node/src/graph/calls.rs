//! Calls of JavaScript functions that a run waits for.

use std::fmt;

use moss_graph::NodeContext;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::commands::{HeardCommand, UnknownHandle};
use super::inbox::Inbox;

/// How much a function may have written that its run has not taken yet. A function that awaits its writes never comes
/// near it.
pub(super) const MOST_WAITING: usize = 1 << 20;

/// What a JavaScript function says while it is called, and at its end.
#[derive(Debug)]
pub(crate) enum Said {
    /// It gave this back.
    Returned(Value),
    /// It gave back commands, or values that have handles.
    Commands(Vec<HeardCommand>),
    /// It threw.
    Threw(Thrown),
    /// It asked, and let the question pass through.
    Waits,
    /// It writes to the stream.
    Wrote(Value),
    /// It writes a piece of a message.
    WroteMessage(Value, Map<String, Value>),
    /// It is about to do something that is done once.
    Effect { effect: u32, name: String },
    /// It has done it.
    EffectEnded { effect: u32, result: Result<Value, Thrown> },
    /// It wants to know when what it wrote is in the stream.
    Sync(u32),
}

impl Said {
    /// Whether the function is through.
    pub(super) const fn is_last(&self) -> bool {
        match self {
            Self::Returned(_) | Self::Commands(_) | Self::Threw(_) | Self::Waits => true,
            Self::Wrote(_)
            | Self::WroteMessage(..)
            | Self::Effect { .. }
            | Self::EffectEnded { .. }
            | Self::Sync(_) => false,
        }
    }
}

/// Something that a JavaScript function threw. The object itself stays in JavaScript, under the call's number.
#[derive(Debug, Clone, Default, Deserialize, Error)]
pub(crate) struct Thrown {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) message: String,
    /// For which of the node's retry policies it is.
    #[serde(default)]
    pub(crate) fits: Vec<bool>,
    #[serde(skip)]
    pub(crate) call: u32,
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" | "Error" => f.write_str(&self.message),
            name => write!(f, "{name}: {}", self.message),
        }
    }
}

impl From<UnknownHandle> for Thrown {
    fn from(unknown: UnknownHandle) -> Self {
        Self { name: "Error".to_owned(), message: unknown.to_string(), ..Self::default() }
    }
}

/// A call that JavaScript has not come to the end of.
pub(super) struct Pending {
    pub(super) inbox: Inbox,
    /// Of a node or an error handler.
    pub(super) context: Option<NodeContext>,
}

/// A function wrote more than is kept for it.
#[derive(Debug, Error)]
#[error(
    "the node \"{node}\" wrote {MOST_WAITING} values that nobody has read. Let it await what `context.write` gives back"
)]
pub(super) struct WroteTooMuch {
    pub(super) node: String,
}

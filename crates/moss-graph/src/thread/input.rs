//! What a run on a thread begins with.

use std::fmt;

use crate::checkpoint::CheckpointId;
use crate::{Answers, Command, State};

/// What a run on a thread begins with.
pub enum Input<S: State> {
    /// A new turn: an update of the state, behind which the graph begins anew. What the thread still had to run is
    /// left.
    Update(S::Update),
    /// Goes on where the thread stopped, was interrupted, failed or crashed: what was through stays, the rest runs.
    Continue,
    /// Goes on with answers to what the thread has stopped for.
    Resume(Answers),
    /// Goes on with an update and places to go on at, beside those the thread stands at; and with answers, if there are
    /// any. LangGraph's `Command` as a graph's input.
    Command {
        /// The update, and where to go on.
        command: Command<S>,
        /// The answers.
        answers: Option<Answers>,
    },
    /// One of the others, from an older checkpoint: the thread forks there. What came behind it stays in its history.
    At {
        /// The checkpoint.
        checkpoint: CheckpointId,
        /// What to begin with there. Within another `At` the inner checkpoint counts.
        input: Box<Self>,
    },
}

impl<S: State> Input<S> {
    /// This input, from an older checkpoint.
    #[must_use]
    pub fn at(self, checkpoint: CheckpointId) -> Self {
        Self::At { checkpoint, input: Box::new(self) }
    }

    /// The answer to the only question there is.
    #[must_use]
    pub fn answer(answer: impl Into<serde_json::Value>) -> Self {
        Self::Resume(Answers::one(answer))
    }
}

impl<S: State> fmt::Debug for Input<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update(_) => f.write_str("Update"),
            Self::Continue => f.write_str("Continue"),
            Self::Resume(answers) => f.debug_tuple("Resume").field(answers).finish(),
            Self::Command { command, answers } => f
                .debug_struct("Command")
                .field("command", command)
                .field("answers", answers)
                .finish(),
            Self::At { checkpoint, input } => {
                f.debug_struct("At").field("checkpoint", checkpoint).field("input", input).finish()
            }
        }
    }
}

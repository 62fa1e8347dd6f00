//! Names of runs, threads, agents, steps and messages. Cheap to clone: every delta of a run carries one.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        $(#[$doc])*
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), &*self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! free_id {
    ($(#[$doc:meta])* $name:ident) => {
        id!(
            $(#[$doc])*
            #[serde(transparent)]
            $name
        );

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    };
}

id!(
    /// The id of a run, given by the host. Never empty.
    #[serde(try_from = "String", into = "String")]
    RunId
);
free_id!(
    /// The id of a conversation: a chain of checkpoints.
    ThreadId
);
free_id!(
    /// The id of an agent within its graph; `default` where the host configured a single model without agents.
    AgentId
);
free_id!(
    /// The id of a run step, `step_` and 21 random characters.
    StepId
);
free_id!(
    /// The id of a message: the provider's where it gave one in time, else `msg_` and 21 random characters.
    MessageId
);

/// A run was to be created without an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Run ID not provided")]
pub struct InvalidRunId;

impl RunId {
    /// A run id from the host's text.
    ///
    /// # Errors
    /// [`InvalidRunId`] when the text is empty.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidRunId> {
        let text = text.into();
        if text.is_empty() {
            return Err(InvalidRunId);
        }
        Ok(Self(text))
    }

    /// The id of a run that the host gave none: `run_` and a number that its caller makes unique.
    #[must_use]
    pub fn numbered(number: u128) -> Self {
        Self(format!("run_{number:032x}").into())
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.as_str().to_owned()
    }
}

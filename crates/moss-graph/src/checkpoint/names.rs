//! Names within a thread. Cheap to clone.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::StoreError;

/// The most bytes a name may have: of a thread, a namespace, a channel, a task, a run, or a lease's owner.
pub const MAX_NAME_BYTES: usize = 1024;

/// Why a text cannot name anything in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// It is too long.
    #[error("it has {length} bytes, and may have {MAX_NAME_BYTES}")]
    TooLong {
        /// How many bytes it has.
        length: usize,
    },
    /// It holds a character that PostgreSQL cannot store.
    #[error("it holds the character U+0000; leave it out")]
    Nul,
}

/// Checks that a text can name something in every store. For stores.
///
/// # Errors
/// [`StoreError::Name`], with `what` it was to name.
pub fn check_name(what: &'static str, text: &str) -> Result<(), StoreError> {
    let problem = if text.len() > MAX_NAME_BYTES {
        NameProblem::TooLong { length: text.len() }
    } else if text.contains('\0') {
        NameProblem::Nul
    } else {
        return Ok(());
    };
    Err(StoreError::Name { what, problem })
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
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
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

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

name!(
    /// Which graph of a thread a checkpoint is of: empty for the graph itself, and for a subgraph the nodes that
    /// lead to it, as in `research:<task>|write:<task>`. The text is LangGraph's `checkpoint_ns`.
    Namespace
);
name!(
    /// A field of the state, or something of the engine's own that is kept like one.
    ChannelName
);
name!(
    /// A task of a superstep, as the engine names it: the same text in every attempt at that superstep.
    TaskKey
);

impl Namespace {
    /// The namespace of the graph itself.
    #[must_use]
    pub fn root() -> Self {
        Self::from("")
    }

    /// Whether this is the graph itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The namespace of a graph within this one: `part` is a node's name, or a task.
    pub(crate) fn inside(&self, part: &str) -> Self {
        if self.is_root() { part.into() } else { format!("{self}|{part}").into() }
    }

    /// The part that leads to this graph from the one around it.
    pub(crate) fn last_part(&self) -> &str {
        self.0.rsplit('|').next().unwrap_or_default()
    }

    /// Whether it is of one invocation of a subgraph (a part of it names a task), and so is no longer needed once
    /// the checkpoints around that invocation are gone. A subgraph with a history of its own is not.
    #[must_use]
    pub fn is_of_a_task(&self) -> bool {
        self.0.contains(':')
    }
}

//! How the fields of a JSON state are reduced.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

pub(super) type Cause = Box<dyn Error + Send + Sync>;

/// A reducer of the host's: from the value there is, if there is one, and all writes of a superstep in order, to the
/// value that is there afterwards. One call a superstep, so that a callback into another language is crossed once.
pub type BatchReducer = dyn Fn(Option<&Value>, Vec<Value>) -> Result<Value, Cause> + Send + Sync;

/// What a [`LaterReducer`] comes to.
pub type ReduceFuture = Pin<Box<dyn Future<Output = Result<Value, Cause>> + Send>>;

/// A reducer of the host's that takes time, as one that is called in another thread or language does: as a
/// [`BatchReducer`], and what it gives is waited for. It is dropped with the run it is of.
pub type LaterReducer = dyn Fn(Option<Arc<Value>>, Vec<Value>) -> ReduceFuture + Send + Sync;

/// How the writes of a field are put together. The names are those that definitions over HTTP use.
#[derive(Clone)]
#[non_exhaustive]
pub enum Reducer {
    /// `last_value`: takes one write a superstep; two are a conflict.
    LastValue,
    /// `any_value`: takes any number of writes and keeps the last; without a value after a superstep that does not
    /// write it.
    AnyValue,
    /// `append`: puts items behind those there are. A list is its items, anything else one item. Kept as a log: what
    /// is stored of it, and what a superstep costs, is what is new.
    Append,
    /// `messages`: appends messages, replaces those with a known id, and takes out those that a `remove` message
    /// names; the id `__remove_all__` takes out all before it. Messages without an id get one. A log too.
    Messages,
    /// `add`: adds numbers, and joins texts. The first write is taken as it is.
    Add,
    /// `merge`: puts the members of objects over those there are.
    Merge,
    /// `topic`: a list of what was written. Lists that are written are flattened, one level.
    Topic {
        /// Whether an item that is there already is left out.
        unique: bool,
        /// Whether the list goes on from superstep to superstep, or begins anew in each.
        accumulate: bool,
    },
    /// `ephemeral`: there for the superstep after the one that wrote it. Takes one write a superstep.
    Ephemeral {
        /// Whether two writes in one superstep are a conflict; otherwise the last counts.
        guard: bool,
    },
    /// `untracked`: like a last value, but never stored: it is not there after a run is gone on with.
    Untracked {
        /// Whether two writes in one superstep are a conflict; otherwise the last counts.
        guard: bool,
    },
    /// A reducer of the host's.
    Custom(Arc<BatchReducer>),
    /// A reducer of the host's that takes time. It may run more often than once for the same writes: for a router that
    /// looks at what its node wrote, and for whoever reads a thread whose superstep is not through. So it should
    /// depend on nothing but what it is given.
    Later(Arc<LaterReducer>),
}

impl Reducer {
    /// A reducer that is called for each write, with the value there is. Without a default the first write is taken
    /// as it is, as LangGraph's `BinaryOperatorAggregate` does.
    #[must_use]
    pub fn fold<E: Into<Cause>>(
        reduce: impl Fn(Value, Value) -> Result<Value, E> + Send + Sync + 'static,
    ) -> Self {
        Self::Custom(Arc::new(move |value: Option<&Value>, writes| {
            let mut writes = writes.into_iter();
            let first = value.cloned().or_else(|| writes.next()).unwrap_or_default();
            writes.try_fold(first, &reduce).map_err(Into::into)
        }))
    }

    /// A reducer that is called once a superstep, with all writes.
    #[must_use]
    pub fn batch<E: Into<Cause>>(
        reduce: impl Fn(Option<&Value>, Vec<Value>) -> Result<Value, E> + Send + Sync + 'static,
    ) -> Self {
        Self::Custom(Arc::new(move |value: Option<&Value>, writes| {
            reduce(value, writes).map_err(Into::into)
        }))
    }

    /// A reducer that takes time, and is called once a superstep, with all writes.
    #[must_use]
    pub fn later<R, E>(
        reduce: impl Fn(Option<Arc<Value>>, Vec<Value>) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = Result<Value, E>> + Send + 'static,
        E: Into<Cause>,
    {
        Self::Later(Arc::new(move |value, writes| {
            let reduced = reduce(value, writes);
            Box::pin(async move { reduced.await.map_err(Into::into) })
        }))
    }

    /// The reducer with a name; none where there is no such name. `topic` accumulates and is not unique.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "last_value" => Self::LastValue,
            "any_value" => Self::AnyValue,
            "append" => Self::Append,
            "messages" => Self::Messages,
            "add" => Self::Add,
            "merge" => Self::Merge,
            "topic" => Self::Topic { unique: false, accumulate: true },
            "ephemeral" => Self::Ephemeral { guard: true },
            "untracked" => Self::Untracked { guard: true },
            _ => return None,
        })
    }

    /// Whether the field is kept as a log.
    pub(super) const fn is_log(&self) -> bool {
        match self {
            Self::Append | Self::Messages | Self::Topic { .. } => true,
            Self::LastValue
            | Self::AnyValue
            | Self::Add
            | Self::Merge
            | Self::Ephemeral { .. }
            | Self::Untracked { .. }
            | Self::Custom(_)
            | Self::Later(_) => false,
        }
    }

    /// Whether the value goes away in a superstep that does not write it.
    pub(super) const fn is_fleeting(&self) -> bool {
        match self {
            Self::AnyValue | Self::Ephemeral { .. } | Self::Topic { accumulate: false, .. } => true,
            Self::LastValue
            | Self::Append
            | Self::Messages
            | Self::Add
            | Self::Merge
            | Self::Topic { accumulate: true, .. }
            | Self::Untracked { .. }
            | Self::Custom(_)
            | Self::Later(_) => false,
        }
    }

    /// Whether two writes in one superstep are a conflict.
    pub(super) const fn takes_one(&self) -> bool {
        match self {
            Self::LastValue | Self::Ephemeral { guard: true } | Self::Untracked { guard: true } => {
                true
            }
            Self::AnyValue
            | Self::Append
            | Self::Messages
            | Self::Add
            | Self::Merge
            | Self::Topic { .. }
            | Self::Ephemeral { guard: false }
            | Self::Untracked { guard: false }
            | Self::Custom(_)
            | Self::Later(_) => false,
        }
    }

    /// Whether a write may take the place of what is there. Where every write does, none needs to say so.
    pub(super) const fn can_overwrite(&self) -> bool {
        match self {
            Self::Append
            | Self::Messages
            | Self::Add
            | Self::Merge
            | Self::Topic { .. }
            | Self::Custom(_)
            | Self::Later(_) => true,
            Self::LastValue | Self::AnyValue | Self::Ephemeral { .. } | Self::Untracked { .. } => {
                false
            }
        }
    }

    /// Whether what it gives has to be waited for.
    pub(super) const fn takes_time(&self) -> bool {
        matches!(self, Self::Later(_))
    }

    pub(super) const fn is_tracked(&self) -> bool {
        !matches!(self, Self::Untracked { .. })
    }
}

impl fmt::Debug for Reducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::LastValue => "LastValue",
            Self::AnyValue => "AnyValue",
            Self::Append => "Append",
            Self::Messages => "Messages",
            Self::Add => "Add",
            Self::Merge => "Merge",
            Self::Topic { unique, accumulate } => {
                return f
                    .debug_struct("Topic")
                    .field("unique", unique)
                    .field("accumulate", accumulate)
                    .finish();
            }
            Self::Ephemeral { .. } => "Ephemeral",
            Self::Untracked { .. } => "Untracked",
            Self::Custom(_) => "Custom",
            Self::Later(_) => "Later",
        };
        f.write_str(name)
    }
}

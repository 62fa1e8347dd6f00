//! Threads: conversations that are stored, and that runs go on from.

mod answers;
mod begin;
mod diff;
mod gate;
mod history;
mod inner;
mod input;
mod lease;
mod ledger;
mod progress;
mod run;
mod saved;
mod snapshot;
mod stored_task;
mod subgraphs;
mod update;
mod waiting;
mod writer;

use std::fmt;
use std::sync::Arc;

pub use diff::{FieldChange, StateDiff};
pub use gate::BusyThread;
pub(crate) use gate::Gates;
pub use history::HistoryFilter;
pub(crate) use inner::{InnerThread, Place, Standing};
pub use input::Input;
pub(crate) use ledger::{Entry, Ledger, Output};
pub(crate) use progress::{Origins, Restored, StoredProgress};
pub use run::{Ending, Outcome};
pub(crate) use saved::SavedOutput;
pub use snapshot::{StateSnapshot, TaskSnapshot};
pub use update::UpdateAs;
pub use writer::{ASYNC_BACKLOG, Durability};
pub(crate) use writer::{Writer, carry_out};

use crate::checkpoint::{CheckpointStore, Namespace, ThreadId};
use crate::state::Codec;
use crate::{State, StateGraphEngine};

/// A thread of a graph: what is stored of it, and the runs that go on from there. Cheap to clone.
///
/// Runs on one thread are fenced, by a lease in the store: what becomes of a second one is
/// [`RunOptions::busy`](crate::RunOptions::busy), and a run whose lease another has taken can write nothing more.
pub struct Thread<S: State> {
    engine: StateGraphEngine<S>,
    codec: Arc<dyn Codec<S>>,
    store: Arc<dyn CheckpointStore>,
    id: ThreadId,
    /// Which of the thread's graphs: a subgraph's, where one is looked at or updated from outside.
    namespace: Namespace,
}

impl<S: State> Thread<S> {
    pub(crate) fn new(
        engine: StateGraphEngine<S>,
        codec: Arc<dyn Codec<S>>,
        store: Arc<dyn CheckpointStore>,
        id: ThreadId,
    ) -> Self {
        Self { engine, codec, store, id, namespace: Namespace::root() }
    }

    pub(crate) fn in_namespace(self, namespace: Namespace) -> Self {
        Self { namespace, ..self }
    }

    /// The thread's id.
    #[must_use]
    pub const fn id(&self) -> &ThreadId {
        &self.id
    }
}

impl<S: State> Clone for Thread<S> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            codec: Arc::clone(&self.codec),
            store: Arc::clone(&self.store),
            id: self.id.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

impl<S: State> fmt::Debug for Thread<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id).finish_non_exhaustive()
    }
}

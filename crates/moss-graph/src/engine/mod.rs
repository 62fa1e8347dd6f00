//! Running graphs on tokio.

mod dataflow;
mod options;
mod record;
mod session;
mod superstep;
mod task;

use std::fmt;
use std::sync::Arc;

pub use options::RunOptions;
pub(crate) use record::{More, Part, Record};
pub(crate) use session::{Halt, Session};

use crate::checkpoint::{CheckpointSource, CheckpointStore, Namespace, ThreadId};
use crate::context::{AnswersGiven, RunContext};
use crate::error::{RunError, RunFailure};
use crate::scheduler::start;
use crate::state::{Codec, Persistence};
use crate::stream::{RunStream, Sink, StreamOptions, channel};
use crate::thread::{Gates, Thread};
use crate::{CompiledGraph, NodeCache, PersistentState, State};

/// Runs a compiled graph: a thin executor over the [scheduler](crate::scheduler). A clone is a few reference counts.
///
/// All of a run happens on the task that awaits it. Its nodes run concurrently there, and are dropped with it:
/// a run that is dropped is cancelled.
pub struct StateGraphEngine<S: State> {
    pub(crate) graph: CompiledGraph<S>,
    /// None where states are neither stored nor shown.
    pub(crate) codec: Option<Arc<dyn Codec<S>>>,
    pub(crate) store: Option<Arc<dyn CheckpointStore>>,
    pub(crate) cache: Option<Arc<dyn NodeCache<S>>>,
    pub(crate) gates: Arc<Gates>,
}

impl<S: State> StateGraphEngine<S> {
    /// An engine for a graph.
    #[must_use]
    pub fn new(graph: CompiledGraph<S>) -> Self {
        Self { graph, codec: None, store: None, cache: None, gates: Arc::default() }
    }

    /// Where outputs of nodes with a [`CachePolicy`](crate::CachePolicy) are kept.
    #[must_use]
    pub fn with_cache(mut self, cache: Arc<dyn NodeCache<S>>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The graph.
    #[must_use]
    pub const fn graph(&self) -> &CompiledGraph<S> {
        &self.graph
    }

    /// Runs the graph from an initial state to its end, and gives back the state it ends in. Nothing is stored: for
    /// that see [`thread`](Self::thread).
    ///
    /// Where the host has an update and no state, [`State::from_update`] makes one.
    ///
    /// # Errors
    /// [`RunError`] with the state of the last committed superstep: a node, reducer or router failed, two nodes
    /// wrote one field, a join was left waiting, the recursion limit was reached, the run was cancelled or drained.
    /// When one task of a superstep fails its siblings are dropped, and the superstep changes nothing.
    pub async fn run(
        &self,
        state: impl Into<Arc<S>>,
        options: RunOptions,
    ) -> Result<S, RunError<S>> {
        self.run_to(state.into(), &options, None).await
    }

    async fn run_to(
        &self,
        state: Arc<S>,
        options: &RunOptions,
        sink: Option<Sink>,
    ) -> Result<S, RunError<S>> {
        match self.advance(state, options, sink).await {
            (state, Ok(())) => Ok(Arc::unwrap_or_clone(state)),
            (state, Err(failure)) => Err(RunError::new(failure, state)),
        }
    }

    async fn advance(
        &self,
        state: Arc<S>,
        options: &RunOptions,
        sink: Option<Sink>,
    ) -> (Arc<S>, Result<(), RunFailure>) {
        let cancellation = options.cancellation.child_token();
        // Whatever the nodes handed on ends with the run, however that ends.
        let _ends_with_the_run = cancellation.clone().drop_guard();
        let run = Arc::new(RunContext {
            id: options.run_id.clone(),
            cancellation,
            drain: options.drain.clone(),
            config: Arc::clone(&options.config),
            namespace: Namespace::root(),
            sink,
            ledger: None,
            answers: Arc::new(AnswersGiven::default()),
        });
        let progress = match start(&self.graph, &state).await {
            Ok(progress) => progress,
            Err(failure) => return (state, Err(failure)),
        };
        // The session holds the only reference, so that the state is changed in place.
        let mut session = Session::new(self, run, options, state, progress);
        let halt = match session.tell_state(CheckpointSource::Input, true).await {
            Ok(()) => session.advance().await,
            Err(error) => Err(error.into()),
        };
        let result = match halt {
            Ok(Halt::Done) => Ok(()),
            Ok(Halt::Drained) => {
                Err(RunFailure::Drained { superstep: session.progress.superstep() })
            }
            Ok(Halt::Parent { node, .. }) => Err(RunFailure::NoParentGraph { node }),
            Ok(Halt::Interrupted(_) | Halt::Before(_) | Halt::After(_)) => {
                Err(RunFailure::MissingStore { what: "stopping a run to go on later" })
            }
            Err(failure) => Err(failure),
        };
        (session.state, result)
    }
}

impl<S: PersistentState> StateGraphEngine<S> {
    /// An engine whose states can be stored and shown: for threads and streams, and for subgraphs of such.
    /// `initial` is the state that a thread begins with, before its first input.
    #[must_use]
    pub fn persistent(graph: CompiledGraph<S>, initial: impl Into<Arc<S>>) -> Self {
        let codec: Arc<dyn Codec<S>> = Arc::new(Persistence(initial.into()));
        Self { codec: Some(codec), ..Self::new(graph) }
    }

    /// Where the threads of this engine are stored.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn CheckpointStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// A thread: a conversation that is stored, and that runs go on from.
    ///
    /// # Errors
    /// [`RunFailure::MissingStore`] when the engine has no store, or was not made with
    /// [`persistent`](Self::persistent).
    pub fn thread(&self, id: impl Into<ThreadId>) -> Result<Thread<S>, RunFailure> {
        match (&self.codec, &self.store) {
            (Some(codec), Some(store)) => {
                Ok(Thread::new(self.clone(), Arc::clone(codec), Arc::clone(store), id.into()))
            }
            _ => Err(RunFailure::MissingStore { what: "a thread" }),
        }
    }

    /// Runs the graph as [`run`](Self::run) does, and tells what happens. The run goes on as the stream is read.
    pub fn stream(
        &self,
        state: impl Into<Arc<S>>,
        options: RunOptions,
        stream: StreamOptions,
    ) -> RunStream<Result<S, RunError<S>>> {
        let (sink, events) = channel(stream);
        let state = state.into();
        let mut engine = self.clone();
        engine.codec.get_or_insert_with(|| Arc::new(Persistence(Arc::clone(&state))));
        RunStream::new(async move { engine.run_to(state, &options, Some(sink)).await }, events)
    }
}

impl<S: State> Clone for StateGraphEngine<S> {
    fn clone(&self) -> Self {
        Self {
            graph: self.graph.clone(),
            codec: self.codec.clone(),
            store: self.store.clone(),
            cache: self.cache.clone(),
            gates: Arc::clone(&self.gates),
        }
    }
}

impl<S: State> fmt::Debug for StateGraphEngine<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateGraphEngine").field("graph", &self.graph).finish_non_exhaustive()
    }
}

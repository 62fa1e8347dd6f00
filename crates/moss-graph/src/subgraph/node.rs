//! A graph as a node of another.

use std::sync::Arc;

use serde_json::json;
use thiserror::Error;

use super::output::FromChild;
use super::{InnerGraph, SubgraphMemory};
use crate::checkpoint::{CheckpointQuery, CheckpointSource, Namespace, StoredCheckpoint};
use crate::context::{NodeContext, RunContext};
use crate::engine::{Halt, More, Part, Record, Session};
use crate::error::RunFailure;
use crate::node::{Command, Node, NodeError, NodeFuture};
use crate::scheduler::{Progress, start_behind};
use crate::state::{Marks, apply};
use crate::thread::{Durability, Ledger, Restored, StoredProgress};
use crate::{Drawing, Interrupt, InterruptError, NodeName, RunOptions, State, StateGraphEngine};

type IntoChild<P, C> = dyn Fn(&P) -> <C as State>::Update + Send + Sync;

/// A graph as a node of another: `P` is the state of the graph around it, `C` its own.
///
/// Its events, checkpoints and questions are those of the run it is part of, under a namespace of its own. For its
/// state to be stored, its engine is made with [`persistent`](StateGraphEngine::persistent).
pub struct Subgraph<P: State, C: State> {
    pub(super) engine: StateGraphEngine<C>,
    initial: Arc<C>,
    into_child: Box<IntoChild<P, C>>,
    from_child: FromChild<P, C>,
    pub(super) memory: SubgraphMemory,
    recursion_limit: u64,
}

impl<P: State, C: State> Subgraph<P, C> {
    /// A subgraph that begins with `initial` and the input that `into_child` makes of the state around it, and of
    /// whose last state `from_child` makes what the node writes.
    #[must_use]
    pub fn new(
        engine: StateGraphEngine<C>,
        initial: impl Into<Arc<C>>,
        into_child: impl Fn(&P) -> C::Update + Send + Sync + 'static,
        from_child: impl Fn(&C) -> P::Update + Send + Sync + 'static,
    ) -> Self {
        Self::made(
            engine,
            initial.into(),
            Box::new(into_child),
            FromChild::Child(Box::new(from_child)),
        )
    }

    /// A subgraph whose output depends on what it was given as well.
    pub(crate) fn beside(
        engine: StateGraphEngine<C>,
        initial: impl Into<Arc<C>>,
        into_child: impl Fn(&P) -> C::Update + Send + Sync + 'static,
        from_child: impl Fn(&P, &C) -> P::Update + Send + Sync + 'static,
    ) -> Self {
        let from_child = FromChild::Both(Box::new(from_child));
        Self::made(engine, initial.into(), Box::new(into_child), from_child)
    }

    fn made(
        engine: StateGraphEngine<C>,
        initial: Arc<C>,
        into_child: Box<IntoChild<P, C>>,
        from_child: FromChild<P, C>,
    ) -> Self {
        Self {
            engine,
            initial,
            into_child,
            from_child,
            memory: SubgraphMemory::PerTask,
            recursion_limit: RunOptions::default().recursion_limit,
        }
    }

    /// What it remembers from one of its runs to the next. Default: nothing.
    #[must_use]
    pub const fn memory(mut self, memory: SubgraphMemory) -> Self {
        self.memory = memory;
        self
    }

    /// How many supersteps it may take, as [`RunOptions::recursion_limit`] says for a run. Default 25.
    #[must_use]
    pub const fn recursion_limit(mut self, limit: u64) -> Self {
        self.recursion_limit = limit;
        self
    }

    async fn run_in(&self, state: Arc<P>, context: NodeContext) -> Result<Command<P>, NodeError> {
        let input = (self.into_child)(&state);
        let output = self.from_child.of_state(state);
        let mut session = self.session(input, &context).await.map_err(SubgraphError::of)?;
        let halt = session.advance().await.map_err(SubgraphError::of)?;
        if let (SubgraphMemory::PerThread, Some(parent), Some(at)) =
            (self.memory, &context.run().ledger, session.checkpoint())
        {
            parent.note_subgraph(session.namespace(), at);
        }
        match halt {
            Halt::Done => Ok(Command::update(output.made_of(&session.state))),
            Halt::Parent { node, command } => match command.downcast::<Command<P>>() {
                Ok(command) => Ok(Arc::unwrap_or_clone(command)),
                Err(_) => Err(SubgraphError::of(RunFailure::NoParentGraph { node }).into()),
            },
            Halt::Interrupted(interrupts) => {
                if let Some(desk) = context.desk() {
                    desk.raise(interrupts);
                }
                Err(InterruptError::Waiting.into())
            }
            Halt::Drained => {
                if let Some(desk) = context.desk() {
                    desk.set_drained();
                }
                Err(SubgraphError::of(RunFailure::Drained {
                    superstep: session.progress.superstep(),
                })
                .into())
            }
            Halt::Before(nodes) => Err(stopped(&session, &context, "before", &nodes)),
            Halt::After(nodes) => Err(stopped(&session, &context, "after", &nodes)),
        }
    }

    async fn session<'e>(
        &'e self,
        input: C::Update,
        context: &NodeContext,
    ) -> Result<Session<'e, C>, RunFailure> {
        let parent = context.run();
        let options = RunOptions {
            recursion_limit: self.recursion_limit,
            run_id: parent.id.clone(),
            ..RunOptions::default()
        };
        let namespace = self.namespace(context);
        let record = self.record(context, &namespace);
        let run = Arc::new(RunContext {
            id: parent.id.clone(),
            cancellation: parent.cancellation.child_token(),
            drain: parent.drain.clone(),
            config: Arc::clone(&parent.config),
            namespace,
            sink: parent.sink.clone(),
            ledger: None,
            answers: Arc::clone(&parent.answers),
        });
        let Some(parent_ledger) = record else {
            let mut state = Arc::clone(&self.initial);
            apply(&mut state, vec![input]).await.map_err(|source| RunFailure::Input { source })?;
            let progress = start_behind(&self.engine.graph, &state, 0).await?;
            let session = Session::new(&self.engine, run, &options, state, progress);
            session.tell_state(CheckpointSource::Input, true).await?;
            return Ok(session);
        };
        self.stored_session(input, context, (run, options), &parent_ledger).await
    }

    /// The ledger of the run around it, where the subgraph is to be stored.
    fn record(&self, context: &NodeContext, namespace: &Namespace) -> Option<Arc<Ledger>> {
        let is_stored = match self.memory {
            SubgraphMemory::PerTask | SubgraphMemory::PerThread => {
                self.engine.codec.is_some() && !namespace.is_root()
            }
            SubgraphMemory::None => false,
        };
        if is_stored { context.run().ledger.clone() } else { None }
    }

    fn namespace(&self, context: &NodeContext) -> Namespace {
        let Some(desk) = context.desk() else {
            return Namespace::from(context.task().to_string());
        };
        match self.memory {
            SubgraphMemory::PerTask | SubgraphMemory::None => desk.next_subgraph(),
            SubgraphMemory::PerThread => context.run().namespace.inside(context.node().as_str()),
        }
    }

    async fn stored_session<'e>(
        &'e self,
        input: C::Update,
        context: &NodeContext,
        (run, options): (Arc<RunContext>, RunOptions),
        parent: &Arc<Ledger>,
    ) -> Result<Session<'e, C>, RunFailure> {
        let Some(codec) = &self.engine.codec else {
            return Err(RunFailure::MissingStore { what: "a subgraph that is stored" });
        };
        let writer = Arc::clone(parent.writer());
        let thread = writer.thread().clone();
        let namespace = run.namespace.clone();
        let newest = if self.begins_here(context, parent) {
            None
        } else {
            // What this run has ordered to be stored is read back here.
            writer.flush().await?;
            let latest = CheckpointQuery::latest(thread.clone(), namespace.clone());
            writer.store().load(&latest).await?
        };
        let head = newest.as_ref().map(|newest| newest.head);
        let task = match self.memory {
            SubgraphMemory::PerThread => context.desk().map(|desk| desk.path().clone()),
            SubgraphMemory::PerTask | SubgraphMemory::None => None,
        };
        let goes_on = match &newest {
            Some(newest) => self.has_begun(newest, task.as_ref(), context)?,
            None => false,
        };
        let stored = if goes_on {
            newest
        } else {
            // As it was at the checkpoint that the graph around it stands at, which may be an older one.
            match (parent.subgraph(&namespace), newest) {
                (None, _) => None,
                (Some(at), Some(newest)) if newest.checkpoint.id == at => Some(newest),
                (Some(at), _) => {
                    writer.store().load(&CheckpointQuery::at(thread, namespace.clone(), at)).await?
                }
            }
        };
        let at = stored.as_ref().map(|stored| stored.checkpoint.id);
        let about = (parent.run().cloned(), parent.metadata().clone());
        let ledger = Arc::new(Ledger::new(Arc::clone(&writer), namespace, about, at, head));
        let run = Arc::new(RunContext {
            ledger: Some(Arc::clone(&ledger)),
            cancellation: run.cancellation.clone(),
            drain: run.drain.clone(),
            id: run.id.clone(),
            config: Arc::clone(&run.config),
            namespace: run.namespace.clone(),
            sink: run.sink.clone(),
            answers: Arc::clone(&run.answers),
        });
        let mut record = Record {
            ledger: Arc::clone(&ledger),
            marks: Marks::default(),
            from: at,
            before: None,
            source: CheckpointSource::Loop,
            origins: Default::default(),
            carried: Vec::new(),
            began: 0,
            task,
            part: match (self.memory, writer.durability()) {
                (SubgraphMemory::PerTask, Durability::Exit) => Part::PassingSubgraph,
                _ => Part::Subgraph,
            },
        };
        let graph = &self.engine.graph;
        let (mut state, superstep) = match stored {
            None => {
                record.marks = Marks::fresh();
                (codec.initial(), 0)
            }
            Some(stored) => {
                let state = Arc::new(codec.restore(&stored.channels)?);
                let progress = StoredProgress::decode(&stored.checkpoint.progress)?;
                ledger.know_subgraphs(progress.subgraphs_of(&stored));
                if goes_on {
                    let Restored { progress, origins, carried } =
                        progress.restore(graph, &**codec)?;
                    let mut rows = carried;
                    rows.extend(stored.writes);
                    ledger.remember(rows.clone());
                    record.origins = origins;
                    record.began = progress.superstep();
                    let session = Session::new(&self.engine, run, &options, state, progress);
                    let session = session.on_record(record, rows, true);
                    session.tell_values().await?;
                    return Ok(session);
                }
                (state, progress.superstep + 2)
            }
        };
        codec.mark(&state, &mut std::iter::once(&input), &mut record.marks);
        apply(&mut state, vec![input]).await.map_err(|source| RunFailure::Input { source })?;
        let progress: Progress<C> = start_behind(graph, &state, superstep).await?;
        record.began = superstep;
        let mut session = Session::new(&self.engine, run, &options, state, progress).on_record(
            record,
            Vec::new(),
            false,
        );
        session.persist(CheckpointSource::Input, More::MayCome).await?;
        session.tell_state(CheckpointSource::Input, true).await?;
        Ok(session)
    }

    /// Whether it is sure, without a look, that nothing is stored of the subgraph.
    ///
    /// Its namespace holds the id of the checkpoint at which the task was planned. Where this run has made that id, no other
    /// run has stored anything there; and this one has not, unless the task has been tried before. (The subgraphs of one
    /// attempt are numbered.) Whatever is gone on with, was planned at a checkpoint that was loaded.
    fn begins_here(&self, context: &NodeContext, parent: &Ledger) -> bool {
        match self.memory {
            SubgraphMemory::PerTask => context.desk().is_some_and(|desk| {
                let is_first = desk.is_first_attempt() && !desk.resumed;
                is_first && desk.origin().is_some_and(|origin| parent.has_made(origin))
            }),
            SubgraphMemory::PerThread | SubgraphMemory::None => false,
        }
    }

    /// Whether what is stored was begun by this very task, which goes on with it then.
    fn has_begun(
        &self,
        newest: &StoredCheckpoint,
        task: Option<&Namespace>,
        context: &NodeContext,
    ) -> Result<bool, RunFailure> {
        match self.memory {
            SubgraphMemory::PerTask | SubgraphMemory::None => Ok(true),
            SubgraphMemory::PerThread => {
                match StoredProgress::decode(&newest.checkpoint.progress)?.task() {
                    Some(begun) => Ok(task == Some(&begun)),
                    // Stored before that was noted.
                    None => {
                        let was_run = context.desk().is_some_and(|desk| desk.resumed);
                        Ok(context.attempt() > 1 || was_run)
                    }
                }
            }
        }
    }
}

/// Stopped to be looked at: a question that whatever goes on with the run answers, be it with an answer or without.
fn stopped<C: State>(
    session: &Session<'_, C>,
    context: &NodeContext,
    place: &str,
    nodes: &[NodeName],
) -> NodeError {
    if let (Some(desk), Some(at)) = (context.desk(), session.checkpoint()) {
        let namespace = session.namespace().to_string();
        let nodes: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
        desk.raise([Interrupt {
            id: format!("{namespace}|stopped:{at}"),
            value: json!({ "stopped": place, "nodes": nodes }),
            schema: None,
            node: context.node().clone(),
            namespace,
        }]);
    }
    InterruptError::Waiting.into()
}

impl<P: State, C: State> Node<P> for Subgraph<P, C> {
    fn run(&self, state: Arc<P>, context: NodeContext) -> NodeFuture<'_, P> {
        Box::pin(self.run_in(state, context))
    }

    fn drawing(&self) -> Option<Drawing> {
        Some(self.engine.graph.drawing())
    }

    fn inner_graph(&self) -> Option<InnerGraph<'_>> {
        Some(InnerGraph::of(self))
    }
}

/// A subgraph failed. The cause is the failure of its run.
#[derive(Debug, Error)]
#[error("the subgraph failed")]
pub struct SubgraphError {
    /// Why.
    #[source]
    pub failure: RunFailure,
}

impl SubgraphError {
    const fn of(failure: RunFailure) -> Self {
        Self { failure }
    }
}

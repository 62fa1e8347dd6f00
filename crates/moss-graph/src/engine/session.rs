//! One run of one graph, from where it stands to where it stops.

use std::any::Any;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::coop::consume_budget;

use super::StateGraphEngine;
use super::record::{More, Record};
use super::superstep::Ended;
use super::task::{Bench, Job};
use crate::checkpoint::{CheckpointSource, PendingWrite, TaskKey};
use crate::context::RunContext;
use crate::error::RunFailure;
use crate::graph::{Execution, Interrupts, NodeIndex};
use crate::scheduler::{Finished, Plan, Progress, Task, Waiting, begin_commit, plan};
use crate::{Interrupt, NodeName, Observer, RunOptions, State};

/// Why a run stops.
pub(crate) enum Halt {
    Done,
    Interrupted(Vec<Interrupt>),
    Before(Vec<NodeName>),
    After(Vec<NodeName>),
    Drained,
    Parent { node: NodeName, command: Arc<dyn Any + Send + Sync> },
}

/// One run of one graph.
pub(crate) struct Session<'e, S: State> {
    pub(crate) bench: Bench<'e, S>,
    pub(super) limits: Limits,
    pub(super) stops: Stops,
    /// What is stored of the run, if something is.
    pub(crate) record: Option<Record>,
    pub(crate) state: Arc<S>,
    pub(crate) progress: Progress<S>,
    /// The state with what is not committed yet, where there is something to show.
    pub(crate) shown: Option<Arc<S>>,
    /// What was stored of the tasks that come next.
    pub(super) rows: Vec<PendingWrite>,
    /// Whether the tasks that come next have been stopped before already.
    pub(super) resumed: bool,
}

/// How far a run may go.
pub(super) struct Limits {
    pub(super) recursion: u64,
    pub(super) concurrency: Option<NonZeroUsize>,
    pub(super) step_timeout: Option<Duration>,
}

/// Where a run stops to be looked at.
#[derive(Default)]
pub(super) struct Stops {
    pub(super) before: BTreeSet<NodeIndex>,
    pub(super) after: BTreeSet<NodeIndex>,
}

impl<'e, S: State> Session<'e, S> {
    pub(crate) fn new(
        engine: &'e StateGraphEngine<S>,
        run: Arc<RunContext>,
        options: &RunOptions,
        state: Arc<S>,
        progress: Progress<S>,
    ) -> Self {
        let observer: Option<Arc<dyn Observer>> = options.observer.clone();
        Self {
            bench: Bench { engine, run, observer, recursion_limit: options.recursion_limit },
            limits: Limits {
                recursion: options.recursion_limit,
                concurrency: options.max_concurrency,
                step_timeout: options.step_timeout,
            },
            stops: Stops::of(engine, options),
            record: None,
            state,
            progress,
            shown: None,
            rows: Vec::new(),
            resumed: false,
        }
    }

    /// What is stored of the run, and what was stored of the tasks that come next.
    pub(crate) fn on_record(
        mut self,
        record: Record,
        rows: Vec<PendingWrite>,
        resumed: bool,
    ) -> Self {
        self.record = Some(record);
        self.rows = rows;
        self.resumed = resumed;
        self
    }

    /// Goes on until the run stops, and stores what is left to be stored.
    ///
    /// # Errors
    /// Why the run failed. The state is that of the last committed superstep then.
    pub(crate) async fn advance(&mut self) -> Result<Halt, RunFailure> {
        let halt = match self.bench.engine.graph.execution() {
            Execution::Supersteps => self.supersteps().await,
            Execution::Dataflow => self.dataflow().await,
        };
        match halt {
            Ok(halt) => {
                let halt = self.refuse_without_thread(halt)?;
                self.settle(matches!(halt, Halt::Done)).await?;
                self.tell_interrupts(&halt).await?;
                Ok(halt)
            }
            Err(failure) => {
                // It fails with what came first. What cannot be stored now is as if the run had crashed.
                let _ = self.settle(false).await;
                Err(failure)
            }
        }
    }

    fn refuse_without_thread(&self, halt: Halt) -> Result<Halt, RunFailure> {
        match halt {
            Halt::Before(_) | Halt::After(_) | Halt::Interrupted(_) if self.record.is_none() => {
                Err(RunFailure::MissingStore { what: "stopping a run to go on later" })
            }
            Halt::Done
            | Halt::Interrupted(_)
            | Halt::Before(_)
            | Halt::After(_)
            | Halt::Drained
            | Halt::Parent { .. } => Ok(halt),
        }
    }

    async fn supersteps(&mut self) -> Result<Halt, RunFailure> {
        let engine = self.bench.engine;
        loop {
            let Plan::Run(tasks) = plan(&engine.graph, &self.progress, self.limits.recursion)?
            else {
                return Ok(Halt::Done);
            };
            let superstep = self.progress.superstep() + 1;
            // Nodes that are ready at once would otherwise keep the thread for the whole run.
            consume_budget().await;
            if self.bench.run.cancellation.is_cancelled() {
                return Err(RunFailure::Cancelled { superstep });
            }
            if !self.resumed {
                let stops = self.among(&self.stops.before, tasks.iter().map(Task::node));
                if !stops.is_empty() {
                    return Ok(Halt::Before(stops));
                }
            }
            if self.bench.run.drain.is_requested() {
                return Ok(Halt::Drained);
            }
            if let Some(observer) = &self.bench.observer {
                let tasks: Vec<_> = tasks.iter().map(|task| task.id(&engine.graph)).collect();
                observer.superstep_started(superstep, &tasks);
            }
            let has_siblings = tasks.len() > 1;
            let jobs = tasks.iter().map(|task| self.job(task, has_siblings)).collect();
            let ended = self.bench.run_together(superstep, jobs, self.limits.concurrency);
            let ended = match self.limits.step_timeout {
                None => ended.await?,
                Some(limit) => match tokio::time::timeout(limit, ended).await {
                    Ok(ended) => ended?,
                    Err(_) => return Err(RunFailure::StepTimeout { superstep, limit }),
                },
            };
            let Ended { finished, asked, drained, parent } = ended;
            if let Some((node, command)) = parent {
                return Ok(Halt::Parent { node, command });
            }
            if !asked.is_empty() {
                let interrupts = self.note_questions(asked).await?;
                let run = Arc::clone(&self.bench.run);
                run.unless_cancelled(superstep, async {
                    self.show(finished).await;
                    Ok(())
                })
                .await?;
                return Ok(Halt::Interrupted(interrupts));
            }
            if drained {
                return Ok(Halt::Drained);
            }
            let stops =
                self.among(&self.stops.after, finished.iter().map(|task| task.place().node()));
            let wrote = self.tells_of(&finished)?;
            self.mark(&finished);
            if let Some(waiting) = self.commit(finished)? {
                self.commit_later(waiting).await?;
            }
            self.committed(wrote).await?;
            if !stops.is_empty() && !self.progress.next().is_empty() {
                return Ok(Halt::After(stops));
            }
        }
    }

    /// Commits tasks, or gives what has to be waited for first.
    pub(super) fn commit(
        &mut self,
        finished: Vec<Finished<S>>,
    ) -> Result<Option<Box<Waiting<S>>>, RunFailure> {
        let graph = &self.bench.engine.graph;
        begin_commit(graph, &mut self.progress, &mut self.state, finished)
    }

    /// Commits tasks whose reducers take time, unless the run is cancelled before.
    pub(super) async fn commit_later(
        &mut self,
        waiting: Box<Waiting<S>>,
    ) -> Result<(), RunFailure> {
        let superstep = self.progress.superstep() + 1;
        let graph = &self.bench.engine.graph;
        let committed = waiting.commit(graph, &mut self.progress, &mut self.state);
        self.bench.run.unless_cancelled(superstep, committed).await
    }

    /// What follows a commit: it is stored, and told.
    pub(super) async fn committed(&mut self, wrote: bool) -> Result<(), RunFailure> {
        if self.bench.engine.graph.execution() == Execution::Supersteps {
            self.rows.clear();
            self.resumed = false;
        }
        let more = if self.progress.next().is_empty() { More::Nothing } else { More::MayCome };
        self.persist(CheckpointSource::Loop, more).await?;
        self.tell_state(CheckpointSource::Loop, wrote).await?;
        if let Some(observer) = &self.bench.observer {
            let next = self.progress.next().iter().map(|task| self.name(task.node()));
            observer.superstep_committed(self.progress.superstep(), &next.collect::<Vec<_>>());
        }
        Ok(())
    }

    /// A task, with what was stored of it.
    pub(super) fn job(&self, task: &Task<S>, has_siblings: bool) -> Job<S> {
        let rows = if self.rows.is_empty() {
            Vec::new()
        } else {
            let key = TaskKey::from(task.id(&self.bench.engine.graph).to_string());
            self.rows.iter().filter(|row| row.task == key).cloned().collect()
        };
        let origin = self.record.as_ref().and_then(|record| record.origin(task.place()));
        Job { task: task.clone(), state: Arc::clone(&self.state), rows, origin, has_siblings }
    }

    pub(super) fn among(
        &self,
        stops: &BTreeSet<NodeIndex>,
        nodes: impl Iterator<Item = NodeIndex>,
    ) -> Vec<NodeName> {
        if stops.is_empty() {
            return Vec::new();
        }
        nodes.filter(|node| stops.contains(node)).map(|node| self.name(node)).collect()
    }

    pub(super) fn name(&self, node: NodeIndex) -> NodeName {
        self.bench.engine.graph.node_name(node).clone()
    }
}

impl Stops {
    fn of<S: State>(engine: &StateGraphEngine<S>, options: &RunOptions) -> Self {
        let own = engine.graph.stops();
        let add = |own: &BTreeSet<NodeIndex>, more: &Interrupts| match more {
            Interrupts::None => own.clone(),
            // A name that is not there stops nothing: graphs change, and options come from outside.
            Interrupts::At(names) => {
                let more = names.iter().filter_map(|name| engine.graph.node_index(name));
                own.iter().copied().chain(more).collect()
            }
            Interrupts::All => engine.graph.node_indices().collect(),
        };
        Self {
            before: add(&own.before, &options.interrupt_before),
            after: add(&own.after, &options.interrupt_after),
        }
    }
}

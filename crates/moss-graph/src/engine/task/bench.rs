//! One task, from what is stored of it to what it comes to.

use std::any::Any;
use std::sync::Arc;

use super::attempt::Attempt;
use crate::checkpoint::{CheckpointId, PendingWrite, TaskKey};
use crate::context::{Desk, RunContext, TaskOrigin};
use crate::engine::StateGraphEngine;
use crate::error::{NodeFailure, NodeFailures, RunFailure};
use crate::node::Parts;
use crate::policy::TimeoutPolicy;
use crate::scheduler::{Finished, Task, TaskId, finish_parts};
use crate::stream::TaskOutcome;
use crate::{Interrupt, NodeName, Observer, State};

/// What all tasks of a run are run with.
pub(crate) struct Bench<'e, S: State> {
    pub(in crate::engine) engine: &'e StateGraphEngine<S>,
    pub(crate) run: Arc<RunContext>,
    pub(in crate::engine) observer: Option<Arc<dyn Observer>>,
    /// How deep tasks may be.
    pub(in crate::engine) recursion_limit: u64,
}

/// A task that is to be run, and what it is run on.
pub(in crate::engine) struct Job<S> {
    pub(in crate::engine) task: Task<S>,
    pub(in crate::engine) state: Arc<S>,
    /// What was stored of earlier attempts at it.
    pub(in crate::engine) rows: Vec<PendingWrite>,
    /// The checkpoint it was planned at.
    pub(in crate::engine) origin: Option<CheckpointId>,
    /// Whether others run beside it, so that what it comes to must be kept until all are through.
    pub(in crate::engine) has_siblings: bool,
}

/// How a task ended, if it did not fail.
pub(in crate::engine) enum TaskEnd<S: State> {
    Finished(Finished<S>),
    /// It asks.
    Interrupted {
        key: TaskKey,
        interrupts: Vec<Interrupt>,
    },
    /// A subgraph in it was asked to stop, and did.
    Drained,
    /// It gave a command for the graph around its own.
    Parent {
        node: NodeName,
        command: Arc<dyn Any + Send + Sync>,
    },
}

impl<S: State> Bench<'_, S> {
    /// Runs a task to its end.
    pub(in crate::engine) async fn run(&self, job: Job<S>) -> Result<TaskEnd<S>, RunFailure> {
        let graph = &self.engine.graph;
        let id = job.task.id(graph);
        // What few tasks need is boxed here and below: all would be twice as large with it.
        if !job.rows.is_empty()
            && let Some(end) = Box::pin(self.saved(&job, &id)).await?
        {
            return Ok(end);
        }
        let options = graph.node_options(job.task.node());
        let timeout = job.task.timeout().or(options.timeout);
        let desk = self.desk(&job, &id, timeout);
        if self.run.sink.is_some() {
            Box::pin(self.tell_start(&job, &id)).await?;
        }
        let mut cache_key = self.cache_key(&job, options);
        if let Some(key) = &cache_key
            && let Some(cached) =
                self.engine.cache.as_ref().and_then(|cache| cache.get(id.node(), key))
        {
            let finished = self.cached_task(&job.task, cached)?;
            Box::pin(self.tell_end(&id, &finished, true)).await?;
            return Ok(TaskEnd::Finished(finished));
        }

        let is_plain = options.retry.is_empty() && options.on_error.is_none() && timeout.is_none();
        let attempt = if is_plain {
            self.attempt(&job, &id, desk.as_ref(), 1).await
        } else {
            Box::pin(self.attempts(&job, &id, desk.as_ref(), (options, timeout))).await
        };
        let output = match attempt {
            Ok(Attempt::Output(command)) => Ok(command.into_parts()),
            Ok(Attempt::Handled(command)) => {
                // Not the node's own output: the next run of the node may do better.
                cache_key = None;
                Ok(command.into_handled_parts())
            }
            Ok(Attempt::Interrupted(interrupts)) => {
                return Ok(Box::pin(self.interrupted(&id, interrupts)).await);
            }
            Ok(Attempt::Drained) => return Ok(TaskEnd::Drained),
            Err(failure) => Err(failure),
        };
        if let Some(observer) = &self.observer {
            observer.task_finished(&id, output.as_ref().map(|_| ()));
        }
        let parts = match output {
            Ok(Parts { parent: Some(command), .. }) => {
                return Ok(TaskEnd::Parent { node: id.node().clone(), command });
            }
            Ok(parts) => parts,
            Err(failure) => return Err(Box::pin(self.failed(&id, failure)).await),
        };
        let finished = finish_parts(graph, &job.state, &job.task, parts).await?;
        if let (Some(key), Some(policy), Some(cache)) =
            (cache_key, &options.cache, &self.engine.cache)
        {
            cache.put(id.node(), key, self.to_cache(&finished), policy.ttl);
        }
        if job.has_siblings {
            self.keep(&id, &finished).await?;
        }
        if self.run.sink.is_some() {
            Box::pin(self.tell_end(&id, &finished, false)).await?;
        }
        Ok(TaskEnd::Finished(finished))
    }

    fn desk(&self, job: &Job<S>, id: &TaskId, timeout: Option<TimeoutPolicy>) -> Option<Arc<Desk>> {
        let watched = timeout.and_then(|timeout| timeout.idle.is_some().then_some(timeout.refresh));
        if self.run.ledger.is_none() && self.run.sink.is_none() && watched.is_none() {
            return None;
        }
        let at = TaskOrigin { namespace: self.run.namespace.clone(), checkpoint: job.origin };
        Some(Arc::new(Desk::new(id.clone(), at, watched, &job.rows)))
    }

    async fn interrupted(&self, id: &TaskId, interrupts: Vec<Interrupt>) -> TaskEnd<S> {
        let outcome = TaskOutcome::Interrupted(interrupts.clone());
        self.tell_outcome(id, outcome).await;
        TaskEnd::Interrupted { key: TaskKey::from(id.to_string()), interrupts }
    }

    async fn failed(&self, id: &TaskId, failure: NodeFailure) -> RunFailure {
        self.note_failure(id, &failure).await;
        self.tell_outcome(id, TaskOutcome::Failed(failure.reason())).await;
        NodeFailures::new(failure, Vec::new()).into()
    }
}

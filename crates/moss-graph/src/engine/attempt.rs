//! Running one task to its end: its attempts, its time limits, its error handler, its cache.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio::time::{Instant, sleep, sleep_until};

use super::StateGraphEngine;
use crate::checkpoint::{
    Blob, CheckpointId, Namespace, PendingWrite, StoreError, TaskKey, WriteKind,
};
use crate::context::{Desk, NodeContext, RunContext, decoded};
use crate::error::{NodeFailure, NodeFailures, RunFailure};
use crate::graph::NodeOptions;
use crate::node::{Command, Goto, NodeError, Parts, SendTo};
use crate::panic::PanicMessage;
use crate::policy::{Cached, TimeoutPolicy};
use crate::scheduler::{Finished, Target, Task, TaskId, finish_parts};
use crate::stream::{StreamMode, StreamPayload, TaskOutcome};
use crate::thread::{Durability, SavedOutput};
use crate::{Interrupt, NodeName, Observer, State};

/// What all tasks of a run are run with.
pub(crate) struct Bench<'e, S: State> {
    pub(super) engine: &'e StateGraphEngine<S>,
    pub(crate) run: Arc<RunContext>,
    pub(super) observer: Option<Arc<dyn Observer>>,
}

/// A task that is to be run, and what it is run on.
pub(super) struct Job<S> {
    pub(super) task: Task<S>,
    pub(super) state: Arc<S>,
    /// What was stored of earlier attempts at it.
    pub(super) rows: Vec<PendingWrite>,
    /// The checkpoint it was planned at.
    pub(super) origin: Option<CheckpointId>,
    /// Whether others run beside it, so that what it comes to must be kept until all are through.
    pub(super) has_siblings: bool,
}

/// How a task ended, if it did not fail.
pub(super) enum TaskEnd<S: State> {
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

/// What one attempt came to.
enum Attempt<S: State> {
    Output(Command<S>),
    Interrupted(Vec<Interrupt>),
    Drained,
}

impl<S: State> Bench<'_, S> {
    /// Runs a task to its end.
    pub(super) async fn run(&self, job: Job<S>) -> Result<TaskEnd<S>, RunFailure> {
        let graph = &self.engine.graph;
        let id = job.task.id(graph);
        if let Some(end) = self.saved(&job, &id).await? {
            return Ok(end);
        }
        let options = graph.node_options(job.task.node());
        let timeout = job.task.timeout().or(options.timeout);
        let desk = self.desk(&job, &id, timeout);
        self.tell_start(&job, &id).await?;
        let cache_key = self.cache_key(&job, options);
        if let Some(key) = &cache_key
            && let Some(cached) =
                self.engine.cache.as_ref().and_then(|cache| cache.get(id.node(), key))
        {
            let finished = self.cached_task(&job.task, cached)?;
            self.tell_end(&id, &finished, true).await?;
            return Ok(TaskEnd::Finished(finished));
        }

        let is_plain = options.retry.is_empty() && options.on_error.is_none() && timeout.is_none();
        let attempt = if is_plain {
            self.attempt(&job, &id, desk.as_ref(), 1).await
        } else {
            // Boxed: most tasks have none of it, and need not carry it.
            Box::pin(self.attempts(&job, &id, desk.as_ref(), (options, timeout))).await
        };
        let output = match attempt {
            Ok(Attempt::Output(command)) => Ok(command.into_parts()),
            Ok(Attempt::Interrupted(interrupts)) => {
                return Ok(self.interrupted(&id, interrupts).await);
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
            Err(failure) => return Err(self.failed(&id, failure).await),
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
        self.tell_end(&id, &finished, false).await?;
        Ok(TaskEnd::Finished(finished))
    }

    /// A task that was through before the run was stopped: it does not run again.
    async fn saved(&self, job: &Job<S>, id: &TaskId) -> Result<Option<TaskEnd<S>>, RunFailure> {
        let (Some(codec), Some(saved)) =
            (&self.engine.codec, decoded::<SavedOutput>(&job.rows, WriteKind::Update).next())
        else {
            return Ok(None);
        };
        let finished = saved.restore(&self.engine.graph, &**codec, job.task.place())?;
        self.tell_end(id, &finished, true).await?;
        Ok(Some(TaskEnd::Finished(finished)))
    }

    fn desk(&self, job: &Job<S>, id: &TaskId, timeout: Option<TimeoutPolicy>) -> Option<Arc<Desk>> {
        let is_idle_limited = timeout.is_some_and(|timeout| timeout.idle.is_some());
        if self.run.ledger.is_none() && self.run.sink.is_none() && !is_idle_limited {
            return None;
        }
        let key = TaskKey::from(id.to_string());
        let path = self.path(job, id);
        let refresh = timeout.unwrap_or_default().refresh;
        Some(Arc::new(Desk::new(key, path, refresh, &job.rows)))
    }

    /// The namespace of a task: what its questions and its subgraphs are named after. A task that is run again at the
    /// same checkpoint has the same, and no other has.
    fn path(&self, job: &Job<S>, id: &TaskId) -> Namespace {
        use std::fmt::Write as _;

        let mut path = self.run.namespace.to_string();
        if !path.is_empty() {
            path.push('|');
        }
        // Writing to a text does not fail.
        let _ = match job.origin {
            Some(origin) => write!(path, "{}:{origin}", id.node()),
            None => write!(path, "{}:{}", id.node(), id.superstep()),
        };
        if let Some(send) = id.send() {
            let _ = write!(path, "#{send}");
        }
        path.into()
    }

    async fn attempts(
        &self,
        job: &Job<S>,
        id: &TaskId,
        desk: Option<&Arc<Desk>>,
        (options, timeout): (&NodeOptions<S>, Option<TimeoutPolicy>),
    ) -> Result<Attempt<S>, NodeFailure> {
        let mut number = 1;
        let failure = loop {
            let failure = match self.limited(job, id, desk, (number, timeout)).await {
                Ok(attempt) => return Ok(attempt),
                Err(failure) => failure,
            };
            let cause: Option<&(dyn Error + 'static)> = match &failure {
                NodeFailure::Failed { source, .. } => Some(&**source),
                NodeFailure::TimedOut { .. } => Some(&failure),
                // A defect of the node's: it would be there again.
                NodeFailure::Panicked { .. } => None,
            };
            let policy =
                cause.and_then(|cause| options.retry.iter().find(|policy| policy.fits(cause)));
            match policy {
                Some(policy) if number < policy.attempts => {
                    let wait = policy.wait_after(number, id);
                    if !wait.is_zero() {
                        sleep(wait).await;
                    }
                    number += 1;
                }
                Some(_) | None => break failure,
            }
        };
        let Some(handler) = &options.on_error else { return Err(failure) };
        // What went wrong is kept, whatever the handler makes of it.
        self.note_failure(id, &failure).await;
        let context = self.context(id, desk, number);
        let (state, failure) = (Arc::clone(&job.state), Arc::new(failure));
        // The call is inside, since a handler may panic before it gives its future.
        let handled = async { handler.handle(state, failure, context).await };
        self.outcome(id, desk, handled).await
    }

    /// One attempt within its time limits.
    async fn limited(
        &self,
        job: &Job<S>,
        id: &TaskId,
        desk: Option<&Arc<Desk>>,
        (number, timeout): (u32, Option<TimeoutPolicy>),
    ) -> Result<Attempt<S>, NodeFailure> {
        let attempt = self.attempt(job, id, desk, number);
        let Some(timeout) = timeout else { return attempt.await };
        let over = |limit: &'static str, after| NodeFailure::TimedOut {
            node: id.node().clone(),
            superstep: id.superstep(),
            limit,
            after,
        };
        let whole = async {
            match timeout.run {
                Some(limit) => {
                    sleep(limit).await;
                    over("run", limit)
                }
                None => std::future::pending().await,
            }
        };
        let idle = async {
            let (Some(limit), Some(desk)) = (timeout.idle, desk) else {
                return std::future::pending().await;
            };
            loop {
                let until = desk.alive() + limit;
                if until <= Instant::now() {
                    return over("idle", limit);
                }
                sleep_until(until).await;
            }
        };
        tokio::select! {
            biased;
            ended = attempt => ended,
            failure = whole => Err(failure),
            failure = idle => Err(failure),
        }
    }

    async fn attempt(
        &self,
        job: &Job<S>,
        id: &TaskId,
        desk: Option<&Arc<Desk>>,
        number: u32,
    ) -> Result<Attempt<S>, NodeFailure> {
        if let Some(desk) = desk {
            desk.begin();
        }
        let context = self.context(id, desk, number);
        let input = Arc::clone(job.task.input().unwrap_or(&job.state));
        // The call is inside, since a node may panic before it gives its future.
        let run = async { self.engine.graph.node(job.task.node()).run(input, context).await };
        self.outcome(id, desk, run).await
    }

    /// What a node, or an error handler in its place, came to.
    async fn outcome(
        &self,
        id: &TaskId,
        desk: Option<&Arc<Desk>>,
        run: impl Future<Output = Result<Command<S>, NodeError>>,
    ) -> Result<Attempt<S>, NodeFailure> {
        let result = AssertUnwindSafe(run).catch_unwind().await;
        if let Some(desk) = desk {
            let raised = desk.take_raised();
            // A question counts even where the node goes on without the answer: it would be lost.
            if !raised.is_empty() {
                return Ok(Attempt::Interrupted(raised));
            }
            if desk.is_drained() {
                return Ok(Attempt::Drained);
            }
        }
        match result {
            Ok(Ok(command)) => Ok(Attempt::Output(command)),
            Ok(Err(error)) => Err(NodeFailure::Failed {
                node: id.node().clone(),
                superstep: id.superstep(),
                source: error.into_inner(),
            }),
            Err(payload) => Err(NodeFailure::Panicked {
                node: id.node().clone(),
                superstep: id.superstep(),
                message: PanicMessage::from(payload).into_text(),
            }),
        }
    }

    fn context(&self, id: &TaskId, desk: Option<&Arc<Desk>>, number: u32) -> NodeContext {
        NodeContext::new(id.clone(), number, Arc::clone(&self.run), desk.cloned())
    }

    async fn interrupted(&self, id: &TaskId, interrupts: Vec<Interrupt>) -> TaskEnd<S> {
        let outcome = TaskOutcome::Interrupted(interrupts.clone());
        self.tell_outcome(id, outcome).await;
        TaskEnd::Interrupted { key: TaskKey::from(id.to_string()), interrupts }
    }

    async fn failed(&self, id: &TaskId, failure: NodeFailure) -> RunFailure {
        self.note_failure(id, &failure).await;
        self.tell_outcome(id, TaskOutcome::Failed(failure.to_string())).await;
        NodeFailures::new(failure, Vec::new()).into()
    }

    /// Keeps why a task failed, for those who look at the thread. That it cannot be kept changes nothing: the task has
    /// failed anyway.
    async fn note_failure(&self, id: &TaskId, failure: &NodeFailure) {
        if let Some(ledger) = &self.run.ledger {
            let mut text = failure.to_string();
            let mut cause = failure.source();
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            let _ = ledger.put(&TaskKey::from(id.to_string()), WriteKind::Error, 0, &text).await;
        }
    }

    /// Keeps what a task has come to until its superstep is committed.
    async fn keep(&self, id: &TaskId, finished: &Finished<S>) -> Result<(), RunFailure> {
        let (Some(ledger), Some(codec)) = (&self.run.ledger, &self.engine.codec) else {
            return Ok(());
        };
        let key = TaskKey::from(id.to_string());
        let Finished { updates, targets, .. } = finished;
        match ledger.writer().durability() {
            Durability::Exit => {
                // Most are forgotten with the commit: what is encoded is only what is stored.
                let (graph, codec) = (self.engine.graph.clone(), Arc::clone(codec));
                let (updates, targets) = (updates.clone(), targets.clone());
                ledger.remember_output(key, move || {
                    let saved = SavedOutput::of(&graph, &*codec, &updates, &targets)?;
                    Ok(Blob::encode(&saved).map_err(StoreError::Value)?)
                });
            }
            Durability::Sync | Durability::Async => {
                let saved = SavedOutput::of(&self.engine.graph, &**codec, updates, targets)?;
                ledger.put(&key, WriteKind::Update, 0, &saved).await?;
            }
        }
        Ok(())
    }

    fn cache_key(&self, job: &Job<S>, options: &NodeOptions<S>) -> Option<String> {
        self.engine.cache.as_ref()?;
        let policy = options.cache.as_ref()?;
        Some((policy.key)(job.task.input().unwrap_or(&job.state)))
    }

    fn cached_task(&self, task: &Task<S>, cached: Cached<S>) -> Result<Finished<S>, RunFailure> {
        let target = |goto: Goto<S>| {
            let Some(node) = self.engine.graph.node_index(goto.name()) else {
                return Err(RunFailure::GraphChanged { missing: vec![goto.name().to_owned()] });
            };
            Ok(match goto {
                Goto::Node(_) => Target::node(node),
                Goto::Send(SendTo { input, timeout, .. }) => {
                    Target { node, input: Some(input), timeout }
                }
            })
        };
        let targets = cached.goto.into_iter().map(target).collect::<Result<_, _>>()?;
        Ok(Finished { place: task.place(), updates: cached.updates, targets, fresh: None })
    }

    fn to_cache(&self, finished: &Finished<S>) -> Cached<S> {
        let goto = finished.targets.iter().map(|target| {
            let name = self.engine.graph.node_name(target.node);
            match &target.input {
                None => Goto::from(name),
                Some(input) => Goto::Send(SendTo {
                    node: String::from(name).into(),
                    input: Arc::clone(input),
                    timeout: target.timeout,
                }),
            }
        });
        Cached { updates: finished.updates.clone(), goto: goto.collect() }
    }

    async fn tell_start(&self, job: &Job<S>, id: &TaskId) -> Result<(), RunFailure> {
        let (Some(sink), Some(codec)) = (&self.run.sink, &self.engine.codec) else { return Ok(()) };
        if sink.tells_of_debug(&self.run.namespace, StreamMode::Tasks) {
            let input = codec.to_json(job.task.input().unwrap_or(&job.state))?;
            let payload =
                StreamPayload::TaskStarted { id: id.to_string(), node: id.node().clone(), input };
            sink.tell_debug(&self.run.namespace, superstep(id), payload).await;
        }
        Ok(())
    }

    async fn tell_end(
        &self,
        id: &TaskId,
        finished: &Finished<S>,
        cached: bool,
    ) -> Result<(), RunFailure> {
        let (Some(sink), Some(codec)) = (&self.run.sink, &self.engine.codec) else { return Ok(()) };
        let namespace = &self.run.namespace;
        let updates = sink.tells(namespace, StreamMode::Updates);
        if !updates && !sink.tells_of_debug(namespace, StreamMode::Tasks) {
            return Ok(());
        }
        let written = finished.updates.iter().map(|update| codec.update_to_json(update));
        let mut written = written.collect::<Result<Vec<_>, _>>()?;
        if updates {
            let update = match written.as_slice() {
                [] => serde_json::Value::Null,
                [update] => update.clone(),
                updates => updates.to_vec().into(),
            };
            let node = id.node().clone();
            sink.tell(namespace, StreamPayload::Update { node, update, cached }).await;
        }
        let result = if written.len() == 1 { written.remove(0) } else { written.into() };
        self.tell_outcome(id, TaskOutcome::Wrote(result)).await;
        Ok(())
    }

    async fn tell_outcome(&self, id: &TaskId, outcome: TaskOutcome) {
        if let Some(sink) = &self.run.sink
            && sink.tells_of_debug(&self.run.namespace, StreamMode::Tasks)
        {
            let (node, text) = (id.node().clone(), id.to_string());
            let payload = StreamPayload::TaskFinished { id: text, node, outcome };
            sink.tell_debug(&self.run.namespace, superstep(id), payload).await;
        }
    }
}

fn superstep(id: &TaskId) -> i64 {
    i64::try_from(id.superstep()).unwrap_or(i64::MAX)
}

//! The attempts at a task: within their limits, again where a policy says so, and the error handler behind them.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Bench, Job};
use crate::context::{Desk, NodeContext};
use crate::error::NodeFailure;
use crate::graph::NodeOptions;
use crate::node::{Command, NodeError};
use crate::panic::PanicMessage;
use crate::policy::TimeoutPolicy;
use crate::scheduler::TaskId;
use crate::{Interrupt, State};

/// What one attempt came to.
pub(super) enum Attempt<S: State> {
    Output(Command<S>),
    /// It failed, and this is what the error handler makes of it.
    Handled(Command<S>),
    Interrupted(Vec<Interrupt>),
    Drained,
}

impl<S: State> Bench<'_, S> {
    pub(super) async fn attempts(
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
        let context = self.context(job, id, desk, number);
        let (state, failure) = (Arc::clone(&job.state), Arc::new(failure));
        // The call is inside, since a handler may panic before it gives its future.
        let handled = async { handler.handle(state, failure, context).await };
        Ok(match self.outcome(id, desk, handled).await? {
            Attempt::Output(command) => Attempt::Handled(command),
            other => other,
        })
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
            while let Some(alive) = desk.alive() {
                let until = alive + limit;
                if until <= Instant::now() {
                    return over("idle", limit);
                }
                sleep_until(until).await;
            }
            // A task with a limit is watched.
            std::future::pending().await
        };
        tokio::select! {
            biased;
            ended = attempt => ended,
            failure = whole => Err(failure),
            failure = idle => Err(failure),
        }
    }

    pub(super) async fn attempt(
        &self,
        job: &Job<S>,
        id: &TaskId,
        desk: Option<&Arc<Desk>>,
        number: u32,
    ) -> Result<Attempt<S>, NodeFailure> {
        if let Some(desk) = desk {
            desk.begin();
        }
        let context = self.context(job, id, desk, number);
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

    fn context(
        &self,
        job: &Job<S>,
        id: &TaskId,
        desk: Option<&Arc<Desk>>,
        number: u32,
    ) -> NodeContext {
        let metadata = self.engine.graph.node_options(job.task.node()).metadata.clone();
        let left = self.recursion_limit.saturating_sub(job.task.depth());
        let remaining_steps = left.saturating_add(1);
        NodeContext::new(
            id.clone(),
            number,
            (remaining_steps, metadata),
            Arc::clone(&self.run),
            desk.cloned(),
        )
    }
}

//! Running the tasks of one superstep.

use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use crate::context::{NodeContext, RunContext};
use crate::error::{NodeFailure, NodeFailures, RunFailure};
use crate::panic::PanicMessage;
use crate::scheduler::{Finished, Task, finish};
use crate::{CompiledGraph, Observer, State};

/// One superstep of a run.
pub(super) struct Superstep<'r, S: State> {
    pub(super) graph: &'r CompiledGraph<S>,
    pub(super) run: &'r Arc<RunContext>,
    /// The superstep's number; the first is 1.
    pub(super) number: u64,
    pub(super) observer: Option<&'r dyn Observer>,
}

impl<S: State> Superstep<'_, S> {
    /// Runs the nodes to their end, at most `limit` at a time. At the first failure, or when the run is
    /// cancelled, those that still run are dropped.
    pub(super) async fn run(
        &self,
        nodes: &[Task<S>],
        state: &Arc<S>,
        limit: Option<NonZeroUsize>,
    ) -> Result<Vec<Finished<S>>, RunFailure> {
        if let Some(observer) = self.observer {
            let tasks: Vec<_> = nodes.iter().map(|node| node.id(self.graph)).collect();
            observer.superstep_started(self.number, &tasks);
        }
        match nodes {
            [node] => self.run_one(node, state).await,
            nodes => self.run_all(nodes, state, limit).await,
        }
    }

    async fn run_one(
        &self,
        node: &Task<S>,
        state: &Arc<S>,
    ) -> Result<Vec<Finished<S>>, RunFailure> {
        let task = pin!(self.task(node, state));
        // What is done is taken, even when the run is cancelled in the same moment.
        tokio::select! {
            biased;
            result = task => Ok(vec![result?]),
            () = self.run.cancellation.cancelled() => Err(self.cancelled()),
        }
    }

    async fn run_all(
        &self,
        nodes: &[Task<S>],
        state: &Arc<S>,
        limit: Option<NonZeroUsize>,
    ) -> Result<Vec<Finished<S>>, RunFailure> {
        let limit = limit.map_or(nodes.len(), NonZeroUsize::get);
        let mut waiting = nodes.iter().map(|node| self.task(node, state));
        let mut running: FuturesUnordered<_> = waiting.by_ref().take(limit).collect();
        let mut finished = Vec::with_capacity(nodes.len());
        let mut cancelled = pin!(self.run.cancellation.cancelled());
        loop {
            tokio::select! {
                biased;
                ended = running.next() => match ended {
                    Some(Ok(task)) => finished.push(task),
                    Some(Err(failure)) => {
                        // Those that have failed by now are told of as well; the rest is dropped.
                        let RunFailure::Nodes(first) = failure else { return Err(failure) };
                        let mut failures: Vec<NodeFailure> = first.into_iter().collect();
                        while let Some(Some(ended)) = running.next().now_or_never() {
                            if let Err(RunFailure::Nodes(more)) = ended {
                                failures.extend(more);
                            }
                        }
                        let first = failures.swap_remove(0);
                        return Err(NodeFailures::new(first, failures).into());
                    }
                    None => return Ok(finished),
                },
                () = &mut cancelled => return Err(self.cancelled()),
            }
            // Nodes that end at once could otherwise keep the select above from seeing it.
            if self.run.cancellation.is_cancelled() && finished.len() < nodes.len() {
                return Err(self.cancelled());
            }
            running.extend(waiting.next());
        }
    }

    /// One node run, whose errors and panics are its result.
    async fn task(&self, task: &Task<S>, state: &Arc<S>) -> Result<Finished<S>, RunFailure> {
        let id = task.id(self.graph);
        let context = NodeContext::new(id.clone(), Arc::clone(self.run));
        // The call is inside, since a node may panic before it gives its future.
        let input = Arc::clone(task.input().unwrap_or(state));
        let run = async { self.graph.node(task.node()).run(input, context).await };
        let result = match AssertUnwindSafe(run).catch_unwind().await {
            Ok(Ok(command)) => Ok(command),
            Ok(Err(error)) => Err(NodeFailure::Failed {
                node: id.node().clone(),
                superstep: self.number,
                source: error.into_inner(),
            }),
            Err(payload) => Err(NodeFailure::Panicked {
                node: id.node().clone(),
                superstep: self.number,
                message: PanicMessage::from(payload).into_text(),
            }),
        };
        if let Some(observer) = self.observer {
            observer.task_finished(&id, result.as_ref().map(|_| ()));
        }
        match result {
            Ok(command) => finish(self.graph, state, task, command).await,
            Err(failure) => Err(NodeFailures::new(failure, Vec::new()).into()),
        }
    }

    const fn cancelled(&self) -> RunFailure {
        RunFailure::Cancelled { superstep: self.number }
    }
}

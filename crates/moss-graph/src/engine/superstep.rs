//! Running the tasks of one superstep, together.

use std::any::Any;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures::future::OptionFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use super::task::{Bench, Job, Storing, TaskEnd};
use crate::checkpoint::TaskKey;
use crate::error::{NodeFailure, NodeFailures, RunFailure};
use crate::scheduler::Finished;
use crate::{Interrupt, NodeName, State};

/// What the tasks of a superstep came to.
pub(super) struct Ended<S: State> {
    pub(super) finished: Vec<Finished<S>>,
    pub(super) asked: Vec<(TaskKey, Vec<Interrupt>)>,
    pub(super) drained: bool,
    pub(super) parent: Option<(NodeName, Arc<dyn Any + Send + Sync>)>,
}

impl<S: State> Ended<S> {
    pub(super) fn new(tasks: usize) -> Self {
        Self {
            finished: Vec::with_capacity(tasks),
            asked: Vec::new(),
            drained: false,
            parent: None,
        }
    }

    pub(super) fn add(&mut self, end: TaskEnd<S>) {
        match end {
            TaskEnd::Finished(task) => self.finished.push(task),
            TaskEnd::Interrupted { key, interrupts } => self.asked.push((key, interrupts)),
            TaskEnd::Drained => self.drained = true,
            TaskEnd::Parent { node, command } => self.parent = Some((node, command)),
        }
    }

    fn len(&self) -> usize {
        self.finished.len() + self.asked.len() + usize::from(self.drained)
    }
}

impl<S: State> Bench<'_, S> {
    /// Runs tasks to their end, at most `limit` at a time. At the first failure, or when the run is cancelled, those
    /// that still run are dropped; a task that asks stops none of the others.
    pub(super) async fn run_together(
        &self,
        superstep: u64,
        mut jobs: Vec<Job<S>>,
        limit: Option<NonZeroUsize>,
    ) -> Result<Ended<S>, RunFailure> {
        if let [_] = jobs.as_slice()
            && let Some(job) = jobs.pop()
        {
            return self.run_one(superstep, job).await;
        }
        let mut storing = None;
        let ended = self.run_all(superstep, jobs, limit, &mut storing).await;
        // Whatever became of the others, what has finished is stored, and before anything that comes behind it.
        let stored = match storing {
            Some(storing) => storing.await,
            None => Ok(()),
        };
        let ended = ended?;
        stored?;
        Ok(ended)
    }

    /// Runs several tasks. What is being stored of them when this ends is left in `storing`.
    async fn run_all<'b>(
        &'b self,
        superstep: u64,
        jobs: Vec<Job<S>>,
        limit: Option<NonZeroUsize>,
        storing: &mut Option<Storing<'b>>,
    ) -> Result<Ended<S>, RunFailure> {
        let total = jobs.len();
        let limit = limit.map_or(total, NonZeroUsize::get);
        let mut waiting = jobs.into_iter().map(|job| self.run(job));
        let mut running: FuturesUnordered<_> = waiting.by_ref().take(limit).collect();
        let mut ended = Ended::new(total);
        let mut cancelled = pin!(self.run.cancellation.cancelled());
        loop {
            let end = match futures::poll!(running.next()) {
                Poll::Ready(end) => end,
                Poll::Pending => {
                    // Some have to be waited for: what the others have come to is stored meanwhile.
                    if storing.is_none() {
                        *storing = self.storing();
                    }
                    tokio::select! {
                        biased;
                        end = running.next() => end,
                        Some(stored) = OptionFuture::from(storing.as_mut()) => {
                            *storing = None;
                            stored?;
                            continue;
                        }
                        () = &mut cancelled => return Err(RunFailure::Cancelled { superstep }),
                    }
                }
            };
            match end {
                Some(Ok(task)) => ended.add(task),
                Some(Err(RunFailure::Nodes(failures))) => {
                    // Those that have failed by now are told of as well; the rest is dropped.
                    let mut failures: Vec<NodeFailure> = failures.into_iter().collect();
                    while let Some(Some(end)) = running.next().now_or_never() {
                        if let Err(RunFailure::Nodes(more)) = end {
                            failures.extend(more);
                        }
                    }
                    let first = failures.swap_remove(0);
                    return Err(NodeFailures::new(first, failures).into());
                }
                Some(Err(failure)) => return Err(failure),
                None => return Ok(ended),
            }
            // A command to the graph around this one ends this one's run at once.
            if ended.parent.is_some() {
                return Ok(ended);
            }
            // Nodes that end at once could otherwise keep the select above from seeing it.
            if self.run.cancellation.is_cancelled() && ended.len() < total {
                return Err(RunFailure::Cancelled { superstep });
            }
            running.extend(waiting.next());
        }
    }

    async fn run_one(&self, superstep: u64, job: Job<S>) -> Result<Ended<S>, RunFailure> {
        let task = pin!(self.run(job));
        let mut ended = Ended::new(1);
        // What is done is taken, even when the run is cancelled in the same moment.
        tokio::select! {
            biased;
            end = task => ended.add(end?),
            () = self.run.cancellation.cancelled() => {
                return Err(RunFailure::Cancelled { superstep });
            }
        }
        Ok(ended)
    }
}

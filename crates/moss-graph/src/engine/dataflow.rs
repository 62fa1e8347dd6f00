//! Running without a barrier: each task begins as soon as what leads to it is through, and is committed as it ends.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::task::coop::consume_budget;

use super::session::{Halt, Session};
use super::task::{Bench, Job, TaskEnd};
use crate::error::RunFailure;
use crate::scheduler::{Plan, Task, plan};
use crate::{NodeName, State};

impl<S: State> Bench<'_, S> {
    /// Runs a task, which is a step of its own here, in the time that a step may take.
    async fn run_within(
        &self,
        job: Job<S>,
        limit: Option<Duration>,
    ) -> Result<TaskEnd<S>, RunFailure> {
        let Some(limit) = limit else { return self.run(job).await };
        let id = job.task.id(&self.engine.graph);
        match tokio::time::timeout(limit, self.run(job)).await {
            Ok(end) => end,
            Err(_) => {
                let (node, superstep) = (id.node().clone(), id.superstep());
                Err(RunFailure::TaskTimeout { node, superstep, limit })
            }
        }
    }
}

impl<S: State> Session<'_, S> {
    pub(super) async fn dataflow(&mut self) -> Result<Halt, RunFailure> {
        let engine = self.bench.engine;
        // The futures of tasks hold this one, so that the session can go on beside them.
        let bench = Bench {
            engine,
            run: Arc::clone(&self.bench.run),
            observer: self.bench.observer.clone(),
            recursion_limit: self.bench.recursion_limit,
        };
        let limit = self.limits.concurrency.map_or(usize::MAX, NonZeroUsize::get);
        let run = Arc::clone(&bench.run);
        let mut cancelled = pin!(run.cancellation.cancelled());
        let mut running = FuturesUnordered::new();
        let mut begun = HashSet::new();
        let mut asked = Vec::new();
        let mut after: Vec<NodeName> = Vec::new();
        let mut drained = false;
        loop {
            consume_budget().await;
            let superstep = self.progress.superstep() + 1;
            if run.cancellation.is_cancelled() {
                return Err(RunFailure::Cancelled { superstep });
            }
            let tasks = match plan(&engine.graph, &self.progress, self.limits.recursion)? {
                Plan::Run(tasks) => tasks,
                Plan::Done => return Ok(Halt::Done),
            };
            drained |= run.drain.is_requested();
            let mut held = Vec::new();
            if after.is_empty() && !drained {
                for task in tasks {
                    if begun.contains(&task.place()) {
                        continue;
                    }
                    if running.len() >= limit {
                        break;
                    }
                    if self.is_held(task) {
                        held.push(task.node());
                        continue;
                    }
                    // Only what it leaves beside its output must be kept: the output is committed as it ends.
                    begun.insert(task.place());
                    if let Some(observer) = &bench.observer {
                        observer.superstep_started(superstep, &[task.id(&engine.graph)]);
                    }
                    running.push(bench.run_within(self.job(task, false), self.limits.step_timeout));
                }
            }
            if running.is_empty() {
                if !asked.is_empty() {
                    return Ok(Halt::Interrupted(asked));
                }
                if !after.is_empty() {
                    return Ok(Halt::After(after));
                }
                if drained {
                    return Ok(Halt::Drained);
                }
                return Ok(Halt::Before(self.among(&self.stops.before, held.into_iter())));
            }
            let end = tokio::select! {
                biased;
                end = running.next() => end,
                () = &mut cancelled => return Err(RunFailure::Cancelled { superstep }),
            };
            match end {
                None => {}
                Some(Ok(TaskEnd::Finished(finished))) => {
                    let place = finished.place();
                    let nodes = std::iter::once(place.node());
                    after.extend(self.among(&self.stops.after, nodes));
                    begun.remove(&place);
                    let wrote = self.tells_of(std::slice::from_ref(&finished))?;
                    let finished = vec![finished];
                    self.mark(&finished);
                    if let Some(waiting) = self.commit(finished)? {
                        self.commit_later(waiting).await?;
                    }
                    self.committed(wrote).await?;
                    if self.progress.next().is_empty() {
                        after.clear();
                    }
                }
                Some(Ok(TaskEnd::Interrupted { key, interrupts })) => {
                    asked.extend(self.note_questions(vec![(key, interrupts)]).await?);
                }
                Some(Ok(TaskEnd::Drained)) => drained = true,
                Some(Ok(TaskEnd::Parent { node, command })) => {
                    return Ok(Halt::Parent { node, command });
                }
                Some(Err(failure)) => return Err(failure),
            }
        }
    }

    /// Whether a task waits for somebody to look at the run first. One that was planned before the run was stopped
    /// has been looked at.
    fn is_held(&self, task: &Task<S>) -> bool {
        let looked_at = self.resumed && task.superstep() <= self.began_at();
        !looked_at && self.stops.before.contains(&task.node())
    }
}

//! What finished tasks make of the state and of where the run stands.

use std::collections::HashMap;
use std::sync::Arc;

use super::progress::Progress;
use super::successors::Successors;
use super::task::{Finished, Target, TaskPlace};
use crate::error::RunFailure;
use crate::graph::{CompiledGraph, Execution, NodeIndex};
use crate::node::Onward;
use crate::state::{ApplyFuture, Applying, ReduceError, State};

/// Commits a superstep: applies what its tasks wrote, nodes in the order of their names and then what was sent, and
/// works out what runs next. `finished` holds every planned task once, in any order; in
/// [`Execution::Dataflow`] it holds any of them.
///
/// The state is changed in place where nobody else holds it, and only a superstep with conditional edges, or a
/// state that is held elsewhere, makes a copy (see [`State`]). It waits for reducers that take time; dropped before
/// they are through, it has changed nothing.
///
/// # Errors
/// [`RunFailure::ConcurrentUpdate`], [`RunFailure::Reducer`], [`RunFailure::UnplannedTasks`]. State and progress are
/// then as they were.
pub async fn commit<S: State>(
    graph: &CompiledGraph<S>,
    progress: &mut Progress<S>,
    state: &mut Arc<S>,
    finished: Vec<Finished<S>>,
) -> Result<(), RunFailure> {
    match begin_commit(graph, progress, state, finished)? {
        None => Ok(()),
        Some(waiting) => waiting.commit(graph, progress, state).await,
    }
}

/// Commits as [`commit`] does, or gives what has to be waited for first. It costs nothing where nothing has to be.
pub(crate) fn begin_commit<S: State>(
    graph: &CompiledGraph<S>,
    progress: &mut Progress<S>,
    state: &mut Arc<S>,
    finished: Vec<Finished<S>>,
) -> Result<Option<Box<Waiting<S>>>, RunFailure> {
    begin(graph, progress, state, finished, Writers::Tasks)
}

/// Applies updates from outside as if a node had written them, and goes on behind that node and nowhere else. As
/// LangGraph's `updateState` does.
pub(crate) async fn commit_as<S: State>(
    graph: &CompiledGraph<S>,
    progress: &mut Progress<S>,
    state: &mut Arc<S>,
    finished: Vec<Finished<S>>,
) -> Result<(), RunFailure> {
    match begin(graph, progress, state, finished, Writers::Outside)? {
        None => Ok(()),
        Some(waiting) => waiting.commit(graph, progress, state).await,
    }
}

/// Who wrote what is committed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writers {
    /// Tasks that were planned.
    Tasks,
    /// Somebody in the place of nodes.
    Outside,
}

/// A commit whose reducers take time.
pub(crate) struct Waiting<S: State> {
    next: Next<S>,
    applied: ApplyFuture<S>,
    /// By update.
    writers: Vec<NodeIndex>,
}

impl<S: State> Waiting<S> {
    /// Waits for the reducers, and commits.
    pub(crate) async fn commit(
        self,
        graph: &CompiledGraph<S>,
        progress: &mut Progress<S>,
        state: &mut Arc<S>,
    ) -> Result<(), RunFailure> {
        let Self { next, applied, writers } = self;
        let step = Step { graph, superstep: next.superstep };
        *state = Arc::new(applied.await.map_err(|source| step.refused(&writers, source))?);
        next.settle(graph, progress);
        Ok(())
    }
}

/// What a commit leads to.
struct Next<S> {
    superstep: u64,
    by: Writers,
    /// In order.
    ran: Vec<TaskPlace>,
    /// Those of them that joins hear of.
    arrived: Vec<TaskPlace>,
    targets: Successors<S>,
}

impl<S: State> Next<S> {
    /// Moves on to the next tasks. Nothing of it can fail.
    fn settle(self, graph: &CompiledGraph<S>, progress: &mut Progress<S>) {
        progress.superstep = self.superstep;
        progress.ran = self.nodes();
        match (self.by, graph.execution()) {
            (Writers::Tasks, Execution::Supersteps) => progress.next.clear(),
            (Writers::Tasks, Execution::Dataflow) => {
                progress.next.retain(|task| !self.ran.contains(&task.place));
            }
            (Writers::Outside, Execution::Supersteps | Execution::Dataflow) => {
                progress.next.clear();
                progress.deferred.clear();
            }
        }
        progress.arrive(graph, &self.arrived);
        progress.go_on(graph, self.targets);
    }

    /// The nodes that ran: sorted, each once.
    fn nodes(&self) -> Vec<NodeIndex> {
        let mut nodes: Vec<_> = self.ran.iter().map(|place| place.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

fn begin<S: State>(
    graph: &CompiledGraph<S>,
    progress: &mut Progress<S>,
    state: &mut Arc<S>,
    mut finished: Vec<Finished<S>>,
    by: Writers,
) -> Result<Option<Box<Waiting<S>>>, RunFailure> {
    let superstep = progress.superstep + 1;
    finished.sort_unstable_by_key(|task| task.place);
    let ran: Vec<TaskPlace> = finished.iter().map(|task| task.place).collect();
    if by == Writers::Tasks && !are_planned(graph, progress, &ran) {
        return Err(RunFailure::UnplannedTasks { superstep });
    }
    let step = Step { graph, superstep };
    step.refuse_two_writers(state, &finished)?;
    let Written { targets, updates, writers, seen, arrived } = step.gather(finished);
    let next = Next { superstep, by, ran, arrived, targets };
    match seen {
        Some(fresh) => *state = fresh,
        None => match state.apply_later(updates) {
            Applying::AtOnce(updates) => {
                let applied = Arc::make_mut(state).apply(updates);
                applied.map_err(|source| step.refused(&writers, source))?;
            }
            Applying::Later(applied) => {
                return Ok(Some(Box::new(Waiting { next, applied, writers })));
            }
        },
    }
    next.settle(graph, progress);
    Ok(None)
}

/// Whether sorted tasks are those that are waited for.
fn are_planned<S: State>(
    graph: &CompiledGraph<S>,
    progress: &Progress<S>,
    ran: &[TaskPlace],
) -> bool {
    match graph.execution() {
        Execution::Supersteps => ran.iter().eq(progress.next.iter().map(|task| &task.place)),
        Execution::Dataflow => {
            let planned = |place: &TaskPlace| progress.next.iter().any(|task| task.place == *place);
            !ran.is_empty()
                && ran.iter().all(planned)
                && ran.windows(2).all(|pair| pair[0] < pair[1])
        }
    }
}

/// What tasks wrote, and where they lead.
struct Written<S: State> {
    targets: Successors<S>,
    updates: Vec<S::Update>,
    /// By update.
    writers: Vec<NodeIndex>,
    /// The state with the updates, where a router has seen just that.
    seen: Option<Arc<S>>,
    /// The tasks that joins behind them hear of.
    arrived: Vec<TaskPlace>,
}

struct Step<'g, S: State> {
    graph: &'g CompiledGraph<S>,
    superstep: u64,
}

impl<S: State> Step<'_, S> {
    fn refuse_two_writers(&self, state: &S, finished: &[Finished<S>]) -> Result<(), RunFailure> {
        if finished.iter().map(|task| task.updates.len()).sum::<usize>() < 2 {
            return Ok(());
        }
        let mut writers: HashMap<&str, NodeIndex> = HashMap::new();
        let mut conflict = None;
        for task in finished {
            for update in &task.updates {
                state.visit_last_values(update, &mut |field| {
                    if let Some(first) = writers.insert(field, task.place.node) {
                        conflict.get_or_insert((field, first, task.place.node));
                    }
                });
            }
        }
        match conflict {
            None => Ok(()),
            Some((field, first, second)) => Err(RunFailure::ConcurrentUpdate {
                field: field.to_owned(),
                first: self.graph.node_name(first).clone(),
                second: self.graph.node_name(second).clone(),
                superstep: self.superstep,
            }),
        }
    }

    fn gather(&self, finished: Vec<Finished<S>>) -> Written<S> {
        // What the router of the only task saw is what is committed.
        let alone = finished.len() == 1 && self.graph.execution() == Execution::Supersteps;
        let mut written = Written {
            targets: Successors::default(),
            updates: Vec::with_capacity(finished.len()),
            writers: Vec::with_capacity(finished.len()),
            seen: None,
            arrived: Vec::with_capacity(finished.len()),
        };
        for task in finished {
            let node = task.place.node;
            let depth = task.place.depth + 1;
            match task.onward {
                Onward::Edges => {
                    let edges = &self.graph.outgoing(node).edges;
                    written.targets.add(depth, edges.iter().map(|edge| Target::node(*edge)));
                    written.arrived.push(task.place);
                }
                Onward::Nowhere => {}
            }
            written.targets.add(depth, task.targets);
            written.writers.extend(task.updates.iter().map(|_| node));
            written.updates.extend(task.updates);
            written.seen = task.fresh.filter(|_| alone);
        }
        written
    }

    fn refused(&self, writers: &[NodeIndex], source: ReduceError) -> RunFailure {
        let place = source.update.min(writers.len().saturating_sub(1));
        RunFailure::Reducer {
            node: self.graph.node_name(writers[place]).clone(),
            superstep: self.superstep,
            source,
        }
    }
}

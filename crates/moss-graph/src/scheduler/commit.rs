//! What finished tasks make of the state and of where the run stands.

use std::collections::HashMap;
use std::sync::Arc;

use super::progress::Progress;
use super::task::{Finished, Target, Task, TaskPlace};
use crate::error::RunFailure;
use crate::graph::{CompiledGraph, Execution, JoinMode, NodeIndex};
use crate::state::{State, apply};

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
    let superstep = progress.superstep + 1;
    let next = successors(graph, superstep, state, finished, |ran| match graph.execution() {
        Execution::Supersteps => ran.iter().eq(progress.next.iter().map(|task| &task.place)),
        Execution::Dataflow => {
            let planned = |place: &TaskPlace| progress.next.iter().any(|task| task.place == *place);
            !ran.is_empty()
                && ran.iter().all(planned)
                && ran.windows(2).all(|pair| pair[0] < pair[1])
        }
    })
    .await?;

    // From here on nothing can fail.
    progress.superstep = superstep;
    progress.ran = next.nodes();
    match graph.execution() {
        Execution::Supersteps => progress.next.clear(),
        Execution::Dataflow => progress.next.retain(|task| !next.ran.contains(&task.place)),
    }
    progress.arrive(graph);
    progress.go_on(graph, next.targets);
    Ok(())
}

/// Applies updates from outside as if a node had written them, and goes on behind that node and nowhere else. As
/// LangGraph's `updateState` does.
pub(crate) async fn commit_as<S: State>(
    graph: &CompiledGraph<S>,
    progress: &mut Progress<S>,
    state: &mut Arc<S>,
    finished: Vec<Finished<S>>,
) -> Result<(), RunFailure> {
    let superstep = progress.superstep + 1;
    let next = successors(graph, superstep, state, finished, |_| true).await?;
    progress.superstep = superstep;
    progress.next.clear();
    progress.deferred.clear();
    progress.ran = next.nodes();
    progress.arrive(graph);
    progress.go_on(graph, next.targets);
    Ok(())
}

/// What a commit leads to.
struct Next<S> {
    /// In order.
    ran: Vec<TaskPlace>,
    targets: Successors<S>,
}

impl<S> Next<S> {
    /// The nodes that ran: sorted, each once.
    fn nodes(&self) -> Vec<NodeIndex> {
        let mut nodes: Vec<_> = self.ran.iter().map(|place| place.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

async fn successors<S: State>(
    graph: &CompiledGraph<S>,
    superstep: u64,
    state: &mut Arc<S>,
    mut finished: Vec<Finished<S>>,
    is_planned: impl FnOnce(&[TaskPlace]) -> bool,
) -> Result<Next<S>, RunFailure> {
    finished.sort_unstable_by_key(|task| task.place);
    let ran: Vec<TaskPlace> = finished.iter().map(|task| task.place).collect();
    if !is_planned(&ran) {
        return Err(RunFailure::UnplannedTasks { superstep });
    }
    let step = Step { graph, superstep };
    step.refuse_two_writers(state, &finished)?;
    let targets = step.reduce(state, finished).await?;
    Ok(Next { ran, targets })
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

    /// Applies the updates and tells where the tasks lead.
    async fn reduce(
        &self,
        state: &mut Arc<S>,
        finished: Vec<Finished<S>>,
    ) -> Result<Successors<S>, RunFailure> {
        let mut next = Successors::default();
        let alone = finished.len() == 1;
        let mut updates = Vec::with_capacity(finished.len());
        let mut writers = Vec::with_capacity(finished.len());
        let mut seen = None;
        for task in finished {
            let node = task.place.node;
            next.extend(self.graph.outgoing(node).edges.iter().map(|edge| Target::node(*edge)));
            next.extend(task.targets);
            writers.extend(task.updates.iter().map(|_| node));
            updates.extend(task.updates);
            seen = task.fresh;
        }
        match seen {
            // What the router of the only task saw is what is committed.
            Some(fresh) if alone && self.graph.execution() == Execution::Supersteps => {
                *state = fresh
            }
            Some(_) | None => {
                apply(state, updates).await.map_err(|source| {
                    let place = source.update.min(writers.len().saturating_sub(1));
                    RunFailure::Reducer {
                        node: self.graph.node_name(writers[place]).clone(),
                        superstep: self.superstep,
                        source,
                    }
                })?;
            }
        }
        Ok(next)
    }
}

/// Where finished tasks lead: nodes, each once, and what is sent, in order.
pub(super) struct Successors<S> {
    nodes: Vec<NodeIndex>,
    sent: Vec<Target<S>>,
}

impl<S> Default for Successors<S> {
    fn default() -> Self {
        Self { nodes: Vec::new(), sent: Vec::new() }
    }
}

impl<S> Extend<Target<S>> for Successors<S> {
    fn extend<I: IntoIterator<Item = Target<S>>>(&mut self, targets: I) {
        for target in targets {
            if target.input.is_some() {
                self.sent.push(target);
            } else {
                self.nodes.push(target.node);
            }
        }
    }
}

impl<S: State> Progress<S> {
    /// Tells the joins which nodes have run.
    fn arrive(&mut self, graph: &CompiledGraph<S>) {
        for node in &self.ran {
            for index in &graph.outgoing(*node).joins {
                self.waiting.entry(*index).or_default().insert(*node);
            }
        }
    }

    /// Lets go the joins that the last nodes completed, and puts all that comes next in its place.
    pub(super) fn go_on(&mut self, graph: &CompiledGraph<S>, successors: Successors<S>) {
        let Successors { mut nodes, sent } = successors;
        for node in &self.ran {
            for index in &graph.outgoing(*node).joins {
                let join = graph.join(*index);
                if self.waiting.get(index).is_some_and(|seen| seen.len() == join.sources.len()) {
                    self.waiting.remove(index);
                    nodes.push(join.target);
                }
            }
        }
        nodes.retain(|node| {
            let deferred = graph.is_deferred(*node);
            if deferred {
                self.deferred.insert(*node);
            }
            !deferred
        });
        if nodes.is_empty() && sent.is_empty() && self.next.is_empty() {
            self.release(graph, &mut nodes);
        }
        nodes.sort_unstable();
        nodes.dedup();
        let superstep = self.superstep + 1;
        let nodes = nodes.into_iter().map(|node| Task::new(superstep, Target::node(node), 0));
        let sent = (1..).zip(sent).map(|(number, target)| Task::new(superstep, target, number));
        self.next.extend(nodes.chain(sent));
    }

    /// Nothing else is left to run: joins go with the sources they have, and then deferred nodes run.
    fn release(&mut self, graph: &CompiledGraph<S>, nodes: &mut Vec<NodeIndex>) {
        let mut reached = Vec::new();
        self.waiting.retain(|index, _| {
            let join = graph.join(*index);
            let released = join.mode == JoinMode::Reached;
            if released {
                reached.push(join.target);
            }
            !released
        });
        for node in reached {
            if graph.is_deferred(node) {
                self.deferred.insert(node);
            } else {
                nodes.push(node);
            }
        }
        if nodes.is_empty() {
            nodes.extend(std::mem::take(&mut self.deferred));
        }
    }
}

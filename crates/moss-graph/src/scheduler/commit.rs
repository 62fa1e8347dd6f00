//! What a finished superstep makes of the state and of where the run stands.

use std::collections::HashMap;
use std::sync::Arc;

use super::progress::Progress;
use super::routes::add_routes;
use crate::error::RunFailure;
use crate::graph::{CompiledGraph, JoinMode, NodeIndex};
use crate::state::State;

/// A task that has run: which node, and what it wrote.
pub struct Finished<S: State> {
    /// The node.
    pub node: NodeIndex,
    /// What it wrote.
    pub update: S::Update,
}

/// Commits a superstep: applies what its tasks wrote, in the order of the nodes' names, and works out what runs
/// next. `finished` holds every planned task once, in any order.
///
/// The state is changed in place where nobody else holds it, and only a superstep with conditional edges, or a
/// state that is held elsewhere, makes a copy (see [`State`]).
///
/// # Errors
/// [`RunFailure::ConcurrentUpdate`], [`RunFailure::Reducer`], [`RunFailure::UndeclaredRouteTarget`],
/// [`RunFailure::RouterPanicked`], [`RunFailure::UnplannedTasks`]. State and progress are then as they were.
pub fn commit<S: State>(
    graph: &CompiledGraph<S>,
    progress: &mut Progress,
    state: &mut Arc<S>,
    mut finished: Vec<Finished<S>>,
) -> Result<(), RunFailure> {
    let superstep = progress.superstep + 1;
    finished.sort_unstable_by_key(|task| task.node);
    if !finished.iter().map(|task| &task.node).eq(&progress.next) {
        return Err(RunFailure::UnplannedTasks { superstep });
    }
    let step = Step { graph, superstep };
    step.refuse_two_writers(state, &finished)?;
    let next = step.reduce(state, finished)?;

    // From here on nothing can fail.
    let ran = std::mem::replace(&mut progress.next, next);
    progress.superstep = superstep;
    progress.arrive(graph, &ran);
    progress.next.sort_unstable();
    progress.next.dedup();
    Ok(())
}

struct Step<'g, S: State> {
    graph: &'g CompiledGraph<S>,
    superstep: u64,
}

impl<S: State> Step<'_, S> {
    fn refuse_two_writers(&self, state: &S, finished: &[Finished<S>]) -> Result<(), RunFailure> {
        if finished.len() < 2 {
            return Ok(());
        }
        let mut writers: HashMap<&str, NodeIndex> = HashMap::new();
        let mut conflict = None;
        for task in finished {
            state.visit_last_values(&task.update, &mut |field| {
                if let Some(first) = writers.insert(field, task.node) {
                    conflict.get_or_insert((field, first, task.node));
                }
            });
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

    /// Applies the updates and tells which nodes the edges and routers lead to.
    fn reduce(
        &self,
        state: &mut Arc<S>,
        finished: Vec<Finished<S>>,
    ) -> Result<Vec<NodeIndex>, RunFailure> {
        let mut next = Vec::new();
        for task in &finished {
            next.extend(&self.graph.outgoing(task.node).edges);
        }
        let (nodes, updates): (Vec<_>, Vec<_>) =
            finished.into_iter().map(|task| (task.node, task.update)).unzip();

        if let [node] = *nodes
            && self.has_routers(node)
        {
            // What the router of the only task sees is what is committed.
            let mut fresh = S::clone(state);
            self.apply(&mut fresh, &nodes, updates)?;
            self.add_routes(node, &fresh, &mut next)?;
            *state = Arc::new(fresh);
            return Ok(next);
        }
        for (node, update) in nodes.iter().zip(&updates) {
            if self.has_routers(*node) {
                let mut fresh = S::clone(state);
                self.apply(&mut fresh, &[*node], vec![update.clone()])?;
                self.add_routes(*node, &fresh, &mut next)?;
            }
        }
        self.apply(Arc::make_mut(state), &nodes, updates)?;
        Ok(next)
    }

    fn has_routers(&self, node: NodeIndex) -> bool {
        !self.graph.outgoing(node).conditional_edges.is_empty()
    }

    fn add_routes(
        &self,
        node: NodeIndex,
        fresh: &S,
        next: &mut Vec<NodeIndex>,
    ) -> Result<(), RunFailure> {
        let name = self.graph.node_name(node).as_str();
        add_routes(self.graph, self.graph.outgoing(node), name, self.superstep, fresh, next)
    }

    fn apply(
        &self,
        state: &mut S,
        nodes: &[NodeIndex],
        updates: Vec<S::Update>,
    ) -> Result<(), RunFailure> {
        state.apply(updates).map_err(|source| RunFailure::Reducer {
            node: self.graph.node_name(nodes[source.update.min(nodes.len() - 1)]).clone(),
            superstep: self.superstep,
            source,
        })
    }
}

impl Progress {
    /// Tells the joins that these nodes have run, and lets go those that are complete.
    fn arrive<S: State>(&mut self, graph: &CompiledGraph<S>, ran: &[NodeIndex]) {
        for node in ran {
            for index in &graph.outgoing(*node).joins {
                self.waiting.entry(*index).or_default().insert(*node);
            }
        }
        for node in ran {
            for index in &graph.outgoing(*node).joins {
                let join = graph.join(*index);
                if self.waiting.get(index).is_some_and(|seen| seen.len() == join.sources.len()) {
                    self.waiting.remove(index);
                    self.next.push(join.target);
                }
            }
        }
        if self.next.is_empty() {
            let next = &mut self.next;
            self.waiting.retain(|index, _| {
                let join = graph.join(*index);
                let reached = join.mode == JoinMode::Reached;
                if reached {
                    next.push(join.target);
                }
                !reached
            });
        }
    }
}

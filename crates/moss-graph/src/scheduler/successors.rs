//! Where finished tasks lead.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;

use super::progress::Progress;
use super::task::{Target, Task, TaskPlace};
use crate::graph::{CompiledGraph, Execution, JoinMode, NodeIndex};
use crate::state::State;

/// Where finished tasks lead: nodes, and what is sent, in order; each with its depth.
pub(super) struct Successors<S> {
    nodes: Vec<(NodeIndex, u64)>,
    sent: Vec<(Target<S>, u64)>,
}

impl<S> Default for Successors<S> {
    fn default() -> Self {
        Self { nodes: Vec::new(), sent: Vec::new() }
    }
}

impl<S> Successors<S> {
    /// Adds where one task leads, or the beginning of a run.
    pub(super) fn add(&mut self, depth: u64, targets: impl IntoIterator<Item = Target<S>>) {
        for target in targets {
            if target.input.is_some() {
                self.sent.push((target, depth));
            } else {
                self.nodes.push((target.node, depth));
            }
        }
    }
}

impl<S: State> Progress<S> {
    /// Tells the joins which tasks have run.
    pub(super) fn arrive(&mut self, graph: &CompiledGraph<S>, ran: &[TaskPlace]) {
        for place in ran {
            for index in &graph.outgoing(place.node).joins {
                let arrived = self.waiting.entry(*index).or_default();
                arrived.sources.insert(place.node);
                arrived.depth = arrived.depth.max(place.depth);
            }
        }
    }

    /// Lets go the joins that the last nodes completed, and puts all that comes next in its place.
    pub(super) fn go_on(&mut self, graph: &CompiledGraph<S>, successors: Successors<S>) {
        let Successors { mut nodes, sent } = successors;
        for node in &self.ran {
            for index in &graph.outgoing(*node).joins {
                let join = graph.join(*index);
                if let Entry::Occupied(arrived) = self.waiting.entry(*index)
                    && arrived.get().sources.len() == join.sources.len()
                {
                    nodes.push((join.target, arrived.remove().depth + 1));
                }
            }
        }
        nodes.retain(|(node, depth)| {
            let deferred = graph.is_deferred(*node);
            if deferred {
                self.defer(*node, *depth);
            }
            !deferred
        });
        if nodes.is_empty() && sent.is_empty() && self.next.is_empty() {
            self.release(graph, &mut nodes);
        }
        // A node that several lead to is as deep as the deepest makes it.
        nodes.sort_unstable_by_key(|(node, depth)| (*node, Reverse(*depth)));
        nodes.dedup_by_key(|(node, _)| *node);
        let superstep = self.superstep + 1;
        let least = match graph.execution() {
            Execution::Supersteps => superstep.saturating_sub(self.began),
            Execution::Dataflow => 1,
        };
        let task = |target, number, depth: u64| {
            Task::new(superstep, target, number).at_depth(depth.max(least))
        };
        let nodes = nodes.into_iter().map(|(node, depth)| task(Target::node(node), 0, depth));
        let sent = (1..).zip(sent).map(|(number, (target, depth))| task(target, number, depth));
        self.next.extend(nodes.chain(sent));
    }

    fn defer(&mut self, node: NodeIndex, depth: u64) {
        let deepest = self.deferred.entry(node).or_default();
        *deepest = depth.max(*deepest);
    }

    /// Nothing else is left to run: joins go with the sources they have, and then deferred nodes run.
    fn release(&mut self, graph: &CompiledGraph<S>, nodes: &mut Vec<(NodeIndex, u64)>) {
        let mut reached = Vec::new();
        self.waiting.retain(|index, arrived| {
            let join = graph.join(*index);
            let released = join.mode == JoinMode::Reached;
            if released {
                reached.push((join.target, arrived.depth + 1));
            }
            !released
        });
        for (node, depth) in reached {
            if graph.is_deferred(node) {
                self.defer(node, depth);
            } else {
                nodes.push((node, depth));
            }
        }
        if nodes.is_empty() {
            nodes.extend(std::mem::take(&mut self.deferred));
        }
    }
}

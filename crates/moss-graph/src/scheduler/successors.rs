//! Where finished tasks lead.

use super::progress::Progress;
use super::task::{Target, Task};
use crate::graph::{CompiledGraph, JoinMode, NodeIndex};
use crate::state::State;

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
    pub(super) fn arrive(&mut self, graph: &CompiledGraph<S>) {
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

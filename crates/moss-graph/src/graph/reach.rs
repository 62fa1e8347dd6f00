//! Which nodes a run can come to.

use super::builder::JoinMode;
use super::compiled::{CompiledNode, Join, NodeIndex, Outgoing};
use crate::State;

/// The nodes that no way from `__start__` leads to, by index. A join is passable when all its sources can be
/// come to, or one of them for [`JoinMode::Reached`].
pub(super) fn unreachable<S: State>(
    start: &Outgoing<S>,
    nodes: &[CompiledNode<S>],
    joins: &[Join],
) -> Vec<NodeIndex> {
    let mut reached = vec![false; nodes.len()];
    let mut waits: Vec<usize> = joins
        .iter()
        .map(|join| match join.mode {
            JoinMode::All => join.sources.len(),
            JoinMode::Reached => 1,
        })
        .collect();
    let mut open = targets(start);
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut reached[node.0], true) {
            continue;
        }
        let outgoing = &nodes[node.0].outgoing;
        open.extend(targets(outgoing));
        open.extend(&nodes[node.0].ends.targets);
        for join in &outgoing.joins {
            waits[join.0] = waits[join.0].saturating_sub(1);
            if waits[join.0] == 0 {
                open.push(joins[join.0].target);
            }
        }
    }
    (0..nodes.len()).filter(|node| !reached[*node]).map(NodeIndex).collect()
}

fn targets<S: State>(outgoing: &Outgoing<S>) -> Vec<NodeIndex> {
    let routed = outgoing.conditional_edges.iter().flat_map(|edge| &edge.targets);
    outgoing.edges.iter().chain(routed).copied().collect()
}

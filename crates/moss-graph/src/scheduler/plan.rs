//! What runs next.

use std::collections::BTreeMap;

use super::progress::Progress;
use super::routes::add_routes;
use crate::error::RunFailure;
use crate::graph::{CompiledGraph, NodeIndex, START};
use crate::state::State;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan<'p> {
    /// Run these nodes, each once, on the state as it is; then [`commit`](super::commit()).
    Run(&'p [NodeIndex]),
    /// Nothing: the run is at its end.
    Done,
}

/// Begins a run: follows the edges out of `__start__`.
///
/// # Errors
/// [`RunFailure::UndeclaredRouteTarget`] and [`RunFailure::RouterPanicked`], of a router at `__start__`.
pub fn start<S: State>(graph: &CompiledGraph<S>, state: &S) -> Result<Progress, RunFailure> {
    let outgoing = graph.start();
    let mut next = outgoing.edges.clone();
    add_routes(graph, outgoing, START, 0, state, &mut next)?;
    next.sort_unstable();
    next.dedup();
    Ok(Progress { superstep: 0, next, waiting: BTreeMap::new() })
}

/// Tells which nodes run next.
///
/// A run may take `recursion_limit` supersteps in all. One that is at its end after just that many is done; one
/// that has more to run fails, after the same supersteps as LangGraph.js. (LangGraph counts the step that reads
/// the input, and so fails too when a run is at its end after just as many.)
///
/// # Errors
/// [`RunFailure::RecursionLimit`] when more is to run than may, and [`RunFailure::IncompleteJoin`] when nothing
/// is to run but a join of [`JoinMode::All`](crate::JoinMode::All) has seen only some of its sources.
pub fn plan<'p, S: State>(
    graph: &CompiledGraph<S>,
    progress: &'p Progress,
    recursion_limit: u64,
) -> Result<Plan<'p>, RunFailure> {
    if !progress.next.is_empty() {
        if progress.superstep >= recursion_limit {
            return Err(RunFailure::RecursionLimit { limit: recursion_limit });
        }
        return Ok(Plan::Run(&progress.next));
    }
    // Joins of `JoinMode::Reached` are never left waiting: the commit that left nothing else to run let them go.
    let Some((join, seen)) = progress.waiting.first_key_value() else {
        return Ok(Plan::Done);
    };
    let join = graph.join(*join);
    let name = |index: &NodeIndex| graph.node_name(*index).clone();
    Err(RunFailure::IncompleteJoin {
        target: name(&join.target),
        seen: seen.iter().map(name).collect(),
        missing: join.sources.difference(seen).map(name).collect(),
        superstep: progress.superstep,
    })
}

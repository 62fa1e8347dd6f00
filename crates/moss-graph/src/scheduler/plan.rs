//! What runs next.

use std::sync::Arc;

use super::progress::Progress;
use super::routes::From;
use super::successors::Successors;
use super::task::{Target, Task};
use crate::error::RunFailure;
use crate::graph::{CompiledGraph, NodeIndex, START};
use crate::node::Goto;
use crate::state::State;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plan<'p, S> {
    /// Run these tasks on the state as it is; then [`commit`](super::commit()).
    Run(&'p [Task<S>]),
    /// Nothing: the run is at its end.
    Done,
}

/// Begins a run: follows the edges out of `__start__`.
///
/// # Errors
/// [`RunFailure::UndeclaredRouteTarget`], [`RunFailure::RouterPanicked`] and [`RunFailure::RouterFailed`], of a
/// router at `__start__`.
pub async fn start<S: State>(
    graph: &CompiledGraph<S>,
    state: &Arc<S>,
) -> Result<Progress<S>, RunFailure> {
    start_behind(graph, state, 0).await
}

/// Begins a run on a thread whose last superstep was this one.
pub(crate) async fn start_behind<S: State>(
    graph: &CompiledGraph<S>,
    state: &Arc<S>,
    superstep: u64,
) -> Result<Progress<S>, RunFailure> {
    let outgoing = graph.start();
    let mut next = Successors::default();
    next.add(1, outgoing.edges.iter().map(|node| Target::node(*node)));
    if !outgoing.conditional_edges.is_empty() {
        let mut targets = Vec::new();
        From { node: START, superstep }.ask(graph, outgoing, state, &mut targets).await?;
        next.add(1, targets);
    }
    let mut progress = Progress::new(superstep);
    progress.go_on(graph, next);
    Ok(progress)
}

/// Begins a run at other places than the thread stands at, beside those: a command given as a graph's input.
pub(crate) fn go_to<S: State>(
    graph: &CompiledGraph<S>,
    progress: &mut Progress<S>,
    goto: &[Goto<S>],
) -> Result<(), RunFailure> {
    let all: Vec<NodeIndex> =
        graph.node_names().filter_map(|name| graph.node_index(name.as_str())).collect();
    let mut targets = Vec::new();
    let from = From { node: START, superstep: progress.superstep };
    from.resolve(graph, goto, (&all, true), &mut targets)?;
    let mut next = Successors::default();
    next.add(1, std::mem::take(&mut progress.next).into_iter().map(Task::into_target));
    next.add(1, targets);
    progress.go_on(graph, next);
    Ok(())
}

/// Tells which tasks run next.
///
/// A run may take `recursion_limit` supersteps in all; in [`Execution::Dataflow`](crate::Execution::Dataflow), so many
/// tasks may follow each other. One that is at its end after just that many is done; one that has more to run fails,
/// after the same supersteps as LangGraph.js. (LangGraph counts the step that reads the input, and so fails too when
/// a run is at its end after just as many.)
///
/// # Errors
/// [`RunFailure::RecursionLimit`] when more is to run than may, and [`RunFailure::IncompleteJoin`] when nothing
/// is to run but a join of [`JoinMode::All`](crate::JoinMode::All) has seen only some of its sources.
pub fn plan<'p, S: State>(
    graph: &CompiledGraph<S>,
    progress: &'p Progress<S>,
    recursion_limit: u64,
) -> Result<Plan<'p, S>, RunFailure> {
    if !progress.next.is_empty() {
        if progress.next.iter().any(|task| task.depth() > recursion_limit) {
            return Err(RunFailure::RecursionLimit { limit: recursion_limit });
        }
        return Ok(Plan::Run(&progress.next));
    }
    // Joins of `JoinMode::Reached` are never left waiting: the commit that left nothing else to run let them go.
    let Some((join, seen)) = progress.waiting().next() else {
        return Ok(Plan::Done);
    };
    let join = graph.join(join);
    let name = |index: &NodeIndex| graph.node_name(*index).clone();
    Err(RunFailure::IncompleteJoin {
        target: name(&join.target),
        seen: seen.iter().map(name).collect(),
        missing: join.sources.difference(seen).map(name).collect(),
        superstep: progress.superstep,
    })
}

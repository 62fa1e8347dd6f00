//! Asking routers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::RunFailure;
use crate::graph::{CompiledGraph, END, NodeIndex, Outgoing};
use crate::panic::PanicMessage;
use crate::state::State;

/// Adds where the conditional edges of a source lead, as their routers see the state.
pub(super) fn add_routes<S: State>(
    graph: &CompiledGraph<S>,
    outgoing: &Outgoing<S>,
    source: &str,
    superstep: u64,
    state: &S,
    next: &mut Vec<NodeIndex>,
) -> Result<(), RunFailure> {
    for edge in &outgoing.conditional_edges {
        let route = catch_unwind(AssertUnwindSafe(|| (edge.router)(state))).map_err(|payload| {
            RunFailure::RouterPanicked {
                node: source.to_owned(),
                superstep,
                message: PanicMessage::from(payload).into_text(),
            }
        })?;
        for target in route.targets() {
            if edge.may_end && target == END {
                continue;
            }
            let Some(target) = graph.find(target, &edge.targets) else {
                return Err(RunFailure::UndeclaredRouteTarget {
                    node: source.to_owned(),
                    target: target.clone().into_owned(),
                    declared: graph.declared(edge),
                    superstep,
                });
            };
            next.push(target);
        }
    }
    Ok(())
}

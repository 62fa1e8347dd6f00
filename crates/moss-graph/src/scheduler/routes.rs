//! Where a task leads beside its edges: what its command names, and what its routers choose.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::FutureExt;

use super::task::{Finished, Target, Task};
use crate::Command;
use crate::error::RunFailure;
use crate::graph::{CompiledGraph, END, NodeIndex, Outgoing, Route, Router};
use crate::node::{Goto, Onward, Parts};
use crate::panic::PanicMessage;
use crate::state::{State, apply};

/// Makes of what a node gave back a finished task: looks up where its command leads, and asks the routers of its
/// conditional edges, which see `state` with the task's own updates.
///
/// A command to a parent graph is not followed here: whoever runs the tasks sees to it.
///
/// # Errors
/// [`RunFailure::UndeclaredRouteTarget`], [`RunFailure::RouterPanicked`], [`RunFailure::RouterFailed`],
/// [`RunFailure::Reducer`].
pub async fn finish<S: State>(
    graph: &CompiledGraph<S>,
    state: &Arc<S>,
    task: &Task<S>,
    command: Command<S>,
) -> Result<Finished<S>, RunFailure> {
    finish_parts(graph, state, task, command.into_parts()).await
}

pub(crate) async fn finish_parts<S: State>(
    graph: &CompiledGraph<S>,
    state: &Arc<S>,
    task: &Task<S>,
    Parts { updates, goto, onward, .. }: Parts<S>,
) -> Result<Finished<S>, RunFailure> {
    let node = task.node();
    let mut targets = Vec::new();
    if !goto.is_empty() {
        let ends = graph.ends(node);
        let from = From { node: graph.node_name(node).as_str(), superstep: task.superstep() };
        from.resolve(graph, &goto, (&ends.targets, ends.may_end), &mut targets)?;
    }
    let outgoing = graph.outgoing(node);
    if outgoing.conditional_edges.is_empty() || onward == Onward::Nowhere {
        return Ok(Finished { place: task.place(), updates, targets, onward, fresh: None });
    }
    let mut fresh = Arc::clone(state);
    apply(&mut fresh, updates.clone()).await.map_err(|source| RunFailure::Reducer {
        node: graph.node_name(node).clone(),
        superstep: task.superstep(),
        source,
    })?;
    let from = From { node: graph.node_name(node).as_str(), superstep: task.superstep() };
    from.ask(graph, outgoing, &fresh, &mut targets).await?;
    Ok(Finished { place: task.place(), updates, targets, onward, fresh: Some(fresh) })
}

/// Where routes come from: for messages.
pub(super) struct From<'n> {
    pub(super) node: &'n str,
    pub(super) superstep: u64,
}

impl From<'_> {
    /// Asks the routers of all conditional edges that leave here.
    pub(super) async fn ask<S: State>(
        &self,
        graph: &CompiledGraph<S>,
        outgoing: &Outgoing<S>,
        state: &Arc<S>,
        targets: &mut Vec<Target<S>>,
    ) -> Result<(), RunFailure> {
        for edge in &outgoing.conditional_edges {
            let route = match &edge.router {
                Router::Sync(router) => catch_unwind(AssertUnwindSafe(|| router(state)))
                    .map_err(|payload| self.panicked(payload))?,
                Router::Async(router) => {
                    self.wait(async { router(Arc::clone(state)).await }).await?
                }
            };
            let declared = (edge.targets.as_slice(), edge.may_end);
            self.resolve(graph, route.targets(), declared, targets)?;
        }
        Ok(())
    }

    async fn wait<S: State>(
        &self,
        route: impl Future<Output = Result<Route<S>, crate::NodeError>>,
    ) -> Result<Route<S>, RunFailure> {
        match AssertUnwindSafe(route).catch_unwind().await {
            Ok(Ok(route)) => Ok(route),
            Ok(Err(error)) => Err(RunFailure::RouterFailed {
                node: self.node.to_owned(),
                superstep: self.superstep,
                source: error.into_inner(),
            }),
            Err(payload) => Err(self.panicked(payload)),
        }
    }

    /// Looks up names among those that are declared, which are sorted.
    pub(super) fn resolve<S: State>(
        &self,
        graph: &CompiledGraph<S>,
        route: &[Goto<S>],
        (declared, may_end): (&[NodeIndex], bool),
        targets: &mut Vec<Target<S>>,
    ) -> Result<(), RunFailure> {
        for goto in route {
            let (name, input, timeout) = match goto {
                Goto::Node(name) if may_end && name == END => continue,
                Goto::Node(name) => (&**name, None, None),
                Goto::Send(send) => (&*send.node, Some(Arc::clone(&send.input)), send.timeout),
            };
            let Some(node) = graph.find(name, declared) else {
                return Err(RunFailure::UndeclaredRouteTarget {
                    node: self.node.to_owned(),
                    target: name.to_owned(),
                    declared: graph.declared(declared, may_end),
                    superstep: self.superstep,
                });
            };
            targets.push(Target { node, input, timeout });
        }
        Ok(())
    }

    fn panicked(&self, payload: Box<dyn std::any::Any + Send>) -> RunFailure {
        RunFailure::RouterPanicked {
            node: self.node.to_owned(),
            superstep: self.superstep,
            message: PanicMessage::from(payload).into_text(),
        }
    }
}

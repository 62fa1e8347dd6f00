//! Running graphs on tokio.

mod options;
mod superstep;

use std::fmt;
use std::sync::Arc;

pub use options::RunOptions;
use superstep::Superstep;
use tokio::task::coop::consume_budget;

use crate::context::RunContext;
use crate::error::{RunError, RunFailure};
use crate::scheduler::{Plan, commit, plan, start};
use crate::{CompiledGraph, NodeName, State};

/// Runs a compiled graph: a thin executor over the [scheduler](crate::scheduler). A clone is one reference count.
///
/// All of a run happens on the task that awaits it. Its nodes run concurrently there, and are dropped with it:
/// a run that is dropped is cancelled.
pub struct StateGraphEngine<S: State> {
    graph: CompiledGraph<S>,
}

impl<S: State> StateGraphEngine<S> {
    /// An engine for a graph.
    #[must_use]
    pub const fn new(graph: CompiledGraph<S>) -> Self {
        Self { graph }
    }

    /// The graph.
    #[must_use]
    pub const fn graph(&self) -> &CompiledGraph<S> {
        &self.graph
    }

    /// Runs the graph from an initial state to its end, and gives back the state it ends in.
    ///
    /// Where the host has an update and no state, [`State::from_update`] makes one.
    ///
    /// # Errors
    /// [`RunError`] with the state of the last committed superstep: a node, reducer or router failed, two nodes
    /// wrote one field, a join was left waiting, the recursion limit was reached, the run was cancelled. When
    /// one task of a superstep fails its siblings are dropped, and the superstep changes nothing.
    pub async fn run(
        &self,
        state: impl Into<Arc<S>>,
        options: RunOptions,
    ) -> Result<S, RunError<S>> {
        let mut state = state.into();
        match self.advance(&mut state, options).await {
            Ok(()) => Ok(Arc::unwrap_or_clone(state)),
            Err(failure) => Err(RunError::new(failure, state)),
        }
    }

    async fn advance(&self, state: &mut Arc<S>, options: RunOptions) -> Result<(), RunFailure> {
        let RunOptions { recursion_limit, cancellation, max_concurrency, observer, run_id } =
            options;
        let cancellation = cancellation.child_token();
        // Whatever the nodes handed on ends with the run, however that ends.
        let _ends_with_the_run = cancellation.clone().drop_guard();
        let run = Arc::new(RunContext { id: run_id, cancellation });
        let observer = observer.as_deref();

        let mut progress = start(&self.graph, state).await?;
        while let Plan::Run(nodes) = plan(&self.graph, &progress, recursion_limit)? {
            let number = progress.superstep() + 1;
            // Nodes that are ready at once would otherwise keep the thread for the whole run.
            consume_budget().await;
            if run.cancellation.is_cancelled() {
                return Err(RunFailure::Cancelled { superstep: number });
            }
            let superstep = Superstep { graph: &self.graph, run: &run, number, observer };
            let finished = superstep.run(nodes, state, max_concurrency).await?;
            commit(&self.graph, &mut progress, state, finished)?;
            if let Some(observer) = observer {
                let next: Vec<NodeName> = progress
                    .next()
                    .iter()
                    .map(|task| self.graph.node_name(task.node()).clone())
                    .collect();
                observer.superstep_committed(number, &next);
            }
        }
        Ok(())
    }
}

impl<S: State> Clone for StateGraphEngine<S> {
    fn clone(&self) -> Self {
        Self { graph: self.graph.clone() }
    }
}

impl<S: State> fmt::Debug for StateGraphEngine<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateGraphEngine").field("graph", &self.graph).finish()
    }
}

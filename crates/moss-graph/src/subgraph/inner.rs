//! A graph in a node, as the graph around it sees it: the type of its state is not known there.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Subgraph, SubgraphMemory};
use crate::State;
use crate::checkpoint::{CheckpointStore, Namespace, ThreadId};
use crate::error::RunFailure;
use crate::thread::{InnerThread, Place, Standing, Thread};

/// The graph in a node, as the graph around it sees it, which does not know the type of its state: see
/// [`Node::inner_graph`](crate::Node::inner_graph).
#[derive(Clone, Copy)]
pub struct InnerGraph<'g>(&'g dyn Inside);

/// A subgraph's node without the type of the subgraph's state.
#[async_trait]
pub(crate) trait Inside: Send + Sync {
    fn memory(&self) -> SubgraphMemory;

    /// The subgraph on a thread; none where it is not stored.
    async fn on_thread(
        &self,
        store: &Arc<dyn CheckpointStore>,
        thread: &ThreadId,
        namespace: Namespace,
        standing: Standing,
    ) -> Result<Option<Box<dyn InnerThread>>, RunFailure>;
}

impl<'g> InnerGraph<'g> {
    pub(crate) fn of<P: State, C: State>(subgraph: &'g Subgraph<P, C>) -> Self {
        Self(subgraph)
    }

    pub(crate) const fn inside(self) -> &'g dyn Inside {
        self.0
    }
}

#[async_trait]
impl<P: State, C: State> Inside for Subgraph<P, C> {
    fn memory(&self) -> SubgraphMemory {
        self.memory
    }

    async fn on_thread(
        &self,
        store: &Arc<dyn CheckpointStore>,
        thread: &ThreadId,
        namespace: Namespace,
        standing: Standing,
    ) -> Result<Option<Box<dyn InnerThread>>, RunFailure> {
        let Some(codec) = &self.engine.codec else { return Ok(None) };
        let (codec, store) = (Arc::clone(codec), Arc::clone(store));
        let thread = Thread::new(self.engine.clone(), codec, store, thread.clone());
        let place = Place::of(thread.in_namespace(namespace), self.memory, standing).await?;
        Ok(Some(Box::new(place)))
    }
}

//! The states of subgraphs, looked at and updated from outside.

use super::inner::{InnerThread, Place, Standing};
use super::snapshot::{StateSnapshot, TaskSnapshot};
use super::{Thread, UpdateAs};
use crate::checkpoint::{CheckpointId, CheckpointQuery, CheckpointSelector, Lease, Namespace};
use crate::error::RunFailure;
use crate::state::Json;
use crate::{State, SubgraphMemory};

impl<S: State> Thread<S> {
    /// A subgraph as it stands, by its namespace: that of its task ([`TaskSnapshot::namespace`]), of its question
    /// ([`Interrupt::namespace`](crate::Interrupt::namespace)) or of its events. Its values are JSON, since its own type is
    /// not known here. LangGraph's `getState` with a `checkpoint_ns`.
    ///
    /// # Errors
    /// [`RunFailure::UnknownNamespace`] where no subgraph is stored there, what the store fails with, and
    /// [`RunFailure::State`] when what is stored does not fit the subgraph's state.
    pub async fn subgraph_state(
        &self,
        namespace: impl Into<Namespace>,
    ) -> Result<StateSnapshot<Json>, RunFailure> {
        let namespace = namespace.into();
        let way = self.way_to(&namespace).await?;
        let snapshot = match way.last() {
            Some(place) => place.snapshot(None).await?,
            None => None,
        };
        match snapshot {
            Some(snapshot) => Ok(snapshot),
            None => Err(self.unknown(namespace).await?),
        }
    }

    /// A subgraph as it stood at one of its checkpoints; none where it has no such checkpoint.
    ///
    /// # Errors
    /// [`RunFailure::UnknownNamespace`] where there can be no subgraph, and those of
    /// [`subgraph_state`](Self::subgraph_state).
    pub async fn subgraph_state_at(
        &self,
        namespace: impl Into<Namespace>,
        checkpoint: CheckpointId,
    ) -> Result<Option<StateSnapshot<Json>>, RunFailure> {
        let namespace = namespace.into();
        match self.way_to(&namespace).await?.last() {
            Some(place) => place.snapshot(Some(checkpoint)).await,
            None => Err(self.unknown(namespace).await?),
        }
    }

    /// Updates the state of a subgraph that a run would go on with: one that stopped within a task which is not through, or
    /// one that remembers its state. The update is JSON, and is put together with the state by the subgraph's own reducers.
    /// It gives the subgraph's new checkpoint. LangGraph's `updateState` with a `checkpoint_ns`.
    ///
    /// Tasks of the subgraph that wait for answers, and still come next, wait on: they are given the updated state with the
    /// answer. Their side effects ([`effect`](crate::NodeContext::effect)) do not happen again.
    ///
    /// # Errors
    /// [`RunFailure::UnknownNamespace`] where a run would go on with no such subgraph, and those of
    /// [`update`](Self::update).
    pub async fn update_subgraph(
        &self,
        namespace: impl Into<Namespace>,
        update: Json,
        node: impl Into<UpdateAs>,
    ) -> Result<CheckpointId, RunFailure> {
        let (namespace, node) = (namespace.into(), node.into());
        // Which checkpoints are needed shows on the way to the subgraph.
        let newest = CheckpointQuery::latest(self.id.clone(), self.namespace.clone());
        let (hold, _) = self.hold(&newest).await?;
        let made = self.update_at_place(&hold.lease, namespace, update, node).await;
        self.let_go(hold).await;
        made
    }

    async fn update_at_place(
        &self,
        lease: &Lease,
        namespace: Namespace,
        update: Json,
        node: UpdateAs,
    ) -> Result<CheckpointId, RunFailure> {
        let mut way = self.way_to(&namespace).await?;
        let Some(place) = way.pop_if(|place| place.goes_on()) else {
            return Err(self.unknown(namespace).await?);
        };
        let made = place.update(lease, update, node).await?;
        // The graph around knows where one with a memory of its own stands, and so on outwards.
        let mut moved = Some((place, made));
        while let (Some((place, at)), Some(around)) = (moved.take(), way.pop()) {
            match place.memory() {
                SubgraphMemory::PerThread => {
                    let copy = around.note_moved(lease, place.namespace(), at).await?;
                    moved = copy.map(|copy| (around, copy));
                }
                SubgraphMemory::PerTask | SubgraphMemory::None => {}
            }
        }
        Ok(made)
    }

    /// A snapshot of this thread with the states of its subgraphs in it ([`TaskSnapshot::state`]), and of those within
    /// them. LangGraph's `getState(…, { subgraphs: true })`.
    ///
    /// # Errors
    /// What the store fails with, and [`RunFailure::State`] when what is stored does not fit a state.
    pub async fn with_subgraphs(
        &self,
        mut snapshot: StateSnapshot<S>,
    ) -> Result<StateSnapshot<S>, RunFailure> {
        let place = self.place(CheckpointSelector::At(snapshot.checkpoint)).await?;
        fill(&place, &mut snapshot.tasks).await?;
        Ok(snapshot)
    }

    async fn place(&self, selector: CheckpointSelector) -> Result<Place<S>, RunFailure> {
        let standing = Standing { selector: Some(selector), tasks: Vec::new(), goes_on: true };
        Place::of(self.clone(), SubgraphMemory::PerThread, standing).await
    }

    /// The graphs on the way to a namespace, the outermost first; none where it leads nowhere.
    async fn way_to(&self, namespace: &Namespace) -> Result<Vec<Box<dyn InnerThread>>, RunFailure> {
        let mut way: Vec<Box<dyn InnerThread>> =
            vec![Box::new(self.place(CheckpointSelector::Latest).await?)];
        if namespace.is_root() {
            return Ok(way);
        }
        for part in namespace.as_str().split('|') {
            let inner = match way.last() {
                Some(place) => place.enter(part).await?,
                None => None,
            };
            match inner {
                Some(inner) => way.push(inner),
                None => return Ok(Vec::new()),
            }
        }
        Ok(way)
    }

    async fn unknown(&self, namespace: Namespace) -> Result<RunFailure, RunFailure> {
        let mut known = Vec::new();
        let root = self.place(CheckpointSelector::Latest).await?;
        let mut places: Vec<Box<dyn InnerThread>> = vec![Box::new(root)];
        while let Some(place) = places.pop() {
            for part in place.ways()? {
                if let Some(inner) = place.enter(&part).await?
                    && inner.goes_on()
                {
                    known.push(inner.namespace().clone());
                    places.push(inner);
                }
            }
        }
        known.sort();
        Ok(RunFailure::UnknownNamespace { namespace, known })
    }
}

/// Puts the states of subgraphs into the tasks they are in.
async fn fill(place: &dyn InnerThread, tasks: &mut [TaskSnapshot]) -> Result<(), RunFailure> {
    for task in tasks {
        let Some(inner) = place.enter(task.namespace.last_part()).await? else { continue };
        if let Some(mut snapshot) = inner.snapshot(None).await? {
            Box::pin(fill(&*inner, &mut snapshot.tasks)).await?;
            task.state = Some(Box::new(snapshot));
        }
    }
    Ok(())
}

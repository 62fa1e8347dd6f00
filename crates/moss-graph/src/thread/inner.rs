//! The graphs of a thread, each at its namespace, without the types of their states.

use async_trait::async_trait;

use super::begin::outside;
use super::progress::StoredProgress;
use super::saved::SavedOutput;
use super::snapshot::StateSnapshot;
use super::{Thread, UpdateAs};
use crate::checkpoint::Blob;
use crate::checkpoint::{
    CheckpointId, CheckpointQuery, CheckpointSelector, Lease, Namespace, PendingWrite,
    PendingWrites, StoreError, StoredCheckpoint, TaskKey, WriteKind,
};
use crate::error::{EmptyInput, RunFailure};
use crate::state::Json;
use crate::{State, SubgraphMemory};

/// One graph of a thread, where it stands. The type of its state is not known.
#[async_trait]
pub(crate) trait InnerThread: Send + Sync {
    fn namespace(&self) -> &Namespace;

    /// What the graph remembers; that of the thread's own graph is its thread.
    fn memory(&self) -> SubgraphMemory;

    /// Whether a run would go on with what is stored of it.
    fn goes_on(&self) -> bool;

    /// The parts of namespaces that lead from here to the graphs inside which a run would go on with.
    fn ways(&self) -> Result<Vec<String>, RunFailure>;

    /// The graph inside that a part of a namespace leads to; none where that is no subgraph which is stored.
    async fn enter(&self, part: &str) -> Result<Option<Box<dyn InnerThread>>, RunFailure>;

    /// The graph as it stands, or as it stood at another of its checkpoints.
    async fn snapshot(
        &self,
        at: Option<CheckpointId>,
    ) -> Result<Option<StateSnapshot<Json>>, RunFailure>;

    async fn update(
        &self,
        lease: &Lease,
        update: Json,
        update_as: UpdateAs,
    ) -> Result<CheckpointId, RunFailure>;

    /// Notes that a graph inside with a memory of its own stands at another checkpoint. It gives the checkpoint that this
    /// graph stands at from now on, where that is a new one.
    async fn note_moved(
        &self,
        lease: &Lease,
        inside: &Namespace,
        at: CheckpointId,
    ) -> Result<Option<CheckpointId>, RunFailure>;
}

/// Where a graph of a thread stands.
pub(crate) struct Standing {
    /// None where nothing is stored that a run would go on with.
    pub(crate) selector: Option<CheckpointSelector>,
    /// The tasks that would go on with it if they have begun it, wherever it stands else.
    pub(crate) tasks: Vec<Namespace>,
    pub(crate) goes_on: bool,
}

/// A graph of a thread, where it stands.
pub(crate) struct Place<S: State> {
    thread: Thread<S>,
    memory: SubgraphMemory,
    goes_on: bool,
    stored: Option<(StoredCheckpoint, StoredProgress<'static>)>,
}

impl<S: State> Place<S> {
    pub(crate) async fn of(
        thread: Thread<S>,
        memory: SubgraphMemory,
        Standing { selector, tasks, goes_on }: Standing,
    ) -> Result<Self, RunFailure> {
        let mut stored = None;
        if !tasks.is_empty() {
            stored = Self::load(&thread, CheckpointSelector::Latest)
                .await?
                .filter(|(_, progress)| progress.task().is_some_and(|task| tasks.contains(&task)));
        }
        if let (None, Some(selector)) = (&stored, selector) {
            stored = Self::load(&thread, selector).await?;
        }
        Ok(Self { thread, memory, goes_on, stored })
    }

    async fn load(
        thread: &Thread<S>,
        selector: CheckpointSelector,
    ) -> Result<Option<(StoredCheckpoint, StoredProgress<'static>)>, RunFailure> {
        let (id, namespace) = (thread.id.clone(), thread.namespace.clone());
        let query = CheckpointQuery { thread: id, namespace, selector };
        let Some(stored) = thread.store.load(&query).await? else { return Ok(None) };
        let progress = StoredProgress::decode(&stored.checkpoint.progress)?;
        Ok(Some((stored, progress)))
    }

    /// Where a graph inside stands, by the node it is in.
    fn standing_of(&self, memory: SubgraphMemory, node: &str, part: &str) -> Standing {
        let nowhere = Standing { selector: None, tasks: Vec::new(), goes_on: false };
        let Some((stored, progress)) = &self.stored else { return nowhere };
        let mut rows = progress.carried_rows();
        if stored.head == stored.checkpoint.id {
            rows.extend(stored.writes.iter().cloned());
        }
        let is_through = |task: &str| {
            let is_result = |row: &PendingWrite| row.kind == WriteKind::Update;
            rows.iter().any(|row| row.task.as_str() == task && is_result(row))
        };
        let tasks = progress.tasks(stored.checkpoint.id);
        let mut open = tasks.filter(|task| task.node == node && !is_through(&task.id));
        let namespace = &self.thread.namespace;
        match memory {
            SubgraphMemory::PerTask | SubgraphMemory::None => Standing {
                selector: Some(CheckpointSelector::Latest),
                tasks: Vec::new(),
                goes_on: self.goes_on && open.any(|task| task.part == part),
            },
            SubgraphMemory::PerThread => {
                let at = progress.subgraphs_of(stored).remove(&namespace.inside(part));
                Standing {
                    selector: at.map(CheckpointSelector::At),
                    tasks: open.map(|task| namespace.inside(&task.part)).collect(),
                    goes_on: self.goes_on,
                }
            }
        }
    }
}

#[async_trait]
impl<S: State> InnerThread for Place<S> {
    fn namespace(&self) -> &Namespace {
        &self.thread.namespace
    }

    fn memory(&self) -> SubgraphMemory {
        self.memory
    }

    fn goes_on(&self) -> bool {
        self.goes_on && self.stored.is_some()
    }

    fn ways(&self) -> Result<Vec<String>, RunFailure> {
        let Some((stored, progress)) = &self.stored else { return Ok(Vec::new()) };
        let graph = &self.thread.engine.graph;
        let mut ways = Vec::new();
        for index in graph.node_indices() {
            let Some(inner) = graph.node(index).inner_graph() else { continue };
            let node = graph.node_name(index).as_str();
            match inner.inside().memory() {
                SubgraphMemory::PerThread => ways.push(node.to_owned()),
                SubgraphMemory::PerTask => {
                    let tasks = progress.tasks(stored.checkpoint.id);
                    let of_node = tasks.filter(|task| task.node == node);
                    ways.extend(of_node.map(|task| task.part));
                }
                SubgraphMemory::None => {}
            }
        }
        Ok(ways)
    }

    async fn enter(&self, part: &str) -> Result<Option<Box<dyn InnerThread>>, RunFailure> {
        let Thread { engine, store, id, namespace, .. } = &self.thread;
        let node = part.split(':').next().unwrap_or_default();
        let index = engine.graph.node_index(node);
        let inner = index.and_then(|index| engine.graph.node(index).inner_graph());
        let Some(inner) = inner else { return Ok(None) };
        let memory = inner.inside().memory();
        match (memory, part.contains(':')) {
            (SubgraphMemory::PerTask, true) | (SubgraphMemory::PerThread, false) => {}
            (SubgraphMemory::PerTask | SubgraphMemory::PerThread, _)
            | (SubgraphMemory::None, _) => return Ok(None),
        }
        let standing = self.standing_of(memory, node, part);
        inner.inside().on_thread(store, id, namespace.inside(part), standing).await
    }

    async fn snapshot(
        &self,
        at: Option<CheckpointId>,
    ) -> Result<Option<StateSnapshot<Json>>, RunFailure> {
        let stored = match (&self.stored, at) {
            (Some((stored, _)), None) => Some(stored.clone()),
            (None, None) => None,
            (_, Some(at)) => {
                let (id, namespace) = (self.thread.id.clone(), self.thread.namespace.clone());
                let query = CheckpointQuery::at(id, namespace, at);
                self.thread.store.load(&query).await?
            }
        };
        let Some(stored) = stored else { return Ok(None) };
        let is_newest = stored.head == stored.checkpoint.id;
        let snapshot = self.thread.snapshot(stored, is_newest).await?;
        let values = self.thread.codec.to_json(&snapshot.values)?;
        Ok(Some(snapshot.with_values(values)))
    }

    async fn update(
        &self,
        lease: &Lease,
        update: Json,
        update_as: UpdateAs,
    ) -> Result<CheckpointId, RunFailure> {
        let Some((stored, _)) = &self.stored else {
            return Err(RunFailure::EmptyInput(EmptyInput::NoSuchCheckpoint));
        };
        let update = self.thread.codec.update_from_json(update)?;
        let loaded = self.thread.load_somehow(stored.clone())?;
        self.thread.update_held(lease, Some(loaded), vec![(update, update_as)]).await
    }

    async fn note_moved(
        &self,
        lease: &Lease,
        inside: &Namespace,
        at: CheckpointId,
    ) -> Result<Option<CheckpointId>, RunFailure> {
        let Some((stored, _)) = &self.stored else {
            return Err(RunFailure::EmptyInput(EmptyInput::NoSuchCheckpoint));
        };
        if stored.head != stored.checkpoint.id {
            // Behind an older checkpoint nothing can be noted: a copy of it becomes the newest.
            let mut loaded = self.thread.load_somehow(stored.clone())?;
            loaded.subgraphs.insert(inside.clone(), at);
            return self.thread.copy_held(lease, loaded).await.map(Some);
        }
        let value = Blob::encode(&SavedOutput::of_moved(inside, at)).map_err(StoreError::Value)?;
        let index = u32::try_from(outside(&stored.writes).len()).unwrap_or(u32::MAX);
        let write = PendingWrite {
            task: TaskKey::from(super::begin::OUTSIDE),
            kind: WriteKind::Update,
            index,
            value,
        };
        let writes = PendingWrites {
            namespace: self.thread.namespace.clone(),
            checkpoint: stored.checkpoint.id,
            writes: vec![write],
        };
        self.thread.store.put_writes(lease, writes).await?;
        Ok(None)
    }
}

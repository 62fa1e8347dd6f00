//! What is stored of one graph's run: its checkpoints, and what its tasks have finished between them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moss_protocol::RunId;
use serde::Serialize;

use super::writer::{Durability, Writer};
use crate::TaskId;
use crate::checkpoint::{
    Blob, Checkpoint, CheckpointId, CheckpointSource, Commit, JsonObject, Namespace, PendingWrite,
    PendingWrites, StoreError, TaskKey, Timestamp, WriteKind,
};
use crate::error::RunFailure;
use crate::state::persist::Changes;

/// What is stored of one graph's run. Its tasks share it.
pub(crate) struct Ledger {
    writer: Arc<Writer>,
    namespace: Namespace,
    run: Option<RunId>,
    metadata: JsonObject,
    /// The newest checkpoint that was there before.
    behind: Option<CheckpointId>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The checkpoint the run stands at: the one that its next superstep comes from.
    at: Option<CheckpointId>,
    /// The newest checkpoint that is stored, or ordered to be.
    head: Option<CheckpointId>,
    /// The checkpoints that subgraphs with a memory of their own stand at, by namespace.
    subgraphs: BTreeMap<Namespace, CheckpointId>,
    /// Whether one of them has stored something that no stored checkpoint of this graph knows of.
    is_behind: bool,
    /// What tasks have finished since the run came to where it stands, as far as it must be remembered.
    rows: Vec<PendingWrite>,
    /// What tasks have come to since then, where it is not stored: it need not be if their superstep is committed soon.
    outputs: Vec<Output>,
}

/// What a task has come to, to be encoded when it is stored.
#[derive(Clone)]
pub(crate) struct Output {
    task: TaskId,
    encode: Arc<Encode>,
}

impl Output {
    pub(crate) fn new(
        task: TaskId,
        encode: impl Fn() -> Result<Blob, RunFailure> + Send + Sync + 'static,
    ) -> Self {
        Self { task, encode: Arc::new(encode) }
    }

    fn row(&self) -> Result<PendingWrite, RunFailure> {
        let (task, value) = (TaskKey::from(self.task.to_string()), (self.encode)()?);
        Ok(PendingWrite { task, kind: WriteKind::Update, index: 0, value })
    }
}

type Encode = dyn Fn() -> Result<Blob, RunFailure> + Send + Sync;

/// A checkpoint that is to be made.
pub(crate) struct Entry {
    pub(crate) superstep: i64,
    pub(crate) source: CheckpointSource,
    pub(crate) progress: Blob,
    pub(crate) changes: Changes,
}

impl Ledger {
    /// A ledger that goes on at a checkpoint. `head` is the newest one: another where an older one is gone on from.
    pub(crate) fn new(
        writer: Arc<Writer>,
        namespace: Namespace,
        (run, metadata): (Option<RunId>, JsonObject),
        at: Option<CheckpointId>,
        head: Option<CheckpointId>,
    ) -> Self {
        if let Some(head) = head {
            writer.saw(head);
        }
        let inner = Mutex::new(Inner { at, head, ..Inner::default() });
        Self { writer, namespace, run, metadata, behind: head, inner }
    }

    pub(crate) const fn writer(&self) -> &Arc<Writer> {
        &self.writer
    }

    pub(crate) const fn run(&self) -> Option<&RunId> {
        self.run.as_ref()
    }

    pub(crate) const fn metadata(&self) -> &JsonObject {
        &self.metadata
    }

    /// The checkpoint the run stands at.
    pub(crate) fn at(&self) -> Option<CheckpointId> {
        self.lock().at
    }

    /// Whether a checkpoint of this graph was made here, and its id by no other run: so nothing can be stored under a name
    /// with it but by this run.
    pub(crate) fn has_made(&self, id: CheckpointId) -> bool {
        self.behind < Some(id) && id.is_of(self.writer.lease().epoch)
    }

    /// Moves on to a new checkpoint that is not stored yet, at which these tasks are still open.
    pub(crate) fn step(&self, open: &[TaskId]) -> CheckpointId {
        let id = self.writer.next_id();
        let mut inner = self.lock();
        inner.at = Some(id);
        if !inner.rows.is_empty() {
            let keys: Vec<_> = open.iter().map(ToString::to_string).collect();
            inner.rows.retain(|row| keys.iter().any(|key| key == row.task.as_str()));
        }
        inner.outputs.retain(|output| open.contains(&output.task));
        id
    }

    /// Whether the checkpoint the run stands at is stored, or ordered to be.
    pub(crate) fn is_stored(&self) -> bool {
        let inner = self.lock();
        inner.at == inner.head
    }

    /// Takes over what earlier runs have stored of tasks that are not through.
    pub(crate) fn remember(&self, rows: Vec<PendingWrite>) {
        self.lock().rows = rows;
    }

    /// Takes over where subgraphs with a memory of their own stand.
    pub(crate) fn know_subgraphs(&self, subgraphs: BTreeMap<Namespace, CheckpointId>) {
        self.lock().subgraphs = subgraphs;
    }

    /// Notes where a subgraph with a memory of its own stands.
    pub(crate) fn note_subgraph(&self, namespace: Namespace, at: CheckpointId) {
        let mut inner = self.lock();
        inner.subgraphs.insert(namespace, at);
        inner.is_behind = true;
    }

    /// Whether a subgraph with a memory of its own is further on than what is stored of this graph.
    pub(crate) fn is_behind(&self) -> bool {
        self.lock().is_behind
    }

    /// Where a subgraph with a memory of its own stands, as of the checkpoint this run stands at.
    pub(crate) fn subgraph(&self, namespace: &Namespace) -> Option<CheckpointId> {
        self.lock().subgraphs.get(namespace).copied()
    }

    pub(crate) fn subgraphs(&self) -> BTreeMap<Namespace, CheckpointId> {
        self.lock().subgraphs.clone()
    }

    /// What is remembered of tasks that are not through.
    ///
    /// # Errors
    /// [`RunFailure::State`] and [`RunFailure::Store`] when what a task has come to cannot be encoded.
    pub(crate) fn rows(&self) -> Result<Vec<PendingWrite>, RunFailure> {
        let (mut rows, outputs) = {
            let inner = self.lock();
            (inner.rows.clone(), inner.outputs.clone())
        };
        for output in outputs {
            rows.push(output.row()?);
        }
        Ok(rows)
    }

    /// Stores the checkpoint the run stands at. Its parent is `from`.
    pub(crate) async fn commit(
        &self,
        from: Option<CheckpointId>,
        entry: Entry,
    ) -> Result<(), StoreError> {
        match self.to_commit(from, entry) {
            Some(commit) => self.writer.commit(commit).await,
            None => Ok(()),
        }
    }

    /// Stores the checkpoint the run stands at, and what is remembered behind it, as the last things that the run stores:
    /// its lease is given back with them.
    pub(crate) async fn settle(
        &self,
        from: Option<CheckpointId>,
        entry: Entry,
    ) -> Result<(), RunFailure> {
        let rows = self.rows()?;
        match self.to_commit(from, entry) {
            Some(commit) => Ok(self.writer.settle(commit, rows).await?),
            None => Ok(()),
        }
    }

    /// What stores the checkpoint the run stands at, which is the newest one from now on.
    fn to_commit(&self, from: Option<CheckpointId>, entry: Entry) -> Option<Arc<Commit>> {
        let (id, head) = {
            let mut inner = self.lock();
            let id = inner.at?;
            inner.is_behind = false;
            (id, inner.head.replace(id))
        };
        let checkpoint = Checkpoint {
            id,
            parent: from,
            superstep: entry.superstep,
            source: entry.source,
            created_at: Timestamp::now(),
            run: self.run.clone(),
            metadata: self.metadata.clone(),
            progress: entry.progress,
        };
        let mut commit = Commit::new(self.namespace.clone(), head, checkpoint);
        commit.changes = entry.changes;
        Some(Arc::new(commit))
    }

    /// Stores something that a task has finished.
    pub(crate) async fn put<T: Serialize + ?Sized>(
        &self,
        task: &TaskKey,
        kind: WriteKind,
        index: u32,
        value: &T,
    ) -> Result<(), StoreError> {
        let value = Blob::encode(value).map_err(StoreError::Value)?;
        self.put_rows(vec![PendingWrite { task: task.clone(), kind, index, value }]).await
    }

    /// Keeps what a task has come to. It is stored with [`put_outputs`](Self::put_outputs), and else at the end of the run,
    /// if its superstep is not committed by then.
    pub(crate) fn keep(&self, output: Output) {
        self.lock().outputs.push(output);
    }

    /// Stores what a task has come to, unless that is for the end of the run.
    ///
    /// # Errors
    /// [`RunFailure::State`] and [`RunFailure::Store`].
    pub(crate) async fn put_output(&self, output: Output) -> Result<(), RunFailure> {
        if self.stores_behind_tasks() {
            self.put_rows(vec![output.row()?]).await?;
        } else {
            self.keep(output);
        }
        Ok(())
    }

    /// Whether tasks have come to something that is neither stored nor kept for the end of the run.
    pub(crate) fn owes_outputs(&self) -> bool {
        self.stores_behind_tasks() && !self.lock().outputs.is_empty()
    }

    /// Stores what tasks have come to by now, where that is not for the end of the run, and more with it.
    ///
    /// # Errors
    /// [`RunFailure::State`] and [`RunFailure::Store`].
    pub(crate) async fn put_outputs(&self, more: Vec<PendingWrite>) -> Result<(), RunFailure> {
        let outputs =
            if self.stores_behind_tasks() { self.lock().outputs.clone() } else { Vec::new() };
        let rows = outputs.iter().map(Output::row).chain(more.into_iter().map(Ok));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        self.put_rows(rows).await?;
        // Only now, since this may be dropped before. Those that have come meanwhile stand behind.
        let mut inner = self.lock();
        let stored = outputs.len().min(inner.outputs.len());
        inner.outputs.drain(..stored);
        Ok(())
    }

    /// Whether what tasks do is stored before their superstep is committed.
    fn stores_behind_tasks(&self) -> bool {
        match self.writer.durability() {
            Durability::Sync | Durability::Async => true,
            Durability::Exit => false,
        }
    }

    pub(crate) async fn put_rows(&self, rows: Vec<PendingWrite>) -> Result<(), StoreError> {
        let checkpoint = {
            let mut inner = self.lock();
            for row in &rows {
                inner.rows.retain(|other| {
                    (&other.task, other.kind, other.index) != (&row.task, row.kind, row.index)
                });
            }
            inner.rows.extend(rows.iter().cloned());
            inner.at
        };
        match (self.writer.durability(), checkpoint) {
            // Nothing to put them behind is stored yet: they are stored when that is.
            (Durability::Exit, _) | (_, None) => Ok(()),
            (Durability::Sync | Durability::Async, Some(checkpoint)) => {
                self.send(checkpoint, rows).await
            }
        }
    }

    /// Stores what is remembered, behind the checkpoint the run stands at, which is stored by now.
    pub(crate) async fn put_remembered(&self) -> Result<(), RunFailure> {
        let Some(checkpoint) = self.at() else { return Ok(()) };
        let rows = self.rows()?;
        if !rows.is_empty() {
            self.send(checkpoint, rows).await?;
        }
        Ok(())
    }

    async fn send(
        &self,
        checkpoint: CheckpointId,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        let namespace = self.namespace.clone();
        self.writer.put_writes(PendingWrites { namespace, checkpoint, writes }).await
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

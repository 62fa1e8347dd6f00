//! A conversation that a test commits to, and values for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moss_graph::checkpoint::{
    Blob, ChannelChange, ChannelName, ChannelValue, Checkpoint, CheckpointId, CheckpointQuery,
    CheckpointSource, CheckpointStore, Commit, Lease, LeaseRequest, Namespace, PendingWrite,
    PendingWrites, StoreError, StoredCheckpoint, TaskKey, ThreadId, Timestamp, WriteKind,
};
use moss_graph::{Log, RunId};
use serde::Serialize;
use serde_json::json;

/// A store that a test has opened, with what must stay for as long as it is used.
pub trait Opened {
    fn store(&self) -> &dyn CheckpointStore;
}

pub const MINUTE: Duration = Duration::from_secs(60);

/// A thread that no other test uses, also where tests share a database.
pub fn thread(name: &str) -> ThreadId {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{}-{number}", std::process::id()).into()
}

pub fn blob<T: Serialize + ?Sized>(value: &T) -> Blob {
    Blob::encode(value).unwrap()
}

pub fn set<T: Serialize + ?Sized>(value: &T) -> ChannelChange {
    ChannelChange::Set(blob(value))
}

pub fn append(items: &[&str]) -> ChannelChange {
    ChannelChange::Append(items.iter().map(blob).collect())
}

pub fn rewrite(keep: usize, items: &[&str]) -> ChannelChange {
    ChannelChange::Rewrite { keep, items: items.iter().map(blob).collect() }
}

pub fn value<T: Serialize + ?Sized>(value: &T) -> ChannelValue {
    ChannelValue::Value(blob(value))
}

pub fn log(items: &[&str]) -> ChannelValue {
    ChannelValue::Log(items.iter().map(blob).collect::<Log<Blob>>())
}

/// The state at a checkpoint, by channel.
pub fn state(channels: &[(&str, ChannelValue)]) -> BTreeMap<ChannelName, ChannelValue> {
    channels.iter().map(|(name, value)| (ChannelName::from(*name), value.clone())).collect()
}

pub fn write(task: &str, kind: WriteKind, index: u32, value: &str) -> PendingWrite {
    PendingWrite { task: TaskKey::from(task), kind, index, value: blob(value) }
}

/// What commits to one namespace of a thread, as an engine does.
pub struct Conversation<'a> {
    pub store: &'a dyn CheckpointStore,
    pub lease: Lease,
    pub namespace: Namespace,
    pub run: Option<RunId>,
    pub head: Option<CheckpointId>,
    pub superstep: i64,
}

impl<'a> Conversation<'a> {
    pub async fn begin(store: &'a dyn CheckpointStore, name: &str) -> Self {
        Self::on(store, thread(name)).await
    }

    pub async fn on(store: &'a dyn CheckpointStore, thread: ThreadId) -> Self {
        let lease = store.acquire(&LeaseRequest::new(thread, "test", MINUTE)).await.unwrap();
        Self { store, lease, namespace: Namespace::root(), run: None, head: None, superstep: -1 }
    }

    /// The same thread and lease in another namespace, where nothing has been committed yet.
    pub fn within(&self, namespace: &str) -> Self {
        let (lease, run) = (self.lease.clone(), self.run.clone());
        Self {
            store: self.store,
            lease,
            namespace: namespace.into(),
            run,
            head: None,
            superstep: -1,
        }
    }

    pub fn thread(&self) -> &ThreadId {
        &self.lease.thread
    }

    /// A commit behind `parent` with what changed.
    pub fn prepare(
        &self,
        parent: Option<CheckpointId>,
        changes: &[(&str, ChannelChange)],
    ) -> Commit {
        let now = Timestamp::now();
        let checkpoint = Checkpoint {
            id: CheckpointId::next(self.head, now),
            parent,
            superstep: self.superstep,
            source: if parent.is_none() { CheckpointSource::Input } else { CheckpointSource::Loop },
            created_at: now,
            run: self.run.clone(),
            metadata: json!({"superstep": self.superstep}).as_object().unwrap().clone(),
            progress: blob(&json!({"next": ["node"], "superstep": self.superstep})),
        };
        let commit = Commit::new(self.namespace.clone(), self.head, checkpoint);
        changes.iter().fold(commit, |commit, (channel, change)| {
            commit.change(ChannelName::from(*channel), change.clone())
        })
    }

    pub async fn send(&mut self, commit: Commit) -> Result<CheckpointId, StoreError> {
        let id = commit.checkpoint.id;
        self.store.commit(&self.lease, commit.into()).await?;
        self.head = Some(id);
        self.superstep += 1;
        Ok(id)
    }

    /// Commits behind the newest checkpoint.
    pub async fn commit(&mut self, changes: &[(&str, ChannelChange)]) -> CheckpointId {
        self.fork(self.head, changes).await
    }

    /// Commits behind any checkpoint.
    pub async fn fork(
        &mut self,
        parent: Option<CheckpointId>,
        changes: &[(&str, ChannelChange)],
    ) -> CheckpointId {
        let commit = self.prepare(parent, changes);
        self.send(commit).await.unwrap()
    }

    pub async fn put_writes(&self, writes: &[PendingWrite]) -> Result<(), StoreError> {
        let (namespace, checkpoint) = (self.namespace.clone(), self.head.unwrap());
        let writes = PendingWrites { namespace, checkpoint, writes: writes.to_vec() };
        self.store.put_writes(&self.lease, writes).await
    }

    pub async fn latest(&self) -> Option<StoredCheckpoint> {
        let query = CheckpointQuery::latest(self.thread().clone(), self.namespace.clone());
        self.store.load(&query).await.unwrap()
    }

    pub async fn at(&self, id: CheckpointId) -> Option<StoredCheckpoint> {
        let query = CheckpointQuery::at(self.thread().clone(), self.namespace.clone(), id);
        self.store.load(&query).await.unwrap()
    }

    pub async fn state_at(&self, id: CheckpointId) -> BTreeMap<ChannelName, ChannelValue> {
        self.at(id).await.unwrap().channels
    }

    /// The ids of the namespace's checkpoints, the newest first.
    pub async fn ids(&self) -> Vec<CheckpointId> {
        let filter = moss_graph::checkpoint::CheckpointFilter {
            limit: usize::MAX,
            ..moss_graph::checkpoint::CheckpointFilter::of(self.namespace.clone())
        };
        let listed = self.store.list(self.thread(), &filter).await.unwrap();
        listed.into_iter().map(|listed| listed.checkpoint.id).collect()
    }
}

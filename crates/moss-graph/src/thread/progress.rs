//! Where a run stands, as it is stored: names instead of indices, so that a graph may change under its threads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::begin::outside;
use super::saved::SavedOutput;
use super::stored_task::{FullTask, NamedTask, StoredTask, StoredTimeout};
use crate::TimeoutPolicy;
use crate::checkpoint::{
    Blob, CheckpointId, Namespace, PendingWrite, StoredCheckpoint, TaskKey, WriteKind,
};
use crate::context::decoded;
use crate::error::RunFailure;
use crate::graph::{CompiledGraph, JoinIndex, JoinMode, NodeIndex};
use crate::scheduler::{Arrived, Progress, Target, Task, TaskPlace};
use crate::state::{Codec, State, StateError};

/// The format that is written. In version 1 a task that comes next was an object always, also where it is no more than a node.
const VERSION: u32 = 2;

/// Where a run stands, as it is stored. Names are those of the graph where it is written, and of their own where it has
/// been read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredProgress<'g> {
    #[serde(rename = "v")]
    version: u32,
    pub(crate) superstep: u64,
    next: Vec<StoredTask<'g>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    joins: Vec<StoredJoin<'g>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deferred: Vec<Cow<'g, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ran: Vec<Cow<'g, str>>,
    /// The checkpoints that subgraphs with a memory of their own stand at, by namespace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    subgraphs: BTreeMap<String, String>,
    /// Of a subgraph with a memory of its own: the task that has begun it, by its namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// What tasks that go on across checkpoints have finished so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    carried: Vec<StoredRow>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredJoin<'g> {
    target: Cow<'g, str>,
    sources: Vec<Cow<'g, str>>,
    reached: bool,
    seen: Vec<Cow<'g, str>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredRow {
    task: String,
    kind: u8,
    index: u32,
    value: Value,
}

/// At which checkpoints the open tasks were planned, where that is not the last.
pub(crate) type Origins = BTreeMap<TaskPlace, CheckpointId>;

/// What is read back.
pub(crate) struct Restored<S> {
    pub(crate) progress: Progress<S>,
    pub(crate) origins: Origins,
    pub(crate) carried: Vec<PendingWrite>,
}

impl<'g> StoredProgress<'g> {
    pub(crate) fn of<S: State>(
        graph: &'g CompiledGraph<S>,
        codec: &dyn Codec<S>,
        progress: &Progress<S>,
        origins: &Origins,
        carried: &[PendingWrite],
    ) -> Result<Self, StateError> {
        let name = |node: &NodeIndex| Cow::Borrowed(graph.node_name(*node).as_str());
        let next = progress.next.iter().map(|task| {
            let task = FullTask {
                node: name(&task.node()),
                superstep: task.superstep(),
                send: task.send(),
                input: task.input().map(|input| codec.to_json(input)).transpose()?,
                timeout: task.timeout().map(StoredTimeout::from),
                origin: origins.get(&task.place()).map(ToString::to_string),
            };
            Ok(StoredTask::new(task, progress.superstep))
        });
        let joins = progress.waiting().map(|(index, seen)| {
            let join = graph.join(index);
            StoredJoin {
                target: name(&join.target),
                sources: join.sources.iter().map(name).collect(),
                reached: join.mode == JoinMode::Reached,
                seen: seen.iter().map(name).collect(),
            }
        });
        let carried = carried.iter().filter_map(|row| {
            let value = row.value.decode().ok()?;
            let (task, kind) = (row.task.to_string(), row.kind.number());
            Some(StoredRow { task, kind, index: row.index, value })
        });
        Ok(Self {
            version: VERSION,
            superstep: progress.superstep,
            next: next.collect::<Result<_, StateError>>()?,
            joins: joins.collect(),
            deferred: progress.deferred().map(|node| name(&node)).collect(),
            ran: progress.ran.iter().map(name).collect(),
            subgraphs: BTreeMap::new(),
            task: None,
            carried: carried.collect(),
        })
    }

    /// With the checkpoints that subgraphs with a memory of their own stand at.
    pub(crate) fn with_subgraphs(mut self, subgraphs: &BTreeMap<Namespace, CheckpointId>) -> Self {
        let named = subgraphs.iter().map(|(name, id)| (name.to_string(), id.to_string()));
        self.subgraphs = named.collect();
        self
    }

    /// As it is in a subgraph with a memory of its own that a task has begun.
    pub(crate) fn in_task(mut self, task: Option<&Namespace>) -> Self {
        self.task = task.map(Namespace::to_string);
        self
    }

    /// The task that has begun a subgraph with a memory of its own.
    pub(crate) fn task(&self) -> Option<Namespace> {
        self.task.as_deref().map(Namespace::from)
    }

    /// The checkpoints that subgraphs with a memory of their own stand at, which updates from outside may have moved
    /// since this was `stored`.
    pub(crate) fn subgraphs_of(
        &self,
        stored: &StoredCheckpoint,
    ) -> BTreeMap<Namespace, CheckpointId> {
        let parsed =
            self.subgraphs.iter().map(|(name, id)| Some((name.as_str().into(), id.parse().ok()?)));
        let mut subgraphs: BTreeMap<_, _> = parsed.flatten().collect();
        // What came behind an older checkpoint is of the way that was taken then.
        if stored.head == stored.checkpoint.id {
            let saved = decoded::<SavedOutput>(outside(&stored.writes), WriteKind::Update);
            subgraphs.extend(saved.filter_map(|saved| saved.moved()));
        }
        subgraphs
    }

    pub(crate) fn encode(&self) -> Result<Blob, StateError> {
        crate::state::persist::encode("__progress__", self)
    }

    /// # Errors
    /// [`RunFailure::State`] when it is damaged, and [`RunFailure::Store`] when a newer version wrote it.
    pub(crate) fn decode(blob: &Blob) -> Result<StoredProgress<'static>, RunFailure> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let Version { v } = crate::state::persist::decode("__progress__", blob)?;
        if v > VERSION {
            return Err(RunFailure::Store(crate::checkpoint::StoreError::TooNew {
                what: "the progress of a checkpoint".to_owned(),
                found: v.into(),
                supported: VERSION.into(),
            }));
        }
        Ok(crate::state::persist::decode("__progress__", blob)?)
    }

    /// The tasks that come next, as they are stored with a checkpoint.
    pub(crate) fn tasks(&self, checkpoint: CheckpointId) -> impl Iterator<Item = NamedTask> {
        self.next.iter().map(move |task| task.named(self.superstep, checkpoint))
    }

    pub(crate) fn carried_rows(&self) -> Vec<PendingWrite> {
        self.carried.iter().filter_map(StoredRow::row).collect()
    }

    /// The progress in terms of a graph, for a run that begins there: its limit counts from there on.
    ///
    /// # Errors
    /// [`RunFailure::GraphChanged`] and [`RunFailure::State`].
    pub(crate) fn restore<S: State>(
        self,
        graph: &CompiledGraph<S>,
        codec: &dyn Codec<S>,
    ) -> Result<Restored<S>, RunFailure> {
        let mut missing = Vec::new();
        let mut node = |name: &str| {
            let node = graph.node_index(name);
            if node.is_none() && !missing.iter().any(|known| known == name) {
                missing.push(name.to_owned());
            }
            node
        };
        let mut progress = Progress::new(self.superstep);
        let mut origins = Origins::new();
        for task in self.next {
            let task = task.into_full(self.superstep);
            let Some(node) = node(&task.node) else { continue };
            let input = task.input.map(|input| codec.state_from_json(input)).transpose()?;
            let timeout = task.timeout.map(TimeoutPolicy::from);
            let target = Target { node, input: input.map(Arc::new), timeout };
            let planned = Task::new(task.superstep, target, task.send);
            if let Some(origin) = task.origin.and_then(|origin| origin.parse().ok()) {
                origins.insert(planned.place(), origin);
            }
            progress.next.push(planned);
        }
        progress.next.sort_by_key(Task::place);
        let deferred = self.deferred.iter().filter_map(|name| node(name));
        progress.deferred = deferred.map(|node| (node, 1)).collect();
        // Which nodes ran is no more than a hint for updates from outside.
        progress.ran = self.ran.iter().filter_map(|name| graph.node_index(name)).collect();
        progress.ran.sort_unstable();
        let mut missing_joins = Vec::new();
        for join in self.joins {
            match find_join(graph, &join) {
                Some(index) => {
                    let sources = join.seen.iter().filter_map(|name| node(name)).collect();
                    progress.waiting.insert(index, Arrived { sources, depth: 0 });
                }
                None => missing_joins.push(format!("the join into {}", join.target)),
            }
        }
        missing.extend(missing_joins);
        if !missing.is_empty() {
            return Err(RunFailure::GraphChanged { missing });
        }
        let carried = self.carried.iter().filter_map(StoredRow::row).collect();
        Ok(Restored { progress, origins, carried })
    }
}

impl StoredRow {
    fn row(&self) -> Option<PendingWrite> {
        Some(PendingWrite {
            task: TaskKey::from(self.task.as_str()),
            kind: WriteKind::from_number(self.kind)?,
            index: self.index,
            value: Blob::encode(&self.value).ok()?,
        })
    }
}

fn find_join<S: State>(graph: &CompiledGraph<S>, stored: &StoredJoin<'_>) -> Option<JoinIndex> {
    let name = |node: NodeIndex| graph.node_name(node).as_str();
    graph.join_indices().find(|index| {
        let join = graph.join(*index);
        name(join.target) == stored.target
            && (join.mode == JoinMode::Reached) == stored.reached
            && join.sources.iter().map(|source| name(*source)).eq(&stored.sources)
    })
}

//! A thread as it stands at a checkpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use moss_protocol::RunId;
use serde_json::Value;

use super::Thread;
use super::answers::open_questions;
use super::begin::OUTSIDE;
use super::progress::StoredProgress;
use super::saved::SavedOutput;
use crate::checkpoint::{
    CheckpointId, CheckpointQuery, CheckpointSource, JsonObject, Namespace, PendingWrite,
    StoredCheckpoint, Timestamp, WriteKind,
};
use crate::context::decoded;
use crate::error::RunFailure;
use crate::state::{Json, apply};
use crate::{Interrupt, State, SubgraphMemory};

/// A thread as it stands at a checkpoint: LangGraph's `StateSnapshot`.
#[derive(Debug, Clone, PartialEq)]
pub struct StateSnapshot<S> {
    /// The state. At the newest checkpoint, with what tasks have finished since; not where their updates conflict.
    pub values: Arc<S>,
    /// The nodes that run next, by name, without those that are through already.
    pub next: Vec<String>,
    /// The tasks that come next, those that are through among them.
    pub tasks: Vec<TaskSnapshot>,
    /// Why what tasks have finished does not go together, where it does not: the thread stays readable, and an update
    /// mends it.
    pub conflict: Option<String>,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// The checkpoint it came from.
    pub parent: Option<CheckpointId>,
    /// Its superstep; -1 for the input of a new thread.
    pub superstep: i64,
    /// What made it.
    pub source: CheckpointSource,
    /// When it was made.
    pub created_at: Timestamp,
    /// The run that made it.
    pub run: Option<RunId>,
    /// What was noted on it.
    pub metadata: JsonObject,
}

/// A task that comes next on a thread.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSnapshot {
    /// Its id.
    pub id: String,
    /// Its node, by name.
    pub node: String,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What it asks, if it does.
    pub interrupts: Vec<Interrupt>,
    /// What it wrote, if it is through: a list of updates.
    pub result: Option<Vec<Value>>,
    /// The namespace of the task: where the checkpoints of a subgraph in it are. That of a subgraph with a memory of its own
    /// is the same in all its tasks.
    pub namespace: Namespace,
    /// The state of the subgraph in it, where [`Thread::with_subgraphs`] has put it.
    pub state: Option<Box<StateSnapshot<Json>>>,
}

impl<S> StateSnapshot<S> {
    /// The same of another state.
    pub(super) fn with_values<T>(self, values: T) -> StateSnapshot<T> {
        StateSnapshot {
            values: Arc::new(values),
            next: self.next,
            tasks: self.tasks,
            conflict: self.conflict,
            checkpoint: self.checkpoint,
            parent: self.parent,
            superstep: self.superstep,
            source: self.source,
            created_at: self.created_at,
            run: self.run,
            metadata: self.metadata,
        }
    }

    /// The questions that are open.
    pub fn interrupts(&self) -> impl Iterator<Item = &Interrupt> {
        self.tasks.iter().flat_map(|task| &task.interrupts)
    }
}

impl<S: State> Thread<S> {
    /// The thread as it stands; none where it has no checkpoint.
    ///
    /// # Errors
    /// What the store fails with, and [`RunFailure::State`] when what is stored does not fit the state.
    pub async fn state(&self) -> Result<Option<StateSnapshot<S>>, RunFailure> {
        let query = CheckpointQuery::latest(self.id.clone(), Namespace::root());
        match self.store.load(&query).await? {
            Some(stored) => self.snapshot(stored, true).await.map(Some),
            None => Ok(None),
        }
    }

    /// The thread as it stood at a checkpoint, without what tasks had finished behind it; none where there is no such
    /// checkpoint.
    ///
    /// # Errors
    /// Those of [`state`](Self::state).
    pub async fn state_at(
        &self,
        checkpoint: CheckpointId,
    ) -> Result<Option<StateSnapshot<S>>, RunFailure> {
        let query = CheckpointQuery::at(self.id.clone(), Namespace::root(), checkpoint);
        match self.store.load(&query).await? {
            Some(stored) => self.snapshot(stored, false).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn snapshot(
        &self,
        stored: StoredCheckpoint,
        with_writes: bool,
    ) -> Result<StateSnapshot<S>, RunFailure> {
        let mut values = Arc::new(self.codec.restore_to_show(&stored.channels)?);
        let checkpoint = stored.checkpoint;
        let progress = StoredProgress::decode(&checkpoint.progress)?;
        let mut rows = progress.carried_rows();
        if with_writes {
            rows.extend(stored.writes);
        }
        let tasks = self.task_snapshots(&progress, checkpoint.id, &rows);
        order_as_planned(&mut rows, tasks.iter().map(|task| task.id.clone()));
        let conflict = self.apply_writes(&mut values, &rows).await;
        let next = tasks.iter().filter(|task| task.result.is_none()).map(|task| task.node.clone());
        Ok(StateSnapshot {
            values,
            next: next.collect(),
            tasks,
            conflict,
            checkpoint: checkpoint.id,
            parent: checkpoint.parent,
            superstep: checkpoint.superstep,
            source: checkpoint.source,
            created_at: checkpoint.created_at,
            run: checkpoint.run,
            metadata: checkpoint.metadata,
        })
    }

    /// Applies what came from outside, and what tasks have finished; gives why that was not possible.
    pub(super) async fn apply_writes(
        &self,
        values: &mut Arc<S>,
        rows: &[PendingWrite],
    ) -> Option<String> {
        let mut outside = Vec::new();
        let mut finished = Vec::new();
        for row in rows.iter().filter(|row| row.kind == WriteKind::Update) {
            let Ok(saved) = row.value.decode::<SavedOutput>() else { continue };
            for update in saved.updates() {
                match self.codec.update_from_json(update.clone()) {
                    Ok(update) if row.task.as_str() == OUTSIDE => outside.push(update),
                    Ok(update) => finished.push((row.task.as_str(), update)),
                    Err(error) => return Some(error.to_string()),
                }
            }
        }
        if !outside.is_empty()
            && let Err(error) = apply(values, outside).await
        {
            return Some(error.to_string());
        }
        if finished.is_empty() {
            return None;
        }
        let mut writers = BTreeMap::new();
        let mut conflict = None;
        for (task, update) in &finished {
            values.visit_last_values(update, &mut |field| {
                if let Some(first) = writers.insert(field, *task) {
                    conflict.get_or_insert_with(|| {
                        format!("the tasks {first} and {task} both wrote the state field {field:?}")
                    });
                }
            });
        }
        if conflict.is_some() {
            return conflict;
        }
        let finished = finished.into_iter().map(|(_, update)| update).collect();
        apply(values, finished).await.err().map(|error| error.to_string())
    }

    fn task_snapshots(
        &self,
        progress: &StoredProgress,
        checkpoint: CheckpointId,
        rows: &[PendingWrite],
    ) -> Vec<TaskSnapshot> {
        let questions = open_questions(rows);
        let tasks = progress.tasks(checkpoint).map(|task| {
            let own: Vec<PendingWrite> =
                rows.iter().filter(|row| row.task.as_str() == task.id).cloned().collect();
            let result = decoded::<SavedOutput>(&own, WriteKind::Update).next();
            let asks = questions.iter().filter(|question| question.task.as_str() == task.id);
            let part = if self.remembers(&task.node) { &task.node } else { &task.part };
            TaskSnapshot {
                error: decoded::<String>(&own, WriteKind::Error)
                    .next()
                    .filter(|_| result.is_none()),
                interrupts: asks.map(|question| question.interrupt.clone()).collect(),
                result: result.map(|saved| saved.updates().to_vec()),
                namespace: self.namespace.inside(part),
                state: None,
                node: task.node,
                id: task.id,
            }
        });
        tasks.collect()
    }

    /// Whether a node is a subgraph with a memory of its own.
    fn remembers(&self, node: &str) -> bool {
        let graph = &self.engine.graph;
        let inner = graph.node_index(node).and_then(|index| graph.node(index).inner_graph());
        inner.is_some_and(|inner| inner.inside().memory() == SubgraphMemory::PerThread)
    }
}

/// Puts what tasks have finished in the order in which a commit puts it together: stores give it in an order of their own.
pub(super) fn order_as_planned(rows: &mut [PendingWrite], tasks: impl Iterator<Item = String>) {
    let places: BTreeMap<String, usize> = tasks.enumerate().map(|(at, id)| (id, at)).collect();
    rows.sort_by_key(|row| places.get(row.task.as_str()).copied());
}

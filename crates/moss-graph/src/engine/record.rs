//! What a session stores and tells of itself.

use std::sync::Arc;

use super::session::{Halt, Session};
use crate::checkpoint::{
    Blob, CheckpointId, CheckpointSource, Namespace, PendingWrite, StoreError, TaskKey, WriteKind,
};
use crate::error::RunFailure;
use crate::scheduler::{Finished, TaskPlace};
use crate::state::{Marks, StateError, apply};
use crate::stream::{StreamMode, StreamPayload};
use crate::thread::{Durability, Entry, Ledger, Origins, StoredProgress};
use crate::{Interrupt, State};

/// What is stored of a run, and what is to be.
pub(crate) struct Record {
    pub(crate) ledger: Arc<Ledger>,
    /// What has changed since the last checkpoint that is stored.
    pub(crate) marks: Marks,
    /// The last checkpoint that is stored, where the next one comes from.
    pub(crate) from: Option<CheckpointId>,
    /// The checkpoint before the one the run stands at, as those who follow the run are told of it.
    pub(crate) before: Option<CheckpointId>,
    /// What made the checkpoint the run stands at.
    pub(crate) source: CheckpointSource,
    /// At which checkpoints open tasks were planned, where that is not the last.
    pub(crate) origins: Origins,
    /// What tasks that were open when the run came to its checkpoint had finished by then.
    pub(crate) carried: Vec<PendingWrite>,
    /// The superstep the run was at when it was gone on with.
    pub(crate) began: u64,
    /// Of a subgraph with a memory of its own: the task it runs in.
    pub(crate) task: Option<Namespace>,
    pub(crate) part: Part,
}

/// Which part of a run a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The run's own graph: with what it stores last the run gives its lease back.
    Run,
    /// A subgraph that is looked at, or gone on with, when it is done.
    Subgraph,
    /// A subgraph whose state nobody asks for when it is done: its result is in its parent.
    PassingSubgraph,
}

/// Whether a run may have more to store behind a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum More {
    MayCome,
    /// It comes to its end there.
    Nothing,
}

impl Record {
    /// The checkpoint at which a task was planned.
    pub(super) fn origin(&self, task: TaskPlace) -> Option<CheckpointId> {
        self.origins.get(&task).copied().or_else(|| self.ledger.at())
    }
}

impl<S: State> Session<'_, S> {
    /// Notes what these tasks are going to change.
    pub(super) fn mark(&mut self, finished: &[Finished<S>]) {
        if let (Some(record), Some(codec)) = (&mut self.record, &self.bench.engine.codec) {
            let mut updates = finished.iter().flat_map(|task| &task.updates);
            codec.mark(&self.state, &mut updates, &mut record.marks);
        }
    }

    pub(super) fn began_at(&self) -> u64 {
        self.record.as_ref().map_or(0, |record| record.began + 1)
    }

    /// Moves on to the next checkpoint, and stores it unless that is for the end.
    pub(crate) async fn persist(
        &mut self,
        source: CheckpointSource,
        more: More,
    ) -> Result<(), RunFailure> {
        let Some(record) = &mut self.record else { return Ok(()) };
        record.source = source;
        record.before = record.ledger.at();
        let planned_now = self.progress.superstep() + 1;
        let open = || self.progress.next().iter().filter(|task| task.superstep() != planned_now);
        let graph = &self.bench.engine.graph;
        let still_open: Vec<_> = open().map(|task| task.id(graph)).collect();
        if let Some(at) = record.ledger.at() {
            for task in open() {
                record.origins.entry(task.place()).or_insert(at);
            }
        }
        record.origins.retain(|place, _| open().any(|task| task.place() == *place));
        record.ledger.step(&still_open);
        record.carried = record.ledger.rows()?;
        match record.ledger.writer().durability() {
            // What a subgraph remembers is stored by now. Further on than the graph around it, it could not be gone on with.
            Durability::Exit if record.ledger.is_behind() => self.store(more).await,
            Durability::Exit => Ok(()),
            Durability::Sync | Durability::Async => self.store(more).await,
        }
    }

    /// Stores the checkpoint the run stands at; with what is remembered behind it, where it is the run's last.
    async fn store(&mut self, more: More) -> Result<(), RunFailure> {
        let (Some(record), Some(codec)) = (&mut self.record, &self.bench.engine.codec) else {
            return Ok(());
        };
        let progress = StoredProgress::of(
            &self.bench.engine.graph,
            &**codec,
            &self.progress,
            &record.origins,
            &record.carried,
        )?;
        let superstep = i64::try_from(self.progress.superstep()).unwrap_or(i64::MAX);
        let entry = Entry {
            superstep: superstep_of(record.source, superstep),
            source: record.source,
            progress: progress
                .with_subgraphs(&record.ledger.subgraphs())
                .in_task(record.task.as_ref())
                .encode()?,
            changes: codec.changes(&self.state, &record.marks)?,
        };
        let at = record.ledger.at();
        match (record.part, more) {
            (Part::Run, More::Nothing) => record.ledger.settle(record.from, entry).await?,
            _ => record.ledger.commit(record.from, entry).await?,
        }
        record.from = at;
        record.marks = Marks::default();
        Ok(())
    }

    /// Stores what was left for the end: also what tasks have come to whose superstep is not committed.
    pub(super) async fn settle(&mut self, done: bool) -> Result<(), RunFailure> {
        let Some(record) = &self.record else { return Ok(()) };
        let ledger = Arc::clone(&record.ledger);
        match ledger.writer().durability() {
            Durability::Sync | Durability::Async => return ledger.put_outputs(Vec::new()).await,
            Durability::Exit => {}
        }
        match (record.part, ledger.is_stored()) {
            (Part::PassingSubgraph, _) if done => Ok(()),
            (Part::Run, false) => self.store(More::Nothing).await,
            (Part::Subgraph | Part::PassingSubgraph, false) => {
                self.store(More::MayCome).await?;
                ledger.put_remembered().await
            }
            (_, true) => ledger.put_remembered().await,
        }
    }

    /// Stores what tasks ask, and gives all of it.
    pub(super) async fn note_questions(
        &self,
        asked: Vec<(TaskKey, Vec<Interrupt>)>,
    ) -> Result<Vec<Interrupt>, RunFailure> {
        let Some(record) = &self.record else {
            return Ok(asked.into_iter().flat_map(|(_, interrupts)| interrupts).collect());
        };
        let mut rows = Vec::new();
        let mut all = Vec::new();
        for (task, interrupts) in asked {
            for (index, interrupt) in (0..).zip(&interrupts) {
                let value = Blob::encode(interrupt).map_err(StoreError::Value)?;
                let kind = WriteKind::Interrupt;
                rows.push(PendingWrite { task: task.clone(), kind, index, value });
            }
            all.extend(interrupts);
        }
        record.ledger.put_outputs(rows).await?;
        Ok(all)
    }

    /// Shows what the tasks that are through have written beside those that ask. It is not committed: only what the run
    /// gives back has it.
    pub(super) async fn show(&mut self, mut finished: Vec<Finished<S>>) {
        // As a commit would put it together, whichever was through first.
        finished.sort_unstable_by_key(Finished::place);
        let updates: Vec<_> = finished.into_iter().flat_map(|task| task.updates).collect();
        let mut shown = Arc::clone(&self.state);
        // Two of them may not go together; then none is shown.
        if !updates.is_empty() && apply(&mut shown, updates).await.is_ok() {
            self.shown = Some(shown);
        }
    }

    /// Whether these tasks write something that changes the values which somebody follows: an update may hold no field.
    pub(super) fn tells_of(&self, finished: &[Finished<S>]) -> Result<bool, StateError> {
        let (Some(sink), Some(codec)) = (&self.bench.run.sink, &self.bench.engine.codec) else {
            return Ok(false);
        };
        if !sink.tells(&self.bench.run.namespace, StreamMode::Values) {
            return Ok(false);
        }
        for update in finished.iter().flat_map(|task| &task.updates) {
            if codec.update_to_json(update)?.as_object().is_none_or(|fields| !fields.is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells the values of the state the run stands at.
    pub(crate) async fn tell_values(&self) -> Result<(), StateError> {
        let (Some(sink), Some(codec)) = (&self.bench.run.sink, &self.bench.engine.codec) else {
            return Ok(());
        };
        let namespace = &self.bench.run.namespace;
        if sink.tells(namespace, StreamMode::Values) {
            sink.tell(namespace, StreamPayload::Values(codec.shown(&self.state)?)).await;
        }
        Ok(())
    }

    /// Tells of the state the run stands at.
    pub(crate) async fn tell_state(
        &self,
        source: CheckpointSource,
        wrote: bool,
    ) -> Result<(), StateError> {
        let (Some(sink), Some(codec)) = (&self.bench.run.sink, &self.bench.engine.codec) else {
            return Ok(());
        };
        let namespace = &self.bench.run.namespace;
        if wrote {
            self.tell_values().await?;
        }
        if sink.tells_of_debug(namespace, StreamMode::Checkpoints) {
            let superstep = i64::try_from(self.progress.superstep()).unwrap_or(i64::MAX);
            let superstep = superstep_of(source, superstep);
            let record = self.record.as_ref();
            let payload = StreamPayload::Checkpoint {
                id: record.and_then(|record| record.ledger.at()),
                parent: record.and_then(|record| record.before),
                superstep,
                source,
                values: codec.shown(&self.state)?,
                next: self.progress.next().iter().map(|task| self.name(task.node())).collect(),
            };
            sink.tell_debug(namespace, superstep, payload).await;
        }
        Ok(())
    }

    /// Tells why the run stops, and then, as LangGraph does, the values with what has been written beside the questions.
    pub(super) async fn tell_interrupts(&self, halt: &Halt) -> Result<(), StateError> {
        let (Some(sink), Some(codec)) = (&self.bench.run.sink, &self.bench.engine.codec) else {
            return Ok(());
        };
        let interrupts = match halt {
            Halt::Interrupted(interrupts) => interrupts.clone(),
            // A stop is an interrupt that asks nothing, as in LangGraph.
            Halt::Before(_) | Halt::After(_) => Vec::new(),
            Halt::Done | Halt::Drained | Halt::Parent { .. } => return Ok(()),
        };
        let namespace = &self.bench.run.namespace;
        if sink.tells(namespace, StreamMode::Updates) {
            sink.tell(namespace, StreamPayload::Interrupts(interrupts.clone())).await;
        }
        if sink.tells(namespace, StreamMode::Values) {
            let values = serde_json::json!({ "__interrupt__": interrupts });
            sink.tell(namespace, StreamPayload::Values(values)).await;
            if let Some(shown) = &self.shown {
                sink.tell(namespace, StreamPayload::Values(codec.shown(shown)?)).await;
            }
        }
        Ok(())
    }
}

/// The number of a checkpoint: an input stands before the superstep that reads it, as in LangGraph.
const fn superstep_of(source: CheckpointSource, superstep: i64) -> i64 {
    match source {
        CheckpointSource::Input => superstep - 1,
        CheckpointSource::Loop | CheckpointSource::Update | CheckpointSource::Fork => superstep,
    }
}

//! What is stored of a task until its superstep is committed.

use std::pin::Pin;
use std::sync::Arc;

use super::{Bench, Job, TaskEnd};
use crate::State;
use crate::checkpoint::{Blob, StoreError, TaskKey, WriteKind};
use crate::context::decoded;
use crate::error::{NodeFailure, RunFailure};
use crate::scheduler::{Finished, TaskId};
use crate::thread::{Output, SavedOutput};

/// Something is being stored while tasks go on.
pub(in crate::engine) type Storing<'l> =
    Pin<Box<dyn Future<Output = Result<(), RunFailure>> + Send + 'l>>;

impl<S: State> Bench<'_, S> {
    /// A task that was through before the run was stopped: it does not run again.
    pub(super) async fn saved(
        &self,
        job: &Job<S>,
        id: &TaskId,
    ) -> Result<Option<TaskEnd<S>>, RunFailure> {
        let (Some(codec), Some(saved)) =
            (&self.engine.codec, decoded::<SavedOutput>(&job.rows, WriteKind::Update).next())
        else {
            return Ok(None);
        };
        let finished = saved.restore(&self.engine.graph, &**codec, job.task.place())?;
        self.tell_end(id, &finished, true).await?;
        Ok(Some(TaskEnd::Finished(finished)))
    }

    /// Keeps why a task failed, for those who look at the thread. That it cannot be kept changes nothing: the task has
    /// failed anyway.
    pub(super) async fn note_failure(&self, id: &TaskId, failure: &NodeFailure) {
        if let Some(ledger) = &self.run.ledger {
            let key = TaskKey::from(id.to_string());
            let _ = ledger.put(&key, WriteKind::Error, 0, &failure.reason()).await;
        }
    }

    /// Keeps what a task has come to until its superstep is committed.
    pub(super) async fn keep(&self, id: &TaskId, finished: &Finished<S>) -> Result<(), RunFailure> {
        let (Some(ledger), Some(codec)) = (&self.run.ledger, &self.engine.codec) else {
            return Ok(());
        };
        let Finished { updates, targets, onward, .. } = finished;
        // Most are forgotten with the commit: what is encoded is only what is stored.
        let (graph, codec) = (self.engine.graph.clone(), Arc::clone(codec));
        let (updates, targets, onward) = (updates.clone(), targets.clone(), *onward);
        let output = Output::new(id.clone(), move || {
            let saved = SavedOutput::of(&graph, &*codec, &updates, (&targets, onward))?;
            Ok(Blob::encode(&saved).map_err(StoreError::Value)?)
        });
        // Whoever is told that the task is through may count on it.
        if self.tells_ends() {
            ledger.put_output(output).await
        } else {
            ledger.keep(output);
            Ok(())
        }
    }

    /// Stores what tasks have come to by now, where that is not for the end of the run.
    pub(in crate::engine) fn storing(&self) -> Option<Storing<'_>> {
        let ledger = self.run.ledger.as_ref()?;
        ledger.owes_outputs().then(|| Box::pin(ledger.put_outputs(Vec::new())) as Storing<'_>)
    }
}

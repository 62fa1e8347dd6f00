//! What is told of a task to those who follow the run.

use serde_json::{Map, Value};

use super::{Bench, Job};
use crate::State;
use crate::error::RunFailure;
use crate::scheduler::{Finished, TaskId};
use crate::stream::{StreamMode, StreamPayload, TaskOutcome};

impl<S: State> Bench<'_, S> {
    pub(super) async fn tell_start(&self, job: &Job<S>, id: &TaskId) -> Result<(), RunFailure> {
        let (Some(sink), Some(codec)) = (&self.run.sink, &self.engine.codec) else { return Ok(()) };
        if sink.tells_of_debug(&self.run.namespace, StreamMode::Tasks) {
            let input = codec.as_input(job.task.input().unwrap_or(&job.state))?;
            let metadata = self.engine.graph.node_options(job.task.node()).metadata.as_deref();
            let payload = StreamPayload::TaskStarted {
                id: id.to_string(),
                node: id.node().clone(),
                input,
                metadata: metadata.cloned().unwrap_or_default(),
            };
            sink.tell_debug(&self.run.namespace, superstep(id), payload).await;
        }
        Ok(())
    }

    /// Whether somebody is told of tasks that are through.
    pub(super) fn tells_ends(&self) -> bool {
        let namespace = &self.run.namespace;
        self.run.sink.as_ref().is_some_and(|sink| {
            sink.tells(namespace, StreamMode::Updates)
                || sink.tells_of_debug(namespace, StreamMode::Tasks)
        })
    }

    pub(super) async fn tell_end(
        &self,
        id: &TaskId,
        finished: &Finished<S>,
        cached: bool,
    ) -> Result<(), RunFailure> {
        let (Some(sink), Some(codec)) = (&self.run.sink, &self.engine.codec) else { return Ok(()) };
        let namespace = &self.run.namespace;
        let updates = sink.tells(namespace, StreamMode::Updates);
        if !self.tells_ends() {
            return Ok(());
        }
        let written = finished.updates.iter().map(|update| codec.update_to_json(update));
        let update = together(written.collect::<Result<Vec<_>, _>>()?);
        if updates {
            let update = update.clone();
            let node = id.node().clone();
            sink.tell(namespace, StreamPayload::Update { node, update, cached }).await;
        }
        self.tell_outcome(id, TaskOutcome::Wrote(update)).await;
        Ok(())
    }

    pub(super) async fn tell_outcome(&self, id: &TaskId, outcome: TaskOutcome) {
        if let Some(sink) = &self.run.sink
            && sink.tells_of_debug(&self.run.namespace, StreamMode::Tasks)
        {
            let (node, text) = (id.node().clone(), id.to_string());
            let payload = StreamPayload::TaskFinished { id: text, node, outcome };
            sink.tell_debug(&self.run.namespace, superstep(id), payload).await;
        }
    }
}

/// The updates of one task as one, as LangGraph tells them: a list only where two of them write one field.
fn together(updates: Vec<Value>) -> Value {
    let mut fields = Map::new();
    for update in &updates {
        let Value::Object(members) = update else { return updates.into() };
        for (name, value) in members {
            if fields.insert(name.clone(), value.clone()).is_some() {
                return updates.into();
            }
        }
    }
    Value::Object(fields)
}

fn superstep(id: &TaskId) -> i64 {
    i64::try_from(id.superstep()).unwrap_or(i64::MAX)
}

//! Writing to the run's stream.

use serde_json::{Map, Value, json};

use super::NodeContext;
use crate::stream::{StreamMode, StreamPayload};

impl NodeContext {
    /// Writes something of the node's own to those who follow the run: the mode `custom`. It waits while the reader is
    /// too far behind. Where nobody follows, nothing happens.
    pub async fn write(&self, value: impl Into<Value>) {
        self.alive();
        if let Some(sink) = &self.run().sink
            && sink.tells(self.namespace(), StreamMode::Custom)
        {
            sink.tell(self.namespace(), StreamPayload::Custom(value.into())).await;
        }
    }

    /// Writes a piece of a message: the mode `messages`. What `about` says stands beside what the engine says of the
    /// task. It waits while the reader is too far behind; no piece is lost, and none overtakes another.
    pub async fn write_message(&self, chunk: impl Into<Value>, about: Map<String, Value>) {
        self.alive();
        let Some(sink) = &self.run().sink else { return };
        if !sink.tells(self.namespace(), StreamMode::Messages) {
            return;
        }
        let mut metadata = self.metadata().cloned().unwrap_or_default();
        metadata.extend(about);
        metadata.insert("langgraph_step".to_owned(), self.superstep().into());
        metadata.insert("langgraph_node".to_owned(), self.node().as_str().into());
        metadata.insert("langgraph_task".to_owned(), self.task().to_string().into());
        let namespace = self.desk().map_or("", |desk| desk.path().as_str());
        metadata.insert("langgraph_checkpoint_ns".to_owned(), namespace.into());
        if let Some(run) = self.run_id() {
            metadata.insert("run_id".to_owned(), json!(run.as_str()));
        }
        let metadata = Value::Object(metadata);
        let message = StreamPayload::Message { chunk: chunk.into(), metadata };
        sink.tell(self.namespace(), message).await;
    }

    /// Whether somebody follows the run in this mode: what nobody reads need not be made.
    #[must_use]
    pub fn is_followed(&self, mode: StreamMode) -> bool {
        self.run().sink.as_ref().is_some_and(|sink| sink.tells(self.namespace(), mode))
    }

    fn alive(&self) {
        if let Some(desk) = self.desk() {
            desk.wrote();
        }
    }
}

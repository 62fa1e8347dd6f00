//! What a node of an agent's graph is given beside the state.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moss_protocol::{AgentLog, EventMetadata, EventName, GraphEvent, JsonObject, LogLevel, RunId};
use serde_json::Value;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::Agent;
use crate::events::{EventEmitter, Stopped};
use crate::steps::RunSteps;

/// What all nodes of one call share.
pub struct AgentContext {
    pub(crate) run_id: RunId,
    pub(crate) agent: Agent,
    pub(crate) events: EventEmitter,
    pub(crate) steps: Arc<Mutex<RunSteps>>,
    pub(crate) turns: Mutex<HashMap<String, u32>>,
    pub(crate) configurable: Arc<JsonObject>,
    pub(crate) metadata: JsonObject,
    pub(crate) cancel: CancellationToken,
    pub(crate) recursion_limit: u64,
}

/// One run of one node.
#[derive(Clone)]
pub struct NodeRun {
    pub(crate) context: Arc<AgentContext>,
    pub(crate) superstep: u64,
    pub(crate) metadata: EventMetadata,
}

/// A node ended early, because the run did: it was cancelled, or a handler of the host failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the run has ended")]
pub(crate) struct NodeStopped;

impl From<Stopped> for NodeStopped {
    fn from(_: Stopped) -> Self {
        Self
    }
}

impl AgentContext {
    /// What event handlers get beside the events of a node: LangGraph's metadata, with the scalar members
    /// of the host's `configurable` in it, as hosts rely on.
    pub(crate) fn node_metadata(&self, node: &str, superstep: u64) -> EventMetadata {
        let mut metadata = self.metadata.clone();
        metadata.insert("langgraph_node".to_owned(), Value::from(node));
        metadata.insert("langgraph_step".to_owned(), Value::from(superstep));
        Arc::new(metadata)
    }

    /// The metadata that is the same for all nodes.
    pub(crate) fn base_metadata(
        run_id: &RunId,
        agent: &Agent,
        configurable: &JsonObject,
        metadata: JsonObject,
    ) -> JsonObject {
        let scalars = configurable
            .iter()
            .filter(|(key, value)| {
                !key.starts_with("__")
                    && !value.is_object()
                    && !value.is_array()
                    && !value.is_null()
            })
            .map(|(key, value)| (key.clone(), value.clone()));
        let info = agent.model.info();
        let mut base = JsonObject::from_iter(scalars);
        base.extend(metadata);
        base.insert("run_id".to_owned(), Value::from(run_id.as_str()));
        base.insert("ls_provider".to_owned(), Value::from(info.provider.as_str()));
        base.insert("ls_model_name".to_owned(), Value::from(info.model.as_str()));
        base.insert("ls_model_type".to_owned(), Value::from("chat"));
        base
    }

    pub(crate) fn steps(&self) -> MutexGuard<'_, RunSteps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call of a tool: how many came before it.
    pub(crate) fn next_turn(&self, tool: &str) -> u32 {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.entry(tool.to_owned()).or_insert(0);
        *turn += 1;
        *turn - 1
    }
}

impl NodeRun {
    /// The run's id.
    #[must_use]
    pub fn run_id(&self) -> &RunId {
        &self.context.run_id
    }

    /// The superstep, from 1.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        self.superstep
    }

    /// The agent whose graph runs.
    #[must_use]
    pub fn agent(&self) -> &Agent {
        &self.context.agent
    }

    /// What the host passed for all nodes and tools of this call.
    #[must_use]
    pub fn configurable(&self) -> &JsonObject {
        &self.context.configurable
    }

    /// Cancelled when the run is to end.
    #[must_use]
    pub fn cancel(&self) -> &CancellationToken {
        &self.context.cancel
    }

    /// Sends `on_custom_event` to the host. Does nothing once the run has ended.
    pub async fn emit_custom(&self, data: Value) {
        // A host that no longer listens misses nothing.
        let _ = self.emit(GraphEvent::CustomEvent(data)).await;
    }

    /// Sends `on_agent_log` to the host.
    pub(crate) async fn log(
        &self,
        level: LogLevel,
        scope: &str,
        message: String,
        data: Option<JsonObject>,
    ) -> Result<(), NodeStopped> {
        if !self.context.events.wants(EventName::AgentLog) {
            return Ok(());
        }
        let log = AgentLog {
            level,
            scope: scope.to_owned(),
            message,
            data,
            run_id: Some(self.context.run_id.clone()),
            agent_id: Some(self.context.agent.id.clone()),
        };
        self.emit(GraphEvent::AgentLog(log)).await
    }

    pub(crate) async fn emit(&self, event: GraphEvent) -> Result<(), NodeStopped> {
        Ok(self.context.events.emit(event, &self.metadata).await?)
    }

    pub(crate) async fn emit_all(&self, events: &mut Vec<GraphEvent>) -> Result<(), NodeStopped> {
        Ok(self.context.events.emit_all(events.drain(..), &self.metadata).await?)
    }
}

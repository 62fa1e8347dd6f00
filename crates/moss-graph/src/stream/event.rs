//! What a stream tells, piece by piece.

use serde_json::{Value, json};

use super::StreamMode;
use crate::checkpoint::{CheckpointId, CheckpointSource, JsonObject, Namespace, Timestamp};
use crate::{Interrupt, NodeName};

/// One event of a run's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamEvent {
    /// Its number: counted from 1, without gaps, over all modes and namespaces of the run.
    pub seq: u64,
    /// The graph it is of: empty for the graph itself, and for a subgraph the tasks that lead to it.
    pub namespace: Namespace,
    /// What it tells.
    pub payload: StreamPayload,
}

/// What an event tells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StreamPayload {
    /// The state, as far as it is shown; where the run has stopped, also an object with the one member `__interrupt__`,
    /// the questions.
    Values(Value),
    /// What a task wrote.
    Update {
        /// The task's node.
        node: NodeName,
        /// The fields it wrote; a list where it wrote one of them several times.
        update: Value,
        /// Whether the task ran before, and what it wrote was kept.
        cached: bool,
    },
    /// The run has stopped: for these questions, or before or after a node, where there are none. Told in the mode
    /// `updates`.
    Interrupts(Vec<Interrupt>),
    /// A piece of a message.
    Message {
        /// The piece, in the node's own words.
        chunk: Value,
        /// Which node wrote it, in which superstep and namespace, what is said about the node, and what the node said about the
        /// piece.
        metadata: Value,
    },
    /// What a node wrote to the channel of its own.
    Custom(Value),
    /// A task begins.
    TaskStarted {
        /// The task's id.
        id: String,
        /// Its node.
        node: NodeName,
        /// What it runs on.
        input: Value,
        /// What is said about the node ([`NodeOptions::metadata`](crate::NodeOptions::metadata)).
        metadata: JsonObject,
    },
    /// A task has ended.
    TaskFinished {
        /// The task's id.
        id: String,
        /// Its node.
        node: NodeName,
        /// What it came to.
        outcome: TaskOutcome,
    },
    /// A checkpoint was made. With [`Durability::Exit`](crate::Durability::Exit) it need not be stored.
    Checkpoint {
        /// Its id; none in a run that is not on a thread.
        id: Option<CheckpointId>,
        /// The checkpoint before it.
        parent: Option<CheckpointId>,
        /// Its superstep.
        superstep: i64,
        /// What made it.
        source: CheckpointSource,
        /// The state.
        values: Value,
        /// The nodes that run next.
        next: Vec<NodeName>,
    },
    /// One of the three above, with the superstep and the time.
    Debug {
        /// The superstep.
        superstep: i64,
        /// When it happened.
        at: Timestamp,
        /// What happened.
        event: Box<StreamPayload>,
    },
}

/// What a task came to.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskOutcome {
    /// It wrote these fields; a list where it wrote one of them several times.
    Wrote(Value),
    /// It asks.
    Interrupted(Vec<Interrupt>),
    /// It failed, with this text.
    Failed(String),
}

impl StreamPayload {
    /// The mode that tells of it.
    #[must_use]
    pub const fn mode(&self) -> StreamMode {
        match self {
            Self::Values(_) => StreamMode::Values,
            Self::Update { .. } | Self::Interrupts(_) => StreamMode::Updates,
            Self::Message { .. } => StreamMode::Messages,
            Self::Custom(_) => StreamMode::Custom,
            Self::TaskStarted { .. } | Self::TaskFinished { .. } => StreamMode::Tasks,
            Self::Checkpoint { .. } => StreamMode::Checkpoints,
            Self::Debug { .. } => StreamMode::Debug,
        }
    }

    /// The payload as LangGraph's clients know it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let names = |names: &[NodeName]| -> Vec<String> { names.iter().map(Into::into).collect() };
        match self {
            Self::Values(values) | Self::Custom(values) => values.clone(),
            Self::Update { node, update, cached: false } => json!({ node.as_str(): update }),
            Self::Update { node, update, cached: true } => {
                json!({ node.as_str(): update, "__metadata__": { "cached": true } })
            }
            Self::Interrupts(interrupts) => json!({ "__interrupt__": interrupts }),
            Self::Message { chunk, metadata } => json!([chunk, metadata]),
            Self::TaskStarted { id, node, input, metadata } => json!({
                "id": id, "name": node.as_str(), "input": input, "interrupts": [], "metadata": metadata,
            }),
            Self::TaskFinished { id, node, outcome } => {
                let nothing = || json!({});
                let (result, interrupts, error) = match outcome {
                    TaskOutcome::Wrote(result) => (result.clone(), Vec::new(), None),
                    TaskOutcome::Interrupted(interrupts) => (nothing(), interrupts.clone(), None),
                    TaskOutcome::Failed(error) => (nothing(), Vec::new(), Some(error)),
                };
                json!({
                    "id": id, "name": node.as_str(), "result": result, "interrupts": interrupts, "error": error,
                })
            }
            Self::Checkpoint { id, parent, superstep, source, values, next } => json!({
                "id": id.map(|id| id.to_string()),
                "parent_id": parent.map(|id| id.to_string()),
                "metadata": { "step": superstep, "source": source.as_str() },
                "values": values,
                "next": names(next),
            }),
            Self::Debug { superstep, at, event } => {
                let kind = match **event {
                    Self::TaskStarted { .. } => "task",
                    Self::TaskFinished { .. } => "task_result",
                    _ => "checkpoint",
                };
                json!({
                    "step": superstep, "type": kind, "timestamp": at.as_millis(), "payload": event.to_json(),
                })
            }
        }
    }
}

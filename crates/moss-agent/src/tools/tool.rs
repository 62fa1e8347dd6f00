//! The trait that every tool implements.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moss_protocol::{
    Content, EventMetadata, JsonObject, StepId, ToolCall, ToolDefinition, ToolStatus,
};
use serde_json::Value;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// Something that a model may call.
#[async_trait]
pub trait Tool: Send + Sync + 'static {
    /// Its name, what it does, and the JSON Schema of its arguments.
    fn definition(&self) -> &ToolDefinition;

    /// Does its work. The call's arguments fit the schema, unless [`Self::checks_arguments`].
    ///
    /// Dropped when the run is cancelled or the tool's time is up; work that was handed on elsewhere ends
    /// with [`ToolInvocation::cancel`].
    ///
    /// # Errors
    /// Any [`ToolError`]. It ends the call, not the run: the model is told and may try again.
    async fn invoke(&self, invocation: ToolInvocation) -> Result<ToolOutput, ToolError>;

    /// Whether the tool checks its arguments itself, so that nobody does before.
    fn checks_arguments(&self) -> bool {
        false
    }
}

/// One call of a tool.
#[derive(Debug, Clone)]
pub struct ToolInvocation {
    /// The model's call.
    pub call: ToolCall,
    /// The run step that shows it.
    pub step_id: StepId,
    /// How many calls of this tool the run made before.
    pub turn: u32,
    /// What the host passed for all nodes and tools of this call (`user_id`, `thread_id` …).
    pub configurable: Arc<JsonObject>,
    /// What event handlers get beside the events of this node.
    pub metadata: EventMetadata,
    /// Cancelled when nobody waits for the answer any more.
    pub cancel: CancellationToken,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolOutput {
    /// The answer for the model; `None` when the tool returned nothing.
    pub content: Option<Content>,
    /// What the tool made beside it, for the host and not for the model.
    pub artifact: Option<Value>,
    /// Whether the tool did its work, by its own account.
    pub status: ToolStatus,
}

impl ToolOutput {
    /// An answer.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: Some(content.into()), artifact: None, status: ToolStatus::Success }
    }

    /// An answer in JSON: text as it is, everything else as JSON text.
    #[must_use]
    pub fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self { content: None, artifact: None, status: ToolStatus::Success },
            Value::String(text) => Self::new(text),
            other => Self::new(other.to_string()),
        }
    }

    /// The same answer with an artifact.
    #[must_use]
    pub fn with_artifact(mut self, artifact: Value) -> Self {
        self.artifact = Some(artifact);
        self
    }
}

impl From<String> for ToolOutput {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for ToolOutput {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Why a call gave no answer. The text goes to the model, so it should say how to do better.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ToolError {
    /// No tool has this name. The beginning of the sentence is the Run interface's.
    #[error("Tool \"{name}\" not found.{}", suggestion.as_ref().map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default())]
    NotFound {
        /// The name as the model wrote it.
        name: String,
        /// A tool of nearly that name.
        suggestion: Option<String>,
    },
    /// The arguments are not a JSON object.
    #[error("the arguments of tool \"{name}\" are not a JSON object: {problem}")]
    MalformedArguments {
        /// The tool.
        name: String,
        /// Where and why they could not be read.
        problem: String,
    },
    /// The arguments do not fit the tool's schema.
    #[error("the arguments of tool \"{name}\" do not fit its schema: {problem}")]
    InvalidArguments {
        /// The tool.
        name: String,
        /// What does not fit.
        problem: String,
    },
    /// The tool took too long.
    #[error("Tool \"{name}\" did not answer within {} ms", limit.as_millis())]
    TimedOut {
        /// The tool.
        name: String,
        /// How long it was given.
        limit: Duration,
    },
    /// The run was cancelled. The sentence is the Run interface's.
    #[error("This operation was aborted")]
    Cancelled,
    /// The tool panicked.
    #[error("Tool \"{name}\" failed unexpectedly")]
    Panicked {
        /// The tool.
        name: String,
    },
    /// The tool's own error.
    #[error("{0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl ToolError {
    /// The tool's own error, in words.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

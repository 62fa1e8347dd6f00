//! What a model may call, and its calls.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ConfigError, JsonObject};

/// A tool as it is offered to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// The name by which the model calls it. Unique within an agent, never empty.
    pub name: String,
    /// What it does, for the model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON Schema of its arguments: an object schema.
    #[serde(default = "no_parameters", alias = "schema")]
    pub parameters: Value,
    /// What else a provider takes beside a tool's definition, under its own names (`strict`, `cache_control`,
    /// `defer_loading` …): written into the definition as the wire sends it. LangChain's tools call it so too.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub extras: JsonObject,
}

fn no_parameters() -> Value {
    serde_json::json!({"type": "object", "properties": {}})
}

impl ToolDefinition {
    /// A definition of a tool with the given argument schema.
    pub fn new(name: impl Into<String>, description: impl Into<String>, parameters: Value) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            parameters,
            extras: JsonObject::new(),
        }
    }

    /// Checks that each tool has a name of its own.
    ///
    /// # Errors
    /// [`ConfigError::UnnamedTool`] or [`ConfigError::DuplicateTool`].
    pub fn check_names(tools: &[Self]) -> Result<(), ConfigError> {
        let mut names = HashSet::with_capacity(tools.len());
        for (position, tool) in tools.iter().enumerate() {
            if tool.name.is_empty() {
                return Err(ConfigError::UnnamedTool { position });
            }
            if !names.insert(tool.name.as_str()) {
                return Err(ConfigError::DuplicateTool { name: tool.name.clone() });
            }
        }
        Ok(())
    }
}

/// A call that a model made, with whole and valid arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The tool's name as the model wrote it.
    pub name: String,
    /// The arguments.
    pub args: JsonObject,
    /// The provider's id of this call; its result refers to it.
    pub id: String,
    /// Always `tool_call`.
    #[serde(rename = "type", default)]
    pub kind: ToolCallKind,
}

/// The constant `tool_call` in a tool call's JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolCallKind {
    /// The only value.
    #[default]
    #[serde(rename = "tool_call")]
    ToolCall,
}

impl ToolCall {
    /// A call with its arguments.
    pub fn new(id: impl Into<String>, name: impl Into<String>, args: JsonObject) -> Self {
        Self { name: name.into(), args, id: id.into(), kind: ToolCallKind::ToolCall }
    }
}

/// A call whose arguments are not a JSON object. It is answered with an error, never executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidToolCall {
    /// The tool's name as the model wrote it.
    pub name: String,
    /// The arguments as the model wrote them.
    pub args: String,
    /// The provider's id of this call.
    pub id: String,
    /// Why they could not be read.
    pub error: String,
}

/// A piece of a tool call as it streams in. Fields that the provider did not repeat are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCallChunk {
    /// The tool's name, usually on the first piece only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A piece of the arguments' JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<String>,
    /// The call's id, usually on the first piece only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The provider's index of the call within its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Always `tool_call_chunk`.
    #[serde(rename = "type", default)]
    pub kind: ToolCallChunkKind,
}

/// The constant `tool_call_chunk` in a chunk's JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolCallChunkKind {
    /// The only value.
    #[default]
    #[serde(rename = "tool_call_chunk")]
    ToolCallChunk,
}

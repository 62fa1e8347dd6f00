//! What a model is asked.

use std::sync::Arc;

use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::Value;

/// One question to a model: the conversation and what it may call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelRequest {
    /// The conversation, system message first.
    pub messages: Vec<Arc<Message>>,
    /// What the model may call.
    pub tools: Arc<[ToolDefinition]>,
    /// Tools that the provider runs itself, each as the provider's own protocol writes it
    /// (`{"type":"web_search_20250305","name":"web_search"}`, `{"googleSearch":{}}` …).
    pub server_tools: Arc<[JsonObject]>,
    /// Whether it may, must or must not call a tool.
    pub tool_choice: ToolChoice,
    /// The shape that the answer's text is to have. None: free text.
    pub output: Option<OutputSchema>,
}

/// The shape of a structured answer: JSON in the answer's text that follows a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputSchema {
    /// A name for it, which OpenAI's protocols want. Letters, digits, `_` and `-`.
    pub name: String,
    /// What it is for, for the model.
    pub description: Option<String>,
    /// JSON Schema.
    pub schema: Value,
    /// Whether the provider is to guarantee the shape, where it can.
    pub strict: bool,
}

/// Whether a model may, must or must not call a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides. Nothing is sent, so that the provider's default holds.
    #[default]
    Auto,
    /// It may not.
    None,
    /// It must call one.
    Required,
    /// It must call this one.
    Tool(String),
}

//! What a model is asked.

use std::sync::Arc;

use moss_protocol::{Message, ToolDefinition};

/// One question to a model: the conversation and what it may call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelRequest {
    /// The conversation, system message first.
    pub messages: Vec<Arc<Message>>,
    /// What the model may call.
    pub tools: Arc<[ToolDefinition]>,
    /// Whether it may, must or must not call a tool.
    pub tool_choice: ToolChoice,
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

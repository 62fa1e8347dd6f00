//! Model calls and tool calls, as LangChain's events have them.

use serde::{Deserialize, Serialize};

use crate::{AiMessage, JsonObject, Message, ToolMessage};

/// `on_chat_model_start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelStart {
    /// The conversation as it is sent.
    pub input: ChatModelInput,
}

/// The `input` of `on_chat_model_start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelInput {
    /// One conversation, in LangChain's list of lists.
    pub messages: Vec<Vec<Message>>,
}

/// `on_chat_model_stream`: a chunk as LangChain's `AIMessageChunk` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelStream {
    /// `content`, `id`, `tool_call_chunks`, `additional_kwargs`, `usage_metadata`.
    pub chunk: JsonObject,
}

/// `on_chat_model_end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelEnd {
    /// The whole answer, with its usage in `usage_metadata`.
    pub output: AiMessage,
}

/// `on_tool_start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolStart {
    /// The arguments.
    pub input: ToolInput,
}

/// The arguments of a call, as LangChain wraps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolInput {
    /// The arguments as JSON text.
    pub input: String,
}

/// `on_tool_end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolEnd {
    /// The answer.
    pub output: ToolMessage,
    /// The arguments.
    pub input: ToolInput,
}

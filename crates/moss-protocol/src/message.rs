//! Messages of a conversation, in the flat JSON of LangGraph's server: `{"type":"human","content":…}`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{Content, InvalidToolCall, JsonObject, ToolCall, Usage};

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Message {
    /// Instructions of the host.
    #[serde(rename = "system", alias = "developer")]
    System(SystemMessage),
    /// What a person, or the host in their place, said.
    #[serde(rename = "human", alias = "user")]
    Human(HumanMessage),
    /// What a model said.
    #[serde(rename = "ai", alias = "assistant", alias = "AIMessageChunk")]
    Ai(AiMessage),
    /// What a tool answered.
    #[serde(rename = "tool")]
    Tool(ToolMessage),
}

/// Instructions of the host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SystemMessage {
    /// The instructions.
    pub content: Content,
    /// The message's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who speaks, where the provider takes a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What belongs to no other field.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub additional_kwargs: JsonObject,
}

/// What a person said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HumanMessage {
    /// What they said.
    pub content: Content,
    /// The message's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who speaks, where the provider takes a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What belongs to no other field.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub additional_kwargs: JsonObject,
}

/// What a model said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AiMessage {
    /// Text and other parts.
    #[serde(default)]
    pub content: Content,
    /// The message's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who speaks, in a graph of several agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Calls with whole arguments, in the model's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Calls whose arguments could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invalid_tool_calls: Vec<InvalidToolCall>,
    /// What belongs to no other field: `reasoning_content` and other provider extras.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub additional_kwargs: JsonObject,
    /// What the provider said about the answer: `finish_reason`, `model_name`, `system_fingerprint` …
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub response_metadata: JsonObject,
    /// What the call consumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_metadata: Option<Usage>,
}

/// What a tool answered to one call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolMessage {
    /// The answer, for the model.
    pub content: Content,
    /// The message's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tool's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The call that this answers.
    pub tool_call_id: String,
    /// Whether the tool did its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ToolStatus>,
    /// What the tool made beside its answer, for the host and not for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Value>,
    /// What belongs to no other field.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub additional_kwargs: JsonObject,
}

/// Whether a tool did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolStatus {
    /// It did.
    Success,
    /// It did not; the content says why.
    Error,
}

/// JSON that was to be a message is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "message {position} {problem}. A message is a LangChain message, or an object with `role` (`system`, `user`, `assistant` or `tool`) and `content`; a `tool` message also needs `tool_call_id`"
)]
pub struct MessageError {
    /// Where it stood in the list, from 0.
    pub position: usize,
    /// What is wrong with it, as the end of a sentence.
    pub problem: String,
}

impl Message {
    /// Reads a list of messages as hosts write them: with `type` or with `role`, under the names of
    /// LangChain (`human`, `ai`) or of OpenAI (`user`, `assistant`, `developer`).
    ///
    /// # Errors
    /// [`MessageError`] names the first message that is none, and why.
    pub fn list_from_json(list: Vec<Value>) -> Result<Vec<Self>, MessageError> {
        list.into_iter()
            .enumerate()
            .map(|(position, value)| {
                Self::from_json(value).map_err(|problem| MessageError { position, problem })
            })
            .collect()
    }

    fn from_json(value: Value) -> Result<Self, String> {
        let Value::Object(mut object) = value else {
            return Err(format!("is not an object but {}", kind_of(&value)));
        };
        if !object.contains_key("type")
            && let Some(role) = object.shift_remove("role")
        {
            object.insert("type".to_owned(), role);
        }
        let kind = match object.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(other) => return Err(format!("has {} as its role", kind_of(other))),
            None => return Err("has neither a `role` nor a `type`".to_owned()),
        };
        if !matches!(
            kind.as_str(),
            "system"
                | "developer"
                | "human"
                | "user"
                | "ai"
                | "assistant"
                | "AIMessageChunk"
                | "tool"
        ) {
            return Err(format!("has the unknown role `{kind}`"));
        }
        // OpenAI writes `null` for an answer that is tool calls alone.
        if object.get("content").is_some_and(Value::is_null) {
            object.insert("content".to_owned(), Value::String(String::new()));
        }
        if matches!(kind.as_str(), "ai" | "assistant" | "AIMessageChunk") {
            if let Some(Value::Array(calls)) = object.get_mut("tool_calls") {
                calls.iter_mut().for_each(unnest_function_call);
            }
        } else if !object.contains_key("content") {
            return Err("has no `content`".to_owned());
        }
        serde_json::from_value(Value::Object(object))
            .map_err(|error| format!("of role `{kind}` cannot be read: {error}"))
    }

    /// What it says.
    #[must_use]
    pub const fn content(&self) -> &Content {
        match self {
            Self::System(message) => &message.content,
            Self::Human(message) => &message.content,
            Self::Ai(message) => &message.content,
            Self::Tool(message) => &message.content,
        }
    }

    /// A system message.
    pub fn system(content: impl Into<Content>) -> Self {
        Self::System(SystemMessage { content: content.into(), ..SystemMessage::default() })
    }

    /// A human message.
    pub fn human(content: impl Into<Content>) -> Self {
        Self::Human(HumanMessage { content: content.into(), ..HumanMessage::default() })
    }

    /// A model's message without tool calls.
    pub fn ai(content: impl Into<Content>) -> Self {
        Self::Ai(AiMessage { content: content.into(), ..AiMessage::default() })
    }

    /// A tool's answer to a call.
    pub fn tool(tool_call_id: impl Into<String>, content: impl Into<Content>) -> Self {
        Self::Tool(ToolMessage {
            content: content.into(),
            tool_call_id: tool_call_id.into(),
            ..ToolMessage::default()
        })
    }
}

/// Turns OpenAI's `{"id", "type":"function", "function":{"name","arguments"}}` into our shape; leaves others.
fn unnest_function_call(call: &mut Value) {
    let Value::Object(object) = call else { return };
    let Some(Value::Object(mut function)) = object.shift_remove("function") else { return };
    let args = match function.shift_remove("arguments") {
        Some(Value::String(text)) if text.trim().is_empty() => Value::Null,
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other.unwrap_or_default(),
    };
    // Models write a call without arguments in all these ways.
    let args = if args.is_null() { Value::Object(JsonObject::new()) } else { args };
    object.insert("args".to_owned(), args);
    object.insert("name".to_owned(), function.shift_remove("name").unwrap_or_default());
    object.insert("type".to_owned(), Value::String("tool_call".to_owned()));
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

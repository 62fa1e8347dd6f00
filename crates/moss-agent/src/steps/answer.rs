//! A model's answer, put together from its chunks.

use moss_llm::{ModelEvent, ResponseInfo};
use moss_protocol::{
    AiMessage, Content, InvalidToolCall, JsonObject, ReasoningKey, ToolCall, Usage,
};
use serde_json::Value;

/// A model's answer so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    response: Option<ResponseInfo>,
    text: String,
    reasoning: Option<(ReasoningKey, String)>,
    reasoning_details: Vec<Value>,
    refusal: String,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    extra: JsonObject,
}

impl Answer {
    /// The provider's id of the answer, once known.
    pub(super) fn id(&self) -> Option<&str> {
        self.response.as_ref()?.id.as_deref()
    }

    /// Takes in one event. Tool calls are kept elsewhere.
    pub(super) fn push(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::Started(response) => self.response = Some(response),
            ModelEvent::Text { text, .. } => self.text.push_str(&text),
            ModelEvent::Reasoning { text, key, details } => {
                self.reasoning.get_or_insert_with(|| (key, String::new())).1.push_str(&text);
                match details {
                    Some(Value::Array(list)) => self.reasoning_details.extend(list),
                    Some(other) => self.reasoning_details.push(other),
                    None => {}
                }
            }
            ModelEvent::ToolCall(_) => {}
            ModelEvent::Refusal { text } => self.refusal.push_str(&text),
            ModelEvent::Usage(usage) => self.usage = Some(usage),
            ModelEvent::Finished { raw, .. } => self.finish_reason = Some(raw),
            ModelEvent::Extra { path, value } => {
                self.extra.insert(path, value);
            }
        }
    }

    /// The answer as a message.
    pub(super) fn into_message(
        self,
        tool_calls: Vec<ToolCall>,
        invalid_tool_calls: Vec<InvalidToolCall>,
    ) -> AiMessage {
        let mut additional_kwargs = JsonObject::new();
        if let Some((key, text)) = self.reasoning
            && !text.is_empty()
        {
            let key = match key {
                ReasoningKey::ReasoningContent => "reasoning_content",
                ReasoningKey::Reasoning => "reasoning",
            };
            additional_kwargs.insert(key.to_owned(), Value::String(text));
        }
        if !self.reasoning_details.is_empty() {
            let details = Value::Array(self.reasoning_details);
            additional_kwargs.insert("reasoning_details".to_owned(), details);
        }
        if !self.refusal.is_empty() {
            additional_kwargs.insert("refusal".to_owned(), Value::String(self.refusal));
        }
        let response = self.response.unwrap_or_default();
        let mut response_metadata = response.extra;
        if let Some(model) = response.model {
            response_metadata.insert("model_name".to_owned(), Value::String(model));
        }
        if let Some(reason) = self.finish_reason {
            response_metadata.insert("finish_reason".to_owned(), Value::String(reason));
        }
        response_metadata.extend(self.extra);
        AiMessage {
            content: Content::Text(self.text),
            id: response.id,
            name: None,
            tool_calls,
            invalid_tool_calls,
            additional_kwargs,
            response_metadata,
            usage_metadata: self.usage,
        }
    }
}

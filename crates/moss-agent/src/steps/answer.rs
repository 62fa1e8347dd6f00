//! A model's answer, put together from its chunks.

use moss_llm::{ModelEvent, ReasoningForm, ResponseInfo};
use moss_protocol::{AiMessage, InvalidToolCall, JsonObject, ToolCall, Usage};
use serde_json::{Value, json};

use super::answer_content::AnswerContent;
use super::answer_extras::AnswerExtras;
use super::reasoning_details::ReasoningDetails;

/// A model's answer so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    response: Option<ResponseInfo>,
    content: AnswerContent,
    /// Reasoning that stands beside the content.
    reasoning: Option<(ReasoningForm, String)>,
    /// OpenAI's summaries of its reasoning, by their index.
    summaries: Vec<(Option<u32>, String)>,
    reasoning_details: ReasoningDetails,
    refusal: String,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    kwargs: JsonObject,
    extras: AnswerExtras,
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
            ModelEvent::Text { text, index } => self.content.text(&text, index),
            ModelEvent::Reasoning { text, form, index, details } => {
                self.reason(text, form, index);
                if let Some(details) = details {
                    self.reasoning_details.push(details);
                }
            }
            ModelEvent::Part { index, part } => self.content.part(part, index),
            ModelEvent::ToolCall(_) | ModelEvent::Fallback(_) => {}
            ModelEvent::Refusal { text } => self.refusal.push_str(&text),
            ModelEvent::Usage(usage) => self.usage = Some(usage),
            ModelEvent::Finished { raw, .. } => self.finish_reason = Some(raw),
            ModelEvent::Kwarg { name, value } => {
                self.kwargs.insert(name, value);
            }
            ModelEvent::Extra { path, value } => self.extras.push(path, value),
        }
    }

    fn reason(&mut self, text: String, form: ReasoningForm, index: Option<u32>) {
        match form {
            ReasoningForm::Field(_) => {
                let reasoning = self.reasoning.get_or_insert_with(|| (form, String::new()));
                reasoning.1.push_str(&text);
            }
            ReasoningForm::Summary => {
                match self.summaries.iter_mut().find(|(known, _)| *known == index) {
                    Some((_, summary)) => summary.push_str(&text),
                    None => self.summaries.push((index, text)),
                }
            }
            ReasoningForm::Thinking => {
                self.content.part(member("thinking", "thinking", text), index);
            }
            ReasoningForm::Reasoning => {
                self.content.part(member("reasoning", "reasoning", text), index);
            }
            ReasoningForm::ReasoningContent => {
                let mut part = member("reasoning_content", "reasoningText", String::new());
                part.insert("reasoningText".to_owned(), json!({"text": text}));
                self.content.part(part, index);
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
        if let Some((ReasoningForm::Field(key), text)) = self.reasoning
            && !text.is_empty()
        {
            additional_kwargs.insert(key.as_str().to_owned(), Value::String(text));
        }
        if let Some(details) = self.reasoning_details.into_value() {
            additional_kwargs.insert("reasoning_details".to_owned(), details);
        }
        if !self.refusal.is_empty() {
            additional_kwargs.insert("refusal".to_owned(), Value::String(self.refusal));
        }
        let (kwargs, metadata) = self.extras.into_parts();
        additional_kwargs.extend(kwargs);
        additional_kwargs.extend(self.kwargs);
        if !self.summaries.is_empty() {
            summarise(&mut additional_kwargs, self.summaries);
        }
        let response = self.response.unwrap_or_default();
        let mut response_metadata = response.extra;
        if let Some(model) = response.model {
            response_metadata.insert("model_name".to_owned(), Value::String(model));
        }
        if let Some(reason) = self.finish_reason {
            response_metadata.insert("finish_reason".to_owned(), Value::String(reason));
        }
        response_metadata.extend(metadata);
        AiMessage {
            content: self.content.into_content(),
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

/// Sets the summaries into `reasoning`, which a wire may have told as an object with an id and a seal.
fn summarise(kwargs: &mut JsonObject, summaries: Vec<(Option<u32>, String)>) {
    let summary = summaries.into_iter().map(|(index, text)| match index {
        Some(index) => json!({"type": "summary_text", "text": text, "index": index}),
        None => json!({"type": "summary_text", "text": text}),
    });
    let summary = Value::Array(summary.collect());
    match kwargs.get_mut("reasoning") {
        Some(Value::Object(reasoning)) => {
            reasoning.insert("summary".to_owned(), summary);
        }
        _ => {
            let reasoning = json!({"type": "reasoning", "summary": summary});
            kwargs.insert("reasoning".to_owned(), reasoning);
        }
    }
}

/// A part of a type with one member.
fn member(kind: &str, name: &str, text: String) -> JsonObject {
    JsonObject::from_iter([
        ("type".to_owned(), Value::from(kind)),
        (name.to_owned(), Value::String(text)),
    ])
}

//! From frames to events.

use moss_protocol::{Provider, ReasoningKey, Usage};
use serde::de::DeserializeSeed;
use serde_json::Value;

use super::calls::Calls;
use super::frame::{FrameParts, FrameSeed};
use crate::wire::excerpt::not_allowed;
use crate::wire::{Frame, WireDecoder, error_body, surrogates};
use crate::{FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ResponseInfo};

/// Decodes one answer of Ollama's, streamed or not. What becomes what is told in the [module](super).
///
/// A frame that cannot be read is an error; neither damage nor malice makes it panic.
#[derive(Debug, Default)]
pub struct OllamaDecoder {
    started: bool,
    done: bool,
    calls: Calls,
    /// Fields that are not interpreted, as they stood last, to tell repetitions.
    seen: Vec<(Box<str>, Box<str>)>,
}

/// Fields that belong to their frame, and not to the answer: they are told each time.
const OF_THE_FRAME: &[&str] = &["logprobs"];

impl OllamaDecoder {
    fn read(&mut self, data: &[u8]) -> Result<ModelChunk, ModelError> {
        let text = str::from_utf8(data)
            .map_err(|error| protocol_error(data, &format!("it is not UTF-8: {error}")))?;
        let json = |error: serde_json::Error| protocol_error(data, &error.to_string());
        let repaired;
        let mut text = text;
        let mut parts = FrameParts::default();
        if let Err(error) = parse(text, &mut parts) {
            // Half of a character, as servers send it that cut tokens at any place.
            repaired = surrogates::repair(text).ok_or_else(|| json(error))?;
            text = &repaired;
            parts = FrameParts::default();
            parse(text, &mut parts).map_err(json)?;
        }
        if parts.error.is_some() {
            return Err(error_body::in_stream(text, Provider::Ollama));
        }
        if !parts.has_message && !parts.done {
            return Err(protocol_error(data, "it has neither `message` nor `done`"));
        }
        self.events(text, parts).map_err(json)
    }

    fn events(
        &mut self,
        text: &str,
        parts: FrameParts<'_>,
    ) -> Result<ModelChunk, serde_json::Error> {
        let mut events = Vec::new();
        let mut extras = Vec::new();
        let begins = !self.started;
        if begins || parts.done {
            let created_at: Option<Value> =
                parts.created_at.map(|raw| serde_json::from_str(raw.get())).transpose()?;
            let created_at = created_at.map(|value| ("created_at".to_owned(), value));
            if begins {
                let model = parts.model.as_deref().map(str::to_owned);
                let extra = created_at.into_iter().collect();
                events.push(ModelEvent::Started(ResponseInfo {
                    model,
                    extra,
                    ..ResponseInfo::default()
                }));
            } else if let Some((path, value)) = created_at {
                extras.push(ModelEvent::Extra { path, value });
            }
        }
        if let Some(thinking) = parts.thinking {
            events.push(ModelEvent::Reasoning {
                text: thinking.into_owned(),
                form: ReasoningKey::ReasoningContent.into(),
                index: None,
                details: None,
            });
        }
        if let Some(content) = parts.content {
            events.push(ModelEvent::Text { text: content.into_owned(), index: None });
        }
        if let Some(raw) = parts.tool_calls {
            self.calls.read(raw, text, &mut events, &mut extras)?;
        }
        if parts.done {
            let raw = parts.done_reason.as_deref().unwrap_or("stop");
            let reason = finish_reason(raw, !self.calls.is_empty());
            events.push(ModelEvent::Finished { reason, raw: raw.to_owned() });
        } else if let Some(reason) = parts.done_reason {
            let value = Value::String(reason.into_owned());
            extras.push(ModelEvent::Extra { path: "done_reason".to_owned(), value });
        }
        if parts.input.or(parts.output).is_some() {
            let (input, output) = (parts.input.unwrap_or(0), parts.output.unwrap_or(0));
            events.push(ModelEvent::Usage(Usage {
                input_tokens: input,
                output_tokens: output,
                total_tokens: input.saturating_add(output),
                ..Usage::default()
            }));
        }
        for (path, raw) in parts.rest {
            if self.is_new(&path, raw.get()) {
                let value = serde_json::from_str(raw.get())?;
                extras.push(ModelEvent::Extra { path: path.into_owned(), value });
            }
        }
        self.started = true;
        self.done |= parts.done;
        events.append(&mut extras);
        Ok(ModelChunk { events })
    }

    /// Whether a field says something other than in an earlier frame.
    fn is_new(&mut self, path: &str, raw: &str) -> bool {
        if OF_THE_FRAME.contains(&path) || path.starts_with("message.") {
            return true;
        }
        match self.seen.iter_mut().find(|(known, _)| **known == *path) {
            Some((_, known)) if **known == *raw => false,
            Some((_, known)) => {
                *known = raw.into();
                true
            }
            None => {
                self.seen.push((path.into(), raw.into()));
                true
            }
        }
    }
}

impl WireDecoder for OllamaDecoder {
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<ModelChunk>, ModelError> {
        match frame.data.trim_ascii() {
            b"" => Ok(None),
            data => self.read(data).map(Some),
        }
    }

    fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        let chunk = self.read(body.trim_ascii())?;
        if !self.done {
            return Err(protocol_error(body, "it does not say that it is done"));
        }
        Ok(chunk)
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn finish(&mut self) -> Result<(), ModelError> {
        if self.done {
            return Ok(());
        }
        let message = if self.started {
            "The answer stopped before its end: it did not say that it was done."
        } else {
            "The stream ended before the answer began."
        };
        Err(ModelError::new(ModelErrorKind::Truncated, Provider::Ollama, message))
    }
}

fn parse<'de>(text: &'de str, parts: &mut FrameParts<'de>) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    FrameSeed(parts).deserialize(&mut json)?;
    json.end()
}

/// Ollama says `stop` where tools are called, too.
fn finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw {
        "stop" if has_calls => FinishReason::ToolCalls,
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        _ => FinishReason::Other,
    }
}

fn protocol_error(data: &[u8], why: &str) -> ModelError {
    not_allowed(Provider::Ollama, "Ollama's chat protocol", data, why, 120)
}

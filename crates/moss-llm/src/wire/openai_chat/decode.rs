//! From frames to events.

use std::borrow::Cow;

use moss_protocol::{JsonObject, ReasoningKey, Usage};
use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_json::value::RawValue;

use super::ChatDialect;
use super::content::{self, Sink};
use super::delta::{Content, DeltaParts, DeltaSeed};
use super::frame::{ChoiceParts, FrameParts, FrameSeed, Mode, RawChoices};
use super::tool_calls::ToolCalls;
use super::usage;
use crate::wire::envelope::Envelope;
use crate::wire::excerpt::not_allowed;
use crate::wire::json::Members;
use crate::wire::surrogates;
use crate::wire::{Frame, WireDecoder, error_body};
use crate::{FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent};

/// Decodes one chat-completions answer, streamed or not. What becomes what is told in the
/// [module](super).
///
/// A frame that cannot be read is an error and changes nothing; neither damage nor malice makes it panic.
#[derive(Debug)]
pub struct OpenAiChatDecoder {
    dialect: ChatDialect,
    started: bool,
    done: bool,
    envelope: Envelope,
    /// Usage members that are not interpreted, to tell repetitions.
    usage_rest: Envelope,
    calls: ToolCalls,
    finish: Option<String>,
    usage: Option<Usage>,
}

impl OpenAiChatDecoder {
    /// A decoder for one answer.
    #[must_use]
    pub fn new(dialect: ChatDialect) -> Self {
        Self {
            dialect,
            started: false,
            done: false,
            envelope: Envelope::default(),
            usage_rest: Envelope::default(),
            calls: ToolCalls::default(),
            finish: None,
            usage: None,
        }
    }

    /// Decodes the data of one event of the stream. `None` for `[DONE]` and for an event without data.
    ///
    /// # Errors
    /// The provider's own error, where the frame holds one; [`ModelErrorKind::Protocol`] where it is no
    /// chat-completion frame.
    pub fn decode_frame(&mut self, data: &[u8]) -> Result<Option<ModelChunk>, ModelError> {
        match data.trim_ascii() {
            b"[DONE]" => {
                self.done = true;
                Ok(None)
            }
            b"" => Ok(None),
            data => self.read(data, Mode::Stream).map(Some),
        }
    }

    /// Decodes an answer that came in one piece.
    ///
    /// # Errors
    /// As [`decode_frame`](Self::decode_frame); and [`ModelErrorKind::Protocol`] where there is no choice.
    pub fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        let chunk = self.read(body, Mode::Whole)?;
        self.done = true;
        Ok(chunk)
    }

    /// Whether the stream said `[DONE]`, or the answer came in one piece.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Ends a streamed answer. Some servers send no `[DONE]`: a finish reason does as well. `[DONE]` alone
    /// does too, for servers that give no reason, once the answer has begun.
    ///
    /// # Errors
    /// [`ModelErrorKind::Truncated`] when there was neither, or nothing at all.
    pub fn finish(&mut self) -> Result<(), ModelError> {
        if self.finish.is_some() || (self.done && self.started) {
            return Ok(());
        }
        let message = if self.started {
            "The answer stopped before its end: it had no finish reason."
        } else {
            "The stream ended before the answer began."
        };
        Err(ModelError::new(ModelErrorKind::Truncated, self.dialect.provider, message))
    }

    fn read(&mut self, data: &[u8], mode: Mode) -> Result<ModelChunk, ModelError> {
        let text = str::from_utf8(data)
            .map_err(|error| self.protocol_error(data, &format!("it is not UTF-8: {error}")))?;
        let json = |error: &serde_json::Error| self.protocol_error(data, &error.to_string());
        let repaired;
        let mut text = text;
        let mut parts = FrameParts::default();
        if let Err(error) = parse(text, mode, &self.envelope, &mut parts) {
            // Half of a character, as servers send it that cut tokens at any place: JavaScript reads it.
            repaired = surrogates::repair(text).ok_or_else(|| json(&error))?;
            text = &repaired;
            parts = FrameParts::default();
            parse(text, mode, &self.envelope, &mut parts).map_err(|error| json(&error))?;
        }
        self.refuse_errors(text, &parts)?;
        if mode == Mode::Whole && parts.answer.is_none() {
            return Err(self.protocol_error(data, "it has no choice"));
        }
        let provider = self.dialect.provider;
        self.events(text, parts, mode)
            .map_err(|error| protocol_error(provider, data, &error.to_string()))
    }

    /// Finds the provider's error in a frame: as `error`, in the answer's choice, or as the frame itself.
    fn refuse_errors(&self, text: &str, parts: &FrameParts<'_>) -> Result<(), ModelError> {
        let choice = parts.answer.as_ref().and_then(|choice| choice.error);
        let bare = parts.is_error
            || (!parts.has_choices && parts.usage.is_empty() && !self.envelope.says("id"));
        if let Some(raw) = parts.error.or(choice) {
            return Err(error_body::in_stream(raw.get(), self.dialect.provider));
        }
        if bare && error_body::is_error(text) {
            return Err(error_body::in_stream(text, self.dialect.provider));
        }
        Ok(())
    }

    fn events(
        &mut self,
        text: &str,
        parts: FrameParts<'_>,
        mode: Mode,
    ) -> Result<ModelChunk, serde_json::Error> {
        let mut events = Vec::new();
        let mut extras = Vec::new();
        let mut sink = Sink { events: &mut events, extras: &mut extras };
        let begins = !self.started;
        self.envelope.apply(parts.changes, sink.extras)?;
        if begins {
            // Azure sends its filter's findings before the answer, in a frame without id: the answer begins
            // with the frame after that.
            sink.extras.clear();
            let empty = parts.answer.is_none() && parts.usage.is_empty() && !parts.has_others;
            if !empty || self.envelope.says("id") {
                sink.events.push(ModelEvent::Started(self.envelope.info("id", "model")?));
                self.started = true;
            }
        }
        let mut finish = None;
        for choice in parts.answer.into_iter().chain(parts.more) {
            self.choice(choice, mode, &mut sink, &mut finish)?;
        }
        if let Some(raw) = finish {
            sink.events.push(ModelEvent::Finished { reason: finish_reason(&raw), raw });
        }
        for (path, raw) in parts.usage {
            self.usage(path, raw, &mut sink)?;
        }
        if parts.has_others {
            for (index, raw) in serde_json::from_str::<RawChoices<'_>>(text)?.0 {
                if index != 0 {
                    sink.extras.push(extra(format!("choices.{index}"), raw)?);
                }
            }
        }
        if !extras.is_empty() {
            events.append(&mut extras);
        }
        Ok(ModelChunk { events })
    }

    fn choice(
        &mut self,
        parts: ChoiceParts<'_>,
        mode: Mode,
        sink: &mut Sink<'_>,
        finish: &mut Option<String>,
    ) -> Result<(), serde_json::Error> {
        match (parts.said, parts.other) {
            (Some(said), other) => {
                self.said(said, mode.said(), sink)?;
                if let Some(raw) = other {
                    beside(raw, mode.other(), sink)?;
                }
            }
            // A server that gives a whole answer as the one frame of a stream.
            (None, Some(raw)) => {
                let mut json = serde_json::Deserializer::from_str(raw.get());
                let mut said = None;
                DeltaSeed(&mut said).deserialize(&mut json)?;
                if let Some(said) = said {
                    self.said(said, mode.other(), sink)?;
                }
            }
            (None, None) => {}
        }
        for (name, raw) in parts.extra {
            sink.extras.push(extra(format!("choices.0.{name}"), raw)?);
        }
        if let Some(reason) = parts.finish_reason
            && self.finish.as_deref() != Some(&*reason)
        {
            self.finish = Some(reason.clone().into_owned());
            *finish = Some(reason.into_owned());
        }
        Ok(())
    }

    fn said(
        &mut self,
        parts: DeltaParts<'_>,
        member: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), serde_json::Error> {
        self.reasoning(parts.reasoning, parts.reasoning_content, parts.reasoning_details, sink)?;
        match parts.content {
            Content::None => {}
            Content::Text(text) => sink.say(text),
            Content::Parts(parts) => {
                content::read(parts, &format!("choices.0.{member}.content"), sink)?;
            }
        }
        if let Some(text) = parts.refusal {
            sink.events.push(ModelEvent::Refusal { text: text.into_owned() });
        }
        for mut call in parts.tool_calls {
            let rest = std::mem::take(&mut call.extra);
            let chunk = self.calls.accept(call);
            let index = chunk.index.unwrap_or_default();
            sink.events.push(ModelEvent::ToolCall(chunk));
            for (name, raw) in rest {
                let path = format!("choices.0.{member}.tool_calls.{index}.{name}");
                sink.extras.push(extra(path, raw)?);
            }
        }
        if let Some(raw) = parts.images {
            images(raw, member, sink)?;
        }
        for (name, raw) in parts.extra {
            sink.extras.push(extra(format!("choices.0.{member}.{name}"), raw)?);
        }
        Ok(())
    }

    fn reasoning(
        &self,
        short: Option<Cow<'_, str>>,
        long: Option<Cow<'_, str>>,
        details: Option<&RawValue>,
        sink: &mut Sink<'_>,
    ) -> Result<(), serde_json::Error> {
        // Some servers say the same under both names; it is one thought.
        let twice = short.is_some() && short == long;
        let prefers_short = details.is_some() || self.dialect.prefers_reasoning();
        let first = sink.events.len();
        if let Some(text) = short.filter(|_| !twice || prefers_short) {
            sink.think(text, ReasoningKey::Reasoning);
        }
        if let Some(text) = long.filter(|_| !twice || !prefers_short) {
            sink.think(text, ReasoningKey::ReasoningContent);
        }
        let Some(raw) = details else { return Ok(()) };
        let value: Value = serde_json::from_str(raw.get())?;
        match sink.events.get_mut(first) {
            Some(ModelEvent::Reasoning { details, .. }) => *details = Some(value),
            _ => sink.events.push(ModelEvent::Reasoning {
                text: String::new(),
                form: ReasoningKey::Reasoning.into(),
                index: None,
                details: Some(value),
            }),
        }
        Ok(())
    }

    fn usage(
        &mut self,
        path: &str,
        raw: &RawValue,
        sink: &mut Sink<'_>,
    ) -> Result<(), serde_json::Error> {
        let (usage, rest) = usage::read(path, raw)?;
        if let Some(usage) = usage
            && self.usage.as_ref() != Some(&usage)
        {
            self.usage = Some(usage.clone());
            sink.events.push(ModelEvent::Usage(usage));
        }
        let mut changes = Vec::new();
        let mut seen = self.usage_rest.compare();
        for (path, raw) in rest {
            changes.extend(seen.field(path, raw));
        }
        self.usage_rest.apply(changes, sink.extras)
    }

    fn protocol_error(&self, data: &[u8], why: &str) -> ModelError {
        protocol_error(self.dialect.provider, data, why)
    }
}

impl WireDecoder for OpenAiChatDecoder {
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<ModelChunk>, ModelError> {
        error_body::refuse(frame, self.dialect.provider)?;
        self.decode_frame(frame.data)
    }

    fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        Self::decode_response(self, body)
    }

    fn is_done(&self) -> bool {
        Self::is_done(self)
    }

    fn finish(&mut self) -> Result<(), ModelError> {
        Self::finish(self)
    }
}

fn parse<'de>(
    text: &'de str,
    mode: Mode,
    envelope: &Envelope,
    parts: &mut FrameParts<'de>,
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    FrameSeed { mode, envelope, parts }.deserialize(&mut json)?;
    json.end()
}

/// A field that is not interpreted.
pub(super) fn extra(path: String, raw: &RawValue) -> Result<ModelEvent, serde_json::Error> {
    Ok(ModelEvent::Extra { path, value: serde_json::from_str(raw.get())? })
}

/// What stands beside the member that was read: Perplexity repeats the whole text so far as `message` in
/// each frame, and an empty `delta` in a whole answer. Only what else is in there is kept.
fn beside(raw: &RawValue, member: &str, sink: &mut Sink<'_>) -> Result<(), serde_json::Error> {
    if !raw.get().starts_with('{') {
        sink.extras.push(extra(format!("choices.0.{member}"), raw)?);
        return Ok(());
    }
    for (name, raw) in serde_json::from_str::<Members<'_>>(raw.get())?.0 {
        if name != "role" && name != "content" {
            sink.extras.push(extra(format!("choices.0.{member}.{name}"), raw)?);
        }
    }
    Ok(())
}

/// Images that the model made, as parts of its content.
fn images(raw: &RawValue, member: &str, sink: &mut Sink<'_>) -> Result<(), serde_json::Error> {
    let path = format!("choices.0.{member}.images");
    let Ok(images) = serde_json::from_str::<Vec<JsonObject>>(raw.get()) else {
        sink.extras.push(extra(path, raw)?);
        return Ok(());
    };
    let parts = images.into_iter().map(|part| ModelEvent::Part { index: None, part });
    sink.events.extend(parts);
    Ok(())
}

fn finish_reason(raw: &str) -> FinishReason {
    match raw {
        "stop" => FinishReason::Stop,
        // Mistral says `model_length` where the window is full.
        "length" | "model_length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        "refusal" => FinishReason::Refusal,
        _ => FinishReason::Other,
    }
}

fn protocol_error(provider: moss_protocol::Provider, data: &[u8], why: &str) -> ModelError {
    not_allowed(provider, "the chat-completions protocol", data, why, 120)
}

//! From frames to events.

use std::borrow::Cow;

use moss_protocol::{JsonObject, Usage};
use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Gemini;
use super::blocked::Blocked;
use super::calls::Calls;
use super::finish::finish_reason;
use super::frame::{CandidateParts, FrameParts, FrameSeed, RawCandidates, UsageParts};
use super::part::Part;
use super::said::{self, Sink};
use super::usage;
use crate::wire::envelope::Envelope;
use crate::wire::excerpt::not_allowed;
use crate::wire::{Frame, WireDecoder, error_body, surrogates};
use crate::{FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent};

/// Decodes one answer of Gemini, streamed or not. What becomes what is told in the [module](super).
///
/// A frame that cannot be read is an error; neither damage nor malice makes it panic.
#[derive(Debug)]
pub struct GeminiDecoder {
    wire: Gemini,
    started: bool,
    /// Whether the answer's candidate came.
    answered: bool,
    done: bool,
    envelope: Envelope,
    /// What stood beside the candidate's content, to tell repetitions.
    candidate: Envelope,
    /// Members of the usage that are not interpreted, to tell repetitions.
    usage_rest: Envelope,
    answer_id: Option<String>,
    calls: Calls,
    citations: JsonObject,
    finish: Option<(FinishReason, String)>,
    usage: Option<Usage>,
}

/// What went wrong with a frame.
enum Problem {
    Json(serde_json::Error),
    Protocol(String),
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<String> for Problem {
    fn from(words: String) -> Self {
        Self::Protocol(words)
    }
}

impl GeminiDecoder {
    /// A decoder for one answer.
    #[must_use]
    pub fn new(wire: Gemini) -> Self {
        Self {
            wire,
            started: false,
            answered: false,
            done: false,
            envelope: Envelope::default(),
            candidate: Envelope::default(),
            usage_rest: Envelope::default(),
            answer_id: None,
            calls: Calls::default(),
            citations: JsonObject::new(),
            finish: None,
            usage: None,
        }
    }

    /// Decodes the data of one event of the stream. `None` for an event without data.
    ///
    /// # Errors
    /// The provider's own error, where the frame holds one; [`ModelErrorKind::ContentFilter`] where the prompt was
    /// blocked; [`ModelErrorKind::Protocol`] where it is no piece of an answer.
    pub fn decode_frame(&mut self, data: &[u8]) -> Result<Option<ModelChunk>, ModelError> {
        match data.trim_ascii() {
            b"" => Ok(None),
            data => self.read(data).map(Some),
        }
    }

    /// Decodes an answer that came in one piece: an object, or the list of frames that Google sends for a stream
    /// that is not asked for as server-sent events.
    ///
    /// # Errors
    /// As [`decode_frame`](Self::decode_frame); and [`ModelErrorKind::Protocol`] where there is no candidate.
    pub fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        let mut chunk = ModelChunk::default();
        if body.trim_ascii_start().starts_with(b"[") {
            let frames: Vec<&RawValue> = serde_json::from_slice(body)
                .map_err(|error| self.protocol_error(body, &error.to_string()))?;
            for frame in frames {
                chunk.events.extend(self.read(frame.get().as_bytes())?.events);
            }
        } else {
            chunk = self.read(body)?;
        }
        if !self.answered {
            return Err(self.protocol_error(body, "it has no candidate"));
        }
        chunk.events.extend(self.calls.cut_off().map(ModelEvent::ToolCall));
        self.done = true;
        Ok(chunk)
    }

    /// Whether the answer came in one piece. A stream ends with its connection: an answer may go on after a
    /// finish reason.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Ends a streamed answer.
    ///
    /// # Errors
    /// [`ModelErrorKind::Truncated`] when it had no finish reason, a call lacks its end, or nothing came at all.
    pub fn finish(&mut self) -> Result<(), ModelError> {
        let is_whole = self.finish.is_some() && !self.calls.is_open();
        if is_whole || self.done {
            return Ok(());
        }
        let message = if self.calls.is_open() {
            "The answer stopped in the middle of a function call."
        } else if self.started {
            "The answer stopped before its end: it had no finish reason."
        } else {
            "The stream ended before the answer began."
        };
        Err(ModelError::new(ModelErrorKind::Truncated, self.wire.provider, message))
    }

    fn read(&mut self, data: &[u8]) -> Result<ModelChunk, ModelError> {
        let text = str::from_utf8(data)
            .map_err(|error| self.protocol_error(data, &format!("it is not UTF-8: {error}")))?;
        let repaired;
        let mut text = text;
        let mut parts = FrameParts::default();
        if let Err(error) = parse(text, &self.envelope, &mut parts) {
            let json = |error: serde_json::Error| self.protocol_error(data, &error.to_string());
            // Half of a character: JavaScript reads it.
            let Some(whole) = surrogates::repair(text) else { return Err(json(error)) };
            repaired = whole;
            text = &repaired;
            parts = FrameParts::default();
            parse(text, &self.envelope, &mut parts).map_err(json)?;
        }
        self.refuse_errors(text, &parts)?;
        self.events(text, parts).map_err(|problem| match problem {
            Problem::Json(error) => self.protocol_error(data, &error.to_string()),
            Problem::Protocol(words) => self.protocol_error(data, &words),
        })
    }

    /// Finds the provider's error in a frame, and its refusal to read the prompt.
    fn refuse_errors(&self, text: &str, parts: &FrameParts<'_>) -> Result<(), ModelError> {
        let provider = self.wire.provider;
        if let Some(raw) = parts.error {
            return Err(error_body::in_stream(raw.get(), provider));
        }
        let bare = !parts.has_candidates
            && parts.usage.is_none()
            && parts.feedback.is_none()
            && !self.started;
        if bare && error_body::is_error(text) {
            return Err(error_body::in_stream(text, provider));
        }
        let unanswered = !self.answered && parts.answer.is_empty();
        match parts.feedback.filter(|_| unanswered).and_then(|raw| Blocked::read(raw.get())) {
            Some(blocked) => Err(blocked.into_error(provider)),
            None => Ok(()),
        }
    }

    fn events(&mut self, text: &str, parts: FrameParts<'_>) -> Result<ModelChunk, Problem> {
        let mut sink = Sink::default();
        self.envelope.apply(parts.changes, &mut sink.extras)?;
        if !self.started {
            sink.extras.clear();
            let info = self.envelope.info("responseId", "modelVersion")?;
            self.answer_id.clone_from(&info.id);
            sink.events.push(ModelEvent::Started(info));
            self.started = true;
        }
        for candidate in parts.answer {
            self.candidate(candidate, &mut sink)?;
        }
        if let Some(signatures) = self.calls.signatures() {
            sink.events
                .push(ModelEvent::Kwarg { name: "signatures".to_owned(), value: signatures });
        }
        if let Some(parts) = parts.usage {
            self.usage(parts, &mut sink)?;
        }
        if let Some(raw) = parts.feedback {
            sink.extra("promptFeedback".to_owned(), raw)?;
        }
        if parts.has_others {
            for (index, raw) in serde_json::from_str::<RawCandidates<'_>>(text)?.0 {
                if index != 0 {
                    sink.extra(format!("candidates.{index}"), raw)?;
                }
            }
        }
        Ok(sink.into_chunk())
    }

    fn candidate(&mut self, candidate: CandidateParts<'_>, sink: &mut Sink) -> Result<(), Problem> {
        self.answered = true;
        for (position, part) in candidate.content.parts.into_iter().enumerate() {
            match part.call {
                Some(_) => self.call(part, position, sink)?,
                None => said::part(part, self.wire.reasoning, position, sink)?,
            }
        }
        for (name, raw) in candidate.content.extra {
            sink.extra(format!("candidates.0.content.{name}"), raw)?;
        }
        if let Some(raw) = candidate.finish_reason {
            sink.events.extend(self.calls.cut_off().map(ModelEvent::ToolCall));
            let reason = finish_reason(&raw, self.calls.any());
            let finish = (reason, raw.into_owned());
            if self.finish.as_ref() != Some(&finish) {
                sink.events.push(ModelEvent::Finished { reason, raw: finish.1.clone() });
                self.finish = Some(finish);
            }
        }
        for member in fresh(&mut self.candidate, candidate.extra)? {
            self.beside(member, sink);
        }
        Ok(())
    }

    fn call(&mut self, part: Part<'_>, position: usize, sink: &mut Sink) -> Result<(), Problem> {
        let Some(mut call) = part.call else { return Ok(()) };
        let path = format!("candidates.0.content.parts.{position}");
        for (name, raw) in std::mem::take(&mut call.extra) {
            sink.extra(format!("{path}.functionCall.{name}"), raw)?;
        }
        for (name, raw) in part.rest {
            sink.extra(format!("{path}.{name}"), raw)?;
        }
        // A part is one thing only; should it be two, none is lost.
        if let Some(text) = part.text {
            said::text(text, part.thought, self.wire.reasoning, sink);
        }
        let chunks = self.calls.accept(call, part.signature, self.answer_id.as_deref())?;
        sink.events.extend(chunks.into_iter().map(ModelEvent::ToolCall));
        Ok(())
    }

    fn usage(&mut self, parts: UsageParts<'_>, sink: &mut Sink) -> Result<(), Problem> {
        let usage = usage::usage(&parts);
        if usage.is_some() && self.usage != usage {
            self.usage.clone_from(&usage);
            sink.events.extend(usage.map(ModelEvent::Usage));
        }
        for (name, value) in fresh(&mut self.usage_rest, parts.rest)? {
            let path = format!("usageMetadata.{name}");
            sink.extras.push(ModelEvent::Extra { path, value });
        }
        Ok(())
    }

    /// What stands beside the candidate's content and says something new.
    fn beside(&mut self, (name, value): (String, Value), sink: &mut Sink) {
        let says = value.as_object().is_none_or(|object| !object.is_empty());
        match (name.as_str(), value) {
            // Each frame cites for what it says itself; the message has all citations.
            ("citationMetadata", Value::Object(more)) if says => {
                merge(&mut self.citations, more);
                sink.kwarg(&name, Value::Object(self.citations.clone()));
            }
            // Frames repeat it, and the last one that says something has all.
            ("groundingMetadata" | "urlContextMetadata", value) if says => {
                sink.kwarg(&name, value);
            }
            (_, value) => {
                let path = format!("candidates.0.{name}");
                sink.extras.push(ModelEvent::Extra { path, value });
            }
        }
    }

    fn protocol_error(&self, data: &[u8], why: &str) -> ModelError {
        not_allowed(self.wire.provider, "Gemini's protocol", data, why, 120)
    }
}

impl WireDecoder for GeminiDecoder {
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<ModelChunk>, ModelError> {
        error_body::refuse(frame, self.wire.provider)?;
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
    envelope: &Envelope,
    parts: &mut FrameParts<'de>,
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    FrameSeed { envelope, parts }.deserialize(&mut json)?;
    json.end()
}

/// The members that are new or other than before.
fn fresh(
    seen: &mut Envelope,
    members: Vec<(Cow<'_, str>, &RawValue)>,
) -> Result<Vec<(String, Value)>, serde_json::Error> {
    let mut comparison = seen.compare();
    let changes: Vec<_> =
        members.into_iter().filter_map(|(name, raw)| comparison.field(name, raw)).collect();
    let mut fresh = Vec::new();
    if !changes.is_empty() {
        seen.apply(changes, &mut fresh)?;
    }
    let member = |event| match event {
        ModelEvent::Extra { path, value } => Some((path, value)),
        _ => None,
    };
    Ok(fresh.into_iter().filter_map(member).collect())
}

/// Lists are joined, other members set.
fn merge(known: &mut JsonObject, more: JsonObject) {
    for (name, value) in more {
        match (known.get_mut(&name), value) {
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (_, value) => {
                known.insert(name, value);
            }
        }
    }
}

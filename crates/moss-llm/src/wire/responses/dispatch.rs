//! What each event of a stream means.

use moss_protocol::JsonObject;
use serde_json::{Value, json};

use super::ResponsesDialect;
use super::decode::{Audio, State};
use super::event::Event;
use super::output::{self, Notes, Output, Place, Sort, Stage, Track};
use super::response::ResponseParts;
use crate::ModelEvent;

/// What an event was to the decoder.
pub(super) enum Heard {
    /// A part of the answer.
    Event,
    /// The answer's end.
    End,
    /// Nothing of the answer.
    KeepAlive,
    /// An error; the event itself where there is no text of its own.
    Error(Option<String>),
}

/// Why an event cannot be understood.
pub(super) enum Problem {
    Json(serde_json::Error),
    Output(output::Problem),
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<output::Problem> for Problem {
    fn from(problem: output::Problem) -> Self {
        Self::Output(problem)
    }
}

/// How a response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Completed,
    Incomplete,
    Failed,
    Cancelled,
}

impl Ending {
    /// The response's status then.
    pub(super) const fn status(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Hears an event, and tells what is new in it.
pub(super) fn hear(
    state: &mut State,
    dialect: &ResponsesDialect,
    mut event: Event<'_>,
    out: &mut Vec<ModelEvent>,
) -> Result<Heard, Problem> {
    let kind = std::mem::take(&mut event.kind);
    let ending = match &*kind {
        "response.created" | "response.queued" | "response.in_progress" => None,
        // The word of some servers that imitate OpenAI's.
        "response.completed" | "response.done" => Some(Ending::Completed),
        "response.incomplete" => Some(Ending::Incomplete),
        "response.failed" => Some(Ending::Failed),
        "response.cancelled" => Some(Ending::Cancelled),
        "error" | "response.error" => return Ok(Heard::Error(None)),
        "keepalive" | "ping" => return Ok(Heard::KeepAlive),
        _ => {
            let id = event.item_id.take();
            let place = Place {
                id: id.as_deref(),
                output_index: event.output_index,
                content_index: event.content_index.unwrap_or(0),
            };
            state.response.start(dialect, out);
            if !piece(&mut state.output, &mut state.audio, &kind, place, &mut event, out)? {
                out.push(unknown(&kind, place, event)?);
                return Ok(Heard::Event);
            }
            for (name, raw) in event.rest {
                let value = serde_json::from_str(raw.get())?;
                out.push(ModelEvent::Extra { path: format!("{kind}.{name}"), value });
            }
            return Ok(Heard::Event);
        }
    };
    let Some(raw) = event.take("response") else {
        return Err(Problem::Output(format!("the event `{kind}` has no response")));
    };
    let parts = ResponseParts::read(raw)?;
    if let Some(error) = parts.error {
        return Ok(Heard::Error(Some(error)));
    }
    let State { response, output, audio } = state;
    match ending {
        None => response.hear(parts.fields, dialect, out),
        Some(Ending::Failed) => return Ok(Heard::Error(None)),
        Some(ending) => {
            out.extend(audio.take());
            response.ends(parts, ending.status(), output, dialect, out)?;
        }
    }
    for (name, raw) in event.rest {
        let value = serde_json::from_str(raw.get())?;
        out.push(ModelEvent::Extra { path: name.into_owned(), value });
    }
    Ok(if ending.is_some() { Heard::End } else { Heard::Event })
}

/// Hears of a piece of the output. `false`: this version does not know the event.
fn piece(
    output: &mut Output,
    audio: &mut Audio,
    kind: &str,
    place: Place<'_>,
    event: &mut Event<'_>,
    out: &mut Vec<ModelEvent>,
) -> Result<bool, Problem> {
    let summary = (Track::Summary, event.summary_index.unwrap_or(0));
    let content = (Track::Content, place.content_index);
    match kind {
        "response.output_text.delta" => {
            if let Some(piece) = event.piece()? {
                output.text(place, &piece, out)?;
            }
            notes(output, place, Notes::Logprobs, event.take_value("logprobs")?, out)?;
        }
        "response.output_text.done" => {
            let part = typed("output_text", event, &["text", "logprobs"])?;
            output.part(place, &part, Stage::Done, out)?;
        }
        "response.output_text.annotation.added" | "response.output_text_annotation.added" => {
            event.take("annotation_index");
            let annotation = event.take_value("annotation")?.map(|it| Value::Array(vec![it]));
            notes(output, place, Notes::Annotations, annotation, out)?;
        }
        "response.refusal.delta" => {
            if let Some(piece) = event.piece()? {
                output.refusal(place, &piece, out)?;
            }
        }
        "response.refusal.done" => {
            let part = typed("refusal", event, &["refusal"])?;
            output.part(place, &part, Stage::Done, out)?;
        }
        "response.content_part.added" | "response.content_part.done" => {
            let stage = if kind.ends_with("added") { Stage::Added } else { Stage::Done };
            if let Some(Value::Object(part)) = event.take_value("part")? {
                output.part(place, &part, stage, out)?;
            }
        }
        "response.reasoning_summary_text.delta" => {
            if let Some(piece) = event.piece()? {
                output.thought(place, summary, &piece, out)?;
            }
        }
        "response.reasoning_text.delta" => {
            if let Some(piece) = event.piece()? {
                output.thought(place, content, &piece, out)?;
            }
        }
        "response.reasoning_summary_text.done" | "response.reasoning_text.done" => {
            let at = if kind == "response.reasoning_text.done" { content } else { summary };
            let whole = event.take_text("text")?.unwrap_or_default();
            output.whole_thought(place, at, &whole, out)?;
        }
        "response.reasoning_summary_part.added" | "response.reasoning_summary_part.done" => {
            let part = event.take_value("part")?.unwrap_or_default();
            let whole = part.get("text").and_then(Value::as_str).unwrap_or_default();
            output.whole_thought(place, summary, whole, out)?;
        }
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            if let Some(piece) = event.piece()? {
                output.arguments(place, call(kind), &piece, out)?;
            }
        }
        "response.function_call_arguments.done" | "response.custom_tool_call_input.done" => {
            // The item has it too.
            event.take("name");
            let member = if call(kind) == Sort::Custom { "input" } else { "arguments" };
            if let Some(whole) = event.take_text(member)? {
                output.whole_arguments(place, call(kind), &whole, out)?;
            }
        }
        "response.output_item.added" | "response.output_item.done" => {
            let stage = if kind.ends_with("added") { Stage::Added } else { Stage::Done };
            if let Some(Value::Object(item)) = event.take_value("item")? {
                output.item(item, place.output_index, stage, out)?;
                output.kwargs(out);
            }
        }
        "response.image_generation_call.partial_image" => {
            let image = rest(event)?;
            output.partial_image(place, &image, out)?;
        }
        "response.audio.delta" | "response.output_audio.delta" => {
            audio.data.push_str(&event.piece()?.unwrap_or_default());
        }
        "response.audio.transcript.delta" | "response.output_audio_transcript.delta" => {
            audio.transcript.push_str(&event.piece()?.unwrap_or_default());
        }
        "response.audio.done"
        | "response.output_audio.done"
        | "response.audio.transcript.done"
        | "response.output_audio_transcript.done" => {
            event.take("transcript");
        }
        kind => return Ok(is_progress(kind, event)),
    }
    Ok(true)
}

/// Whether an event only says how far one of the provider's tools is, whose item tells all when it is done: pieces of
/// its code and arguments among them, which the host does not act upon.
fn is_progress(kind: &str, event: &mut Event<'_>) -> bool {
    const TOOLS: &[&str] = &[
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_call",
        "mcp_list_tools",
    ];
    const STATES: &[&str] =
        &["in_progress", "searching", "interpreting", "generating", "completed", "failed"];
    let mut words = kind.split('.').skip(1);
    let (Some(what), Some(state), None) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    match (what, state) {
        ("code_interpreter_call_code", "delta") | ("mcp_call_arguments", "delta") => true,
        ("code_interpreter_call_code", "done") => event.take("code").is_some(),
        ("mcp_call_arguments", "done") => event.take("arguments").is_some(),
        (tool, state) => TOOLS.contains(&tool) && STATES.contains(&state),
    }
}

fn call(kind: &str) -> Sort {
    if kind.contains("custom_tool_call") { Sort::Custom } else { Sort::Function }
}

fn notes(
    output: &mut Output,
    place: Place<'_>,
    notes: Notes,
    new: Option<Value>,
    out: &mut Vec<ModelEvent>,
) -> Result<(), Problem> {
    if let Some(Value::Array(new)) = new {
        output.notes(place, notes, new, out)?;
    }
    Ok(())
}

/// The members of an event as a part of a type.
fn typed(kind: &str, event: &mut Event<'_>, members: &[&str]) -> Result<JsonObject, Problem> {
    let mut part = JsonObject::from_iter([("type".to_owned(), kind.into())]);
    for member in members {
        part.extend(event.take_value(member)?.map(|value| ((*member).to_owned(), value)));
    }
    Ok(part)
}

/// What nobody read of an event.
fn rest(event: &mut Event<'_>) -> Result<JsonObject, Problem> {
    let mut object = JsonObject::new();
    for (name, raw) in std::mem::take(&mut event.rest) {
        object.insert(name.into_owned(), serde_json::from_str(raw.get())?);
    }
    Ok(object)
}

/// An event that this version does not know: all of it, under its name.
fn unknown(kind: &str, place: Place<'_>, mut event: Event<'_>) -> Result<ModelEvent, Problem> {
    let mut object = JsonObject::new();
    for (name, value) in [
        ("item_id", place.id.map(Value::from)),
        ("output_index", event.output_index.map(Value::from)),
        ("content_index", event.content_index.map(Value::from)),
        ("summary_index", event.summary_index.map(Value::from)),
        ("delta", event.delta.map(|raw| serde_json::from_str(raw.get())).transpose()?),
    ] {
        object.extend(value.map(|value| (name.to_owned(), value)));
    }
    object.extend(rest(&mut event)?);
    Ok(ModelEvent::Extra { path: kind.to_owned(), value: Value::Object(object) })
}

impl Audio {
    /// What was spoken, as chat completions have it.
    fn take(&mut self) -> Option<ModelEvent> {
        let Self { data, transcript } = std::mem::take(self);
        if data.is_empty() && transcript.is_empty() {
            return None;
        }
        let value = json!({"data": data, "transcript": transcript});
        Some(ModelEvent::Kwarg { name: "audio".to_owned(), value })
    }
}

//! The response as a whole: what stands around its output, and how it ends.

use moss_protocol::JsonObject;
use serde_json::Value;
use serde_json::value::RawValue;

use super::ResponsesDialect;
use super::output::{Output, Problem, Stage, text_of};
use super::usage;
use crate::wire::json::Members;
use crate::{FinishReason, ModelEvent, ResponseInfo};

/// The fields of the response so far, to tell repetitions: it comes whole two or three times.
#[derive(Debug, Default)]
pub(super) struct Response {
    fields: JsonObject,
    is_started: bool,
}

/// A response object: its fields, and those that have a meaning of their own.
#[derive(Default)]
pub(super) struct ResponseParts {
    pub(super) fields: JsonObject,
    output: Option<Vec<Value>>,
    usage: Option<Value>,
    /// Why it failed, as it stands.
    pub(super) error: Option<String>,
}

impl ResponseParts {
    pub(super) fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        let mut parts = Self::default();
        for (name, raw) in serde_json::from_str::<Members<'_>>(raw.get())?.0 {
            let json = raw.get();
            match &*name {
                "output" => parts.output = Some(serde_json::from_str(json)?),
                "usage" => parts.usage = Some(serde_json::from_str(json)?),
                "error" => parts.error = Some(json.to_owned()),
                _ => {
                    parts.fields.insert(name.into_owned(), serde_json::from_str(json)?);
                }
            }
        }
        Ok(parts)
    }

    pub(super) const fn has_output(&self) -> bool {
        self.output.is_some()
    }

    pub(super) fn status(&self) -> Option<&str> {
        text_of(&self.fields, "status")
    }
}

impl Response {
    pub(super) const fn is_started(&self) -> bool {
        self.is_started
    }

    /// Hears the fields. The first time they are the answer's start, later only what is new is told.
    pub(super) fn hear(
        &mut self,
        fields: JsonObject,
        dialect: &ResponsesDialect,
        out: &mut Vec<ModelEvent>,
    ) {
        if !self.is_started {
            self.is_started = true;
            out.push(ModelEvent::Started(info(&fields, dialect)));
            self.fields = fields;
            return;
        }
        for (name, value) in fields {
            if self.fields.get(&name) == Some(&value) {
                continue;
            }
            // A local server knows its model only at the end.
            if name == "model" && !self.fields.contains_key("model") {
                let path = "model_name".to_owned();
                out.push(ModelEvent::Extra { path, value: value.clone() });
            }
            out.push(ModelEvent::Extra { path: name.clone(), value: value.clone() });
            self.fields.insert(name, value);
        }
    }

    /// Begins the answer, where nothing did yet: a server that does not say that the response begins.
    pub(super) fn start(&mut self, dialect: &ResponsesDialect, out: &mut Vec<ModelEvent>) {
        if !self.is_started {
            self.hear(JsonObject::new(), dialect, out);
        }
    }

    /// Hears the response at its end. `ending` is the event's own word for how it ends.
    pub(super) fn ends(
        &mut self,
        parts: ResponseParts,
        ending: &str,
        output: &mut Output,
        dialect: &ResponsesDialect,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        let status = parts.status().unwrap_or(ending).to_owned();
        let why = parts.fields.get("incomplete_details").and_then(|details| details.get("reason"));
        let why = why.and_then(Value::as_str).map(str::to_owned);
        let mut extras = Vec::new();
        let fields = if self.is_started { &mut extras } else { &mut *out };
        self.hear(parts.fields, dialect, fields);
        let told = parts.output.unwrap_or_default();
        for (position, item) in (0..).zip(&told) {
            if let Value::Object(item) = item {
                output.item(item.clone(), Some(position), Stage::Repeated, out)?;
            }
        }
        output.kwargs(out);
        if status == "completed" {
            output.check_calls()?;
        }
        let reason = reason(&status, why.as_deref(), output);
        out.push(ModelEvent::Finished { reason, raw: why.unwrap_or(status) });
        out.extend(parts.usage.as_ref().and_then(usage::read).map(ModelEvent::Usage));
        out.append(&mut extras);
        // Some servers do not repeat the items.
        let output = if told.is_empty() { output.take_done() } else { told };
        let extra = |path: &str, value| ModelEvent::Extra { path: path.to_owned(), value };
        out.extend(parts.usage.map(|usage| extra("usage", usage)));
        out.push(extra("output", Value::Array(output)));
        Ok(())
    }
}

/// The start of an answer. Id and model stand in the metadata too, where LangChain's client has them.
fn info(fields: &JsonObject, dialect: &ResponsesDialect) -> ResponseInfo {
    let text = |name: &str| text_of(fields, name).map(str::to_owned);
    let mut extra = fields.clone();
    extra.insert("model_provider".to_owned(), dialect.source.into());
    ResponseInfo { id: text("id"), model: text("model"), extra, ..ResponseInfo::default() }
}

fn reason(status: &str, why: Option<&str>, output: &Output) -> FinishReason {
    match (status, why) {
        (_, Some("max_output_tokens" | "max_tokens")) => FinishReason::Length,
        (_, Some("content_filter")) => FinishReason::ContentFilter,
        ("completed", None) if output.refuses() => FinishReason::Refusal,
        ("completed", None) if output.calls() => FinishReason::ToolCalls,
        ("completed", None) => FinishReason::Stop,
        _ => FinishReason::Other,
    }
}

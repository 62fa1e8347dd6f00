//! Holds the JSON of a stream of Responses against the events made of it.

use std::collections::BTreeMap;

use super::leaves::{Silent, flat, leaves, matches};
use moss_llm::{ModelChunk, ModelEvent};
use serde_json::{Value, json};

/// Leaves that say nothing and become no event. `*` in a pattern is one step, a last `**` all below.
const SILENT: &[Silent] = &[
    ("**", Value::is_null, "null is how providers write that there is nothing"),
    ("type", Value::is_string, "what becomes of an event is what its type says"),
    ("sequence_number", Value::is_u64, "counts the events"),
    ("obfuscation", Value::is_string, "padding"),
    ("item_id", Value::is_string, "where a delta belongs"),
    ("output_index", Value::is_u64, "where a delta belongs"),
    ("content_index", Value::is_u64, "where a delta belongs"),
    ("summary_index", Value::is_u64, "where a delta belongs"),
    ("annotation_index", Value::is_u64, "where a delta belongs"),
    ("item.type", Value::is_string, "what an item becomes is what its type says"),
    ("part.type", Value::is_string, "what a part becomes is what its type says"),
    ("item.status", |value| value == "in_progress", "an item that begins is in progress"),
    ("item.arguments", |value| value == "", "an empty text is no text"),
    ("part.text", |value| value == "", "an empty text is no text"),
];

/// The seal of reasoning that only begins: another one comes when it is whole.
const UNFINISHED: &str = "item.encrypted_content";

/// What the answer's events have said so far.
#[derive(Default)]
struct Said {
    /// Fields of the response and extras, by path.
    fields: BTreeMap<String, Value>,
    /// Members of `additional_kwargs`, by path.
    kwargs: BTreeMap<String, Value>,
    usage: Vec<Value>,
    finished: Option<String>,
    /// All texts, thoughts, refusals and arguments.
    texts: String,
}

/// Checks that each leaf of the frames is in the events of its frame, was said before, is in the output that the
/// answer ends with, or says nothing. Gives how many leaves there were.
pub(super) fn settle(frames: &[Value], chunks: &[ModelChunk]) -> Result<usize, String> {
    if frames.len() != chunks.len() {
        return Err(format!("{} frames became {} chunks", frames.len(), chunks.len()));
    }
    let output = chunks.iter().flat_map(|chunk| &chunk.events).find_map(|event| match event {
        ModelEvent::Extra { path, value } if path == "output" => Some(value),
        _ => None,
    });
    let output: BTreeMap<String, Value> =
        output.into_iter().flat_map(|output| flat("output".to_owned(), output)).collect();
    let mut said = Said::default();
    let mut count = 0;
    for (frame, chunk) in frames.iter().zip(chunks) {
        let mut pieces = Vec::new();
        for event in &chunk.events {
            said.note(event, &mut pieces);
        }
        let kind = frame["type"].as_str().unwrap();
        let has_call = frame["item"]["type"] == "function_call";
        for (path, leaf) in leaves(frame) {
            count += 1;
            let silent = SILENT.iter().any(|(pattern, is, _)| matches(pattern, &path) && is(&leaf))
                || (kind.ends_with("added") && path == UNFINISHED);
            let known = match path.split_once('.') {
                Some(("response", field)) => said.field(field, &leaf, &output),
                // Calls are told by events of their own, whatever the output says at last.
                Some(("item", "call_id" | "name")) if kind.ends_with("added") && has_call => {
                    pieces.contains(&leaf)
                }
                Some(("item", "id")) if has_call => said.kwargs.values().any(|it| *it == leaf),
                Some(("item", field)) => {
                    let at = format!("output.{}.{field}", frame["output_index"]);
                    pieces.contains(&leaf)
                        || said.kwargs.values().any(|it| *it == leaf)
                        || output.get(&at) == Some(&leaf)
                        || said.has_told(&leaf)
                }
                _ if path == "delta" => pieces.contains(&leaf),
                _ => {
                    pieces.contains(&leaf)
                        || said.fields.get(&path) == Some(&leaf)
                        || said.fields.get(&format!("{kind}.{path}")) == Some(&leaf)
                        || said.has_told(&leaf)
                }
            };
            if !silent && !known {
                return Err(format!("lost {path}: {leaf} in {frame}"));
            }
        }
        // What was sealed in an item of reasoning does not wait for the answer's end.
        if kind == "response.output_item.done" && frame["item"]["type"] == "reasoning" {
            for name in ["id", "encrypted_content"] {
                let (leaf, at) = (&frame["item"][name], format!("reasoning.{name}"));
                if !leaf.is_null() && said.kwargs.get(&at) != Some(leaf) {
                    return Err(format!("lost {at}: {leaf}"));
                }
            }
        }
        if frame["item"]["type"] == "web_search_call"
            && !said.kwargs.contains_key("tool_outputs.0.id")
        {
            return Err("lost a tool's output".to_owned());
        }
    }
    let end = &frames.last().unwrap()["response"];
    let raw = end["incomplete_details"]["reason"].as_str().or(end["status"].as_str());
    if said.finished.as_deref() != raw {
        return Err("lost the end".to_owned());
    }
    if !output.is_empty() || said.fields.contains_key("output") {
        return Ok(count);
    }
    Err("lost the output".to_owned())
}

impl Said {
    fn note(&mut self, event: &ModelEvent, pieces: &mut Vec<Value>) {
        match event {
            ModelEvent::Started(info) => {
                self.fields.insert("id".to_owned(), json!(info.id));
                self.fields.insert("model".to_owned(), json!(info.model));
                self.fields.extend(flat(String::new(), &json!(info.extra)));
            }
            ModelEvent::Text { text, .. }
            | ModelEvent::Reasoning { text, .. }
            | ModelEvent::Refusal { text } => {
                self.texts.push_str(text);
                pieces.push(json!(text));
            }
            ModelEvent::ToolCall(call) => {
                self.texts.push_str(call.args.as_deref().unwrap_or_default());
                pieces.extend([json!(call.id), json!(call.name), json!(call.args)]);
            }
            ModelEvent::Part { part, .. } => {
                pieces.extend(leaves(&json!(part)).into_iter().map(|(_, leaf)| leaf));
            }
            ModelEvent::Kwarg { name, value } => self.kwargs.extend(flat(name.clone(), value)),
            ModelEvent::Usage(usage) => self.usage.extend(
                [
                    Some(usage.input_tokens),
                    Some(usage.output_tokens),
                    Some(usage.total_tokens),
                    usage.input_token_details.cache_read,
                    usage.input_token_details.cache_creation,
                    usage.output_token_details.reasoning,
                ]
                .map(|count| json!(count)),
            ),
            ModelEvent::Fallback(_) => panic!("{event:?}"),
            ModelEvent::Finished { raw, .. } => self.finished = Some(raw.clone()),
            ModelEvent::Extra { path, value } => {
                if path == "output" {
                    self.fields.insert(path.clone(), Value::Null);
                }
                self.fields.extend(flat(path.clone(), value));
            }
        }
    }

    /// Whether a field of the response was said: as it is now.
    fn field(&self, field: &str, leaf: &Value, output: &BTreeMap<String, Value>) -> bool {
        let counted = match field.rsplit('.').next() {
            Some("input_tokens" | "cached_tokens" | "reasoning_tokens")
                if field.starts_with("usage.") && !field.contains("context_details") =>
            {
                self.usage.contains(leaf)
            }
            _ => true,
        };
        counted && (self.fields.get(field) == Some(leaf) || output.get(field) == Some(leaf))
    }

    /// Whether a whole text is what was told piece by piece.
    fn has_told(&self, leaf: &Value) -> bool {
        leaf.as_str().is_some_and(|text| !text.is_empty() && self.texts.contains(text))
    }
}

//! Ollama: every recorded reply decodes, however it is cut, and nothing is lost; and the same conversation is encoded
//! as it was recorded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use moss_llm::wire::ollama::{Ollama, OllamaDecoder};
use moss_llm::wire::{Wire, WireDecoder, WireRequest};
use moss_llm::{ModelChunk, ModelErrorKind, ModelEvent, ModelRequest};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use super::cuts::{decode, every_cut, frames};
use super::leaves::{Silent, flat, leaves, matches};
use super::recordings::{Exchange, MISSING, exchanges};
use super::tally::{Settled, tally};

fn recorded() -> Option<Vec<Exchange>> {
    exchanges(&["ollama"], "/api/chat", |path| path == "/api/chat")
}

/// Leaves that say nothing and become no event.
const SILENT: &[Silent] = &[
    ("**", Value::is_null, "null is how a server writes that there is nothing"),
    ("done", Value::is_boolean, "the end is told by the reason to stop"),
    ("message.role", |value| value == "assistant", "answers are the assistant's"),
    ("message.content", |value| value == "", "an empty text is no text"),
    ("message.tool_calls.*.type", |value| value == "function", "the only kind"),
    ("created_at", Value::is_string, "of the frames between the first and the last"),
];

/// What the events of a frame say, by the path at which it stood.
#[derive(Default)]
struct Account {
    known: BTreeMap<String, Value>,
}

impl Account {
    /// Checks that each leaf of the frame is in its events, was said before, or says nothing. Gives how many
    /// leaves there were.
    fn settle(&mut self, frame: &str, chunk: &ModelChunk) -> Result<usize, String> {
        let frame: Value = serde_json::from_str(frame).map_err(|error| error.to_string())?;
        let mut said = BTreeMap::new();
        let mut calls = 0;
        for event in &chunk.events {
            match event {
                ModelEvent::Started(info) => {
                    self.known.insert("model".to_owned(), info.model.clone().into());
                    said.extend(flat(String::new(), &Value::Object(info.extra.clone())));
                }
                ModelEvent::Text { text, .. } => {
                    said.insert("message.content".to_owned(), text.clone().into());
                }
                ModelEvent::Reasoning { text, .. } => {
                    said.insert("message.thinking".to_owned(), text.clone().into());
                }
                ModelEvent::ToolCall(call) => {
                    let arguments = call.args.as_deref().unwrap_or_default();
                    let arguments: Value =
                        serde_json::from_str(arguments).map_err(|error| error.to_string())?;
                    let function =
                        json!({"index": call.index, "name": call.name, "arguments": arguments});
                    let value = json!({"id": call.id, "function": function});
                    said.extend(flat(format!("message.tool_calls.{calls}"), &value));
                    calls += 1;
                }
                ModelEvent::Usage(usage) => {
                    said.insert("prompt_eval_count".to_owned(), usage.input_tokens.into());
                    said.insert("eval_count".to_owned(), usage.output_tokens.into());
                }
                ModelEvent::Finished { raw, .. } => {
                    said.insert("done_reason".to_owned(), raw.clone().into());
                }
                ModelEvent::Extra { path, value } => said.extend(flat(path.clone(), value)),
                ModelEvent::Part { .. }
                | ModelEvent::Kwarg { .. }
                | ModelEvent::Refusal { .. }
                | ModelEvent::Fallback(_) => return Err(format!("{event:?}")),
            }
        }
        let leaves = leaves(&frame);
        let is_last = frame["done"] == true;
        for (path, leaf) in &leaves {
            let silent = SILENT.iter().any(|(pattern, is, _)| matches(pattern, path) && is(leaf))
                && !(is_last && path == "created_at");
            if !silent && said.get(path) != Some(leaf) && self.known.get(path) != Some(leaf) {
                return Err(format!("lost {path}: {leaf}"));
            }
        }
        Ok(leaves.len())
    }
}

#[test]
fn every_recorded_reply_decodes_and_loses_nothing() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    let told = tally(&exchanges, |exchange| {
        assert_eq!(exchange.status, 200, "{exchange}");
        if exchange.content_type == "application/x-ndjson" {
            Settled::Streamed(streamed(exchange))
        } else {
            Settled::Whole(in_one_piece(exchange))
        }
    });
    println!("{told}");
}

fn in_one_piece(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let decode = |body: &[u8]| OllamaDecoder::default().decode_response(body);
    let chunk = decode(body).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    // A body that was cut is never taken for a whole one.
    for end in (0..body.trim_ascii_end().len()).step_by(body.len() / 64 + 1) {
        let error = decode(&body[..end]).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{exchange}: cut at {end}");
    }
    let mut account = Account::default();
    account.settle(&exchange.body, &chunk).unwrap_or_else(|lost| panic!("{exchange}: {lost}"))
}

fn streamed(exchange: &Exchange) -> usize {
    let body = exchange.body.as_bytes();
    let whole = decode(&Ollama, [body]).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    let single = decode(&Ollama, body.chunks(1)).unwrap();
    assert!(single == whole, "{exchange}: differs in pieces of one byte");
    every_cut(exchange, &Ollama, body, |bytes| {
        bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1)
    });
    let mut account = Account::default();
    let frames = frames(&Ollama, [body]);
    assert_eq!(frames.len(), whole.len(), "{exchange}");
    let settled = frames.iter().zip(&whole).map(|((_, frame), chunk)| {
        let frame = str::from_utf8(frame).unwrap();
        account.settle(frame, chunk).unwrap_or_else(|lost| panic!("{exchange}: {lost} in {frame}"))
    });
    settled.sum()
}

/// The test above is worth as much as the account: each event that is taken away is missed.
#[test]
fn the_account_misses_whatever_is_lost() {
    let body = json!({
        "model": "m", "created_at": "t", "done": true, "done_reason": "stop", "eval_count": 2, "eval_duration": 3,
        "message": {"role": "assistant", "content": "c", "thinking": "r", "tool_calls": [
            {"id": "i", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}},
        ]},
    })
    .to_string();
    let chunk = OllamaDecoder::default().decode_response(body.as_bytes()).unwrap();
    assert_eq!(chunk.events.len(), 7);
    assert_eq!(Account::default().settle(&body, &chunk), Ok(13));
    for position in 0..chunk.events.len() {
        let mut lacking = chunk.clone();
        let lost = lacking.events.remove(position);
        let settled = Account::default().settle(&body, &lacking);
        assert!(settled.is_err(), "{lost:?} is not missed");
    }
}

#[test]
fn recorded_conversations_are_encoded_alike() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    let (mut matched, mut listed) = (0, 0);
    for exchange in &exchanges {
        let mut recorded: Value = serde_json::from_str(&exchange.request).unwrap();
        let mut encoded = encode(exchange, &recorded);
        if encoded == recorded {
            matched += 1;
            continue;
        }
        normalise(&mut recorded);
        normalise(&mut encoded);
        assert_eq!(encoded, recorded, "{exchange}");
        listed += 1;
    }
    println!("ollama: {} requests, {matched} matched, {listed} listed", exchanges.len());
}

/// Reads the recorded request as a host's conversation and encodes that.
fn encode(exchange: &Exchange, recorded: &Value) -> Value {
    let mut parameters = recorded.as_object().unwrap().clone();
    let model = parameters.shift_remove("model").unwrap();
    let mut messages = parameters.shift_remove("messages").unwrap();
    let mut number = 0;
    // Results name their tool: they belong to the calls of the last answer, in their order.
    let mut open = HashMap::<String, Vec<String>>::new();
    for message in messages.as_array_mut().unwrap() {
        let message = message.as_object_mut().unwrap();
        if let Some(thinking) = message.shift_remove("thinking") {
            message.insert("additional_kwargs".to_owned(), json!({"reasoning_content": thinking}));
        }
        for call in
            message.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten()
        {
            let (name, arguments) = (&call["function"]["name"], &call["function"]["arguments"]);
            let id = format!("call_{number}");
            number += 1;
            open.entry(name.as_str().unwrap().to_owned()).or_default().push(id.clone());
            *call = json!({"id": id, "name": name, "args": arguments});
        }
        if let Some(name) = message.shift_remove("tool_name") {
            let id = open.get_mut(name.as_str().unwrap()).unwrap().remove(0);
            message.insert("name".to_owned(), name);
            message.insert("tool_call_id".to_owned(), id.into());
        }
    }
    let messages = Message::list_from_json(messages.as_array().unwrap().clone())
        .unwrap_or_else(|error| panic!("{exchange}: {error}"));
    let tools = parameters.shift_remove("tools").unwrap_or(json!([]));
    let tool = |tool: &Value| serde_json::from_value::<ToolDefinition>(tool["function"].clone());
    let request = ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        tools: tools.as_array().unwrap().iter().map(|it| tool(it).unwrap()).collect(),
        ..ModelRequest::default()
    };
    let stream = parameters.shift_remove("stream").unwrap().as_bool().unwrap();
    if parameters.get("options") == Some(&json!({})) {
        parameters.shift_remove("options");
    }
    let body = Ollama.encode(&WireRequest {
        model: model.as_str().unwrap(),
        request: &request,
        stream,
        stream_usage: true,
        parameters: &parameters,
        extra_body: &JsonObject::new(),
    });
    serde_json::from_slice(&body.unwrap()).unwrap()
}

/// Takes away what may be written in several ways.
fn normalise(body: &mut Value) {
    let body = body.as_object_mut().unwrap();
    // No options, said or not.
    if body.get("options") == Some(&json!({})) {
        body.shift_remove("options");
    }
    for message in body["messages"].as_array_mut().unwrap() {
        // An empty list of calls.
        if message.get("tool_calls") == Some(&json!([])) {
            message.as_object_mut().unwrap().shift_remove("tool_calls");
        }
    }
}

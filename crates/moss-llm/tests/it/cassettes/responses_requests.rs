//! Recorded requests: the same conversation is encoded as another client encoded it.

use std::sync::Arc;

use moss_llm::ModelRequest;
use moss_llm::wire::WireRequest;
use moss_llm::wire::responses::ResponsesEncoder;
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use super::recordings::{Exchange, MISSING};
use super::responses::{dialect, recorded};

#[test]
fn recorded_conversations_are_encoded_alike() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    let (mut alike, mut verbatim) = (0, 0);
    // The handshake of a web socket has no body.
    for exchange in exchanges.iter().filter(|exchange| !exchange.request.is_empty()) {
        let mut recorded: Value = serde_json::from_str(&exchange.request)
            .unwrap_or_else(|error| panic!("{exchange}: {error}"));
        let body = encode(exchange, &recorded);
        let mut encoded: Value = serde_json::from_slice(&body).unwrap();
        verbatim += usize::from(encoded == recorded);
        normalise(&mut recorded);
        normalise(&mut encoded);
        assert_eq!(encoded, recorded, "{exchange}");
        alike += 1;
    }
    println!(
        "{} exchanges: {alike} requests encoded alike, {verbatim} of them to the last member",
        exchanges.len()
    );
}

/// Reads the recorded request as a host's conversation and encodes that.
fn encode(exchange: &Exchange, recorded: &Value) -> Vec<u8> {
    let mut parameters = recorded.as_object().unwrap().clone();
    let model = parameters.shift_remove("model").unwrap();
    let input = parameters.shift_remove("input").unwrap();
    let input = match input {
        Value::String(text) => vec![json!({"type": "message", "role": "user", "content": text})],
        input => input.as_array().unwrap().clone(),
    };
    let messages = Message::list_from_json(messages(input))
        .unwrap_or_else(|error| panic!("{exchange}: {error}"));
    let tools = parameters.shift_remove("tools").unwrap_or(json!([]));
    let tools = tools.as_array().unwrap().iter().map(|tool| {
        let mut tool = tool.as_object().unwrap().clone();
        assert_eq!(tool.shift_remove("type"), Some(json!("function")));
        let strict = tool.shift_remove("strict");
        let mut tool: ToolDefinition = serde_json::from_value(Value::Object(tool)).unwrap();
        tool.extras.extend(strict.map(|strict| ("strict".to_owned(), strict)));
        tool
    });
    let stream = parameters.shift_remove("stream").is_some_and(|stream| stream == true);
    let request = ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        tools: tools.collect(),
        ..ModelRequest::default()
    };
    ResponsesEncoder::new(dialect(exchange))
        .encode(&WireRequest {
            model: model.as_str().unwrap(),
            request: &request,
            stream,
            stream_usage: true,
            parameters: &parameters,
            extra_body: &JsonObject::new(),
        })
        .unwrap_or_else(|error| panic!("{exchange}: {error}"))
}

/// A host's messages: what an answer was made of stands in one message, with its output.
fn messages(input: Vec<Value>) -> Vec<Value> {
    let mut messages: Vec<Value> = Vec::new();
    let mut output = Vec::new();
    for item in input {
        match (item["type"].as_str().unwrap(), item["role"].as_str()) {
            ("message", Some(role @ ("user" | "system" | "developer"))) => {
                messages.extend(answer(&mut output));
                messages.push(json!({"role": role, "content": parts(&item["content"])}));
            }
            ("function_call_output", _) => {
                messages.extend(answer(&mut output));
                messages.push(json!({
                    "role": "tool", "tool_call_id": item["call_id"], "content": item["output"],
                }));
            }
            _ => output.push(item),
        }
    }
    messages.extend(answer(&mut output));
    messages
}

fn parts(content: &Value) -> Value {
    let Value::Array(parts) = content else { return content.clone() };
    parts.iter().map(|part| json!({"type": "text", "text": part["text"]})).collect()
}

fn answer(output: &mut Vec<Value>) -> Option<Value> {
    let output = std::mem::take(output);
    if output.is_empty() {
        return None;
    }
    let of = |kind: &'static str| output.iter().filter(move |item| item["type"] == kind);
    let content: Vec<Value> = of("message")
        .flat_map(|item| {
            let content = parts(&item["content"]);
            match content {
                Value::Array(parts) => parts,
                text => vec![json!({"type": "text", "text": text})],
            }
        })
        .collect();
    let calls: Vec<Value> = of("function_call")
        .map(|item| {
            let args: Value = serde_json::from_str(item["arguments"].as_str().unwrap()).unwrap();
            json!({"id": item["call_id"], "name": item["name"], "args": args})
        })
        .collect();
    Some(json!({
        "role": "assistant", "content": content, "tool_calls": calls,
        "response_metadata": {"output": output},
    }))
}

/// Takes away what may be written in several ways.
fn normalise(body: &mut Value) {
    let has_tools = body.get("tools").is_some_and(|tools| tools != &json!([]));
    let body = body.as_object_mut().unwrap();
    if !has_tools {
        for name in ["tools", "tool_choice", "parallel_tool_calls"] {
            body.shift_remove(name);
        }
    }
    if body.get("stream") == Some(&Value::Bool(false)) {
        body.shift_remove("stream");
    }
    if let Some(Value::String(text)) = body.get("input") {
        let message = json!([{"type": "message", "role": "user", "content": text}]);
        body.insert("input".to_owned(), message);
    }
    for item in body["input"].as_array_mut().unwrap() {
        let item = item.as_object_mut().unwrap();
        // OpenAI's reasoning models take both words for the same.
        if item.get("role").is_some_and(|role| role == "developer") {
            item.insert("role".to_owned(), json!("system"));
        }
        // A result that is there is complete.
        if item["type"] == "function_call_output" {
            item.shift_remove("status");
        }
    }
}

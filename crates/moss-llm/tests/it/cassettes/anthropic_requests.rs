//! Recorded requests: the same conversation is encoded as other clients encoded it.

use std::sync::Arc;

use moss_llm::ModelRequest;
use moss_llm::wire::anthropic::{Anthropic, AnthropicDialect};
use moss_llm::wire::{Wire, WireRequest};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use super::anthropic::recorded;
use super::recordings::{Exchange, MISSING};

#[test]
fn recorded_conversations_are_encoded_alike() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    let mut equal = 0;
    for exchange in &exchanges {
        let recorded: Value = serde_json::from_str(&exchange.request)
            .unwrap_or_else(|error| panic!("{exchange}: {error}"));
        let body = encode(exchange, &recorded);
        let encoded: Value = serde_json::from_slice(&body).unwrap();
        equal += usize::from(encoded == recorded);
        assert_eq!(normalised(encoded), normalised(recorded), "{exchange}");
    }
    println!(
        "anthropic: {} requests matched, {equal} of them as they are, the others but for the list in `normalised`",
        exchanges.len()
    );
}

/// Reads the recorded request as a host's conversation and encodes that.
fn encode(exchange: &Exchange, recorded: &Value) -> Vec<u8> {
    let mut parameters = recorded.as_object().unwrap().clone();
    let model = parameters.shift_remove("model").unwrap();
    let mut messages = Vec::new();
    if let Some(system) = parameters.shift_remove("system") {
        messages.push(json!({"type": "system", "content": system}));
    }
    for message in parameters.shift_remove("messages").unwrap().as_array().unwrap() {
        as_the_host_has_it(message, &mut messages);
    }
    let messages =
        Message::list_from_json(messages).unwrap_or_else(|error| panic!("{exchange}: {error}"));
    let (mut own, mut server) = (Vec::new(), Vec::new());
    for tool in parameters.shift_remove("tools").iter().flat_map(|it| it.as_array().unwrap()) {
        let mut tool = tool.as_object().unwrap().clone();
        match tool.shift_remove("input_schema") {
            None => server.push(tool),
            Some(schema) => {
                let text = |value: Option<Value>| match value {
                    Some(Value::String(text)) => text,
                    _ => String::new(),
                };
                let name = text(tool.shift_remove("name"));
                let description = text(tool.shift_remove("description"));
                let mut definition = ToolDefinition::new(name, description, schema);
                definition.extras = tool;
                own.push(definition);
            }
        }
    }
    let request = ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        tools: own.into(),
        server_tools: server.into(),
        ..ModelRequest::default()
    };
    Anthropic::new(AnthropicDialect::ANTHROPIC)
        .encode(&WireRequest {
            model: model.as_str().unwrap(),
            request: &request,
            stream: parameters.shift_remove("stream") == Some(Value::Bool(true)),
            stream_usage: true,
            parameters: &parameters,
            extra_body: &JsonObject::new(),
        })
        .unwrap_or_else(|error| panic!("{exchange}: {error}"))
}

/// A recorded message as LangChain has it: results of tools are messages of their own, calls stand in `tool_calls`
/// too.
fn as_the_host_has_it(message: &Value, messages: &mut Vec<Value>) {
    let parts = match &message["content"] {
        Value::Array(parts) => parts.clone(),
        content => vec![json!({"type": "text", "text": content})],
    };
    let (results, others): (Vec<Value>, Vec<Value>) =
        parts.into_iter().partition(|part| part["type"] == "tool_result");
    for result in results {
        let status = if result["is_error"] == true { "error" } else { "success" };
        messages.push(json!({
            "type": "tool", "tool_call_id": result["tool_use_id"], "status": status,
            "content": result["content"],
        }));
    }
    if others.is_empty() {
        return;
    }
    let calls = others.iter().filter(|part| part["type"] == "tool_use").map(|part| {
        json!({"id": part["id"], "name": part["name"], "args": part["input"], "type": "tool_call"})
    });
    let calls: Vec<Value> = calls.collect();
    messages.push(match message["role"].as_str().unwrap() {
        "assistant" => json!({"type": "ai", "content": others, "tool_calls": calls}),
        role => json!({"role": role, "content": others}),
    });
}

/// Takes away what may be written in several ways.
fn normalised(mut body: Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    // Without tools there is nothing to choose.
    if fields.get("tools").is_none_or(|tools| *tools == json!([])) {
        fields.shift_remove("tools");
        fields.shift_remove("tool_choice");
    }
    // An answer in one piece is what comes unasked.
    if fields.get("stream") == Some(&Value::Bool(false)) {
        fields.shift_remove("stream");
    }
    // The provider itself joins messages of one role that follow each other.
    let mut turns: Vec<Value> = Vec::new();
    for message in fields["messages"].take().as_array().unwrap() {
        match turns.last_mut().filter(|last| last["role"] == message["role"]) {
            Some(last) => {
                let more = message["content"].as_array().unwrap().clone();
                last["content"].as_array_mut().unwrap().extend(more);
            }
            None => turns.push(message.clone()),
        }
    }
    fields["messages"] = Value::Array(turns);
    for message in fields["messages"].as_array_mut().unwrap() {
        for part in message["content"].as_array_mut().into_iter().flatten() {
            // A result that is one text may be a text or a list of one.
            if part["type"] == "tool_result"
                && let Some([only]) = part["content"].as_array().map(Vec::as_slice)
                && only["type"] == "text"
            {
                part["content"] = only["text"].clone();
            }
        }
    }
    body
}

//! Recorded requests in Converse: the same conversation is encoded as another client encoded it.

use std::sync::Arc;

use moss_llm::wire::bedrock::{Bedrock, BedrockDialect};
use moss_llm::wire::{Wire, WireRequest};
use moss_llm::{ModelRequest, ToolChoice};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use super::bedrock::{is_stream, model, recorded};
use super::recordings::{Exchange, MISSING};

#[test]
fn recorded_conversations_are_encoded_alike() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    let mut listed = 0;
    for exchange in &exchanges {
        let recorded: Value = serde_json::from_str(&exchange.request).unwrap();
        let encoded = encode(exchange, &recorded);
        let normal = normalised(recorded.clone(), &model(exchange));
        assert_eq!(encoded, normal, "{exchange}");
        listed += usize::from(normal != recorded);
    }
    println!(
        "bedrock: {} requests, {} equal, {listed} equal but for what is listed",
        exchanges.len(),
        exchanges.len() - listed
    );
}

/// Reads the recorded request as a host's conversation and encodes that.
fn encode(exchange: &Exchange, recorded: &Value) -> Value {
    let mut parameters = recorded.as_object().unwrap().clone();
    let system = parameters.shift_remove("system").map(system);
    let messages = parameters.shift_remove("messages").unwrap();
    let messages: Vec<Value> = system
        .into_iter()
        .chain(messages.as_array().unwrap().iter().flat_map(host_messages))
        .collect();
    let messages = Message::list_from_json(messages).unwrap();
    let mut request = ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        ..ModelRequest::default()
    };
    if let Some(config) = parameters.shift_remove("toolConfig") {
        let tools =
            config["tools"].as_array().unwrap().iter().filter_map(|tool| tool.get("toolSpec"));
        request.tools = tools.map(tool).collect();
        let others = config["tools"].as_array().unwrap().iter();
        let others = others.filter(|tool| tool.get("toolSpec").is_none());
        request.server_tools = others.map(|tool| tool.as_object().unwrap().clone()).collect();
        let choice = &config["toolChoice"];
        request.tool_choice = match choice["tool"]["name"].as_str() {
            Some(name) => ToolChoice::Tool(name.to_owned()),
            None if choice.get("any").is_some() => ToolChoice::Required,
            None => ToolChoice::Auto,
        };
    }
    let model = model(exchange);
    let body = Bedrock(BedrockDialect::of(&model)).encode(&WireRequest {
        model: &model,
        request: &request,
        stream: is_stream(exchange),
        stream_usage: true,
        parameters: &parameters,
        extra_body: &JsonObject::new(),
    });
    let body = body.unwrap_or_else(|error| panic!("{exchange}: {error}"));
    serde_json::from_slice(&body).unwrap()
}

fn tool(spec: &Value) -> ToolDefinition {
    let mut extras = spec.as_object().unwrap().clone();
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let name = text(extras.shift_remove("name")).unwrap();
    let description = text(extras.shift_remove("description")).unwrap_or_default();
    let parameters = extras.shift_remove("inputSchema").unwrap()["json"].take();
    ToolDefinition { name, description, parameters, extras }
}

fn system(blocks: Value) -> Value {
    let parts: Vec<Value> = blocks.as_array().unwrap().iter().map(part).collect();
    json!({"role": "system", "content": parts})
}

/// A block as a part of LangChain's messages.
fn part(block: &Value) -> Value {
    let (name, value) = block.as_object().unwrap().iter().next().unwrap();
    match name.as_str() {
        "text" => json!({"type": "text", "text": value}),
        "reasoningContent" => {
            let mut part = value.clone();
            part["type"] = json!("reasoning_content");
            part
        }
        name => json!({"type": name, name: value}),
    }
}

/// A turn as LangChain's messages: results of tools are messages of their own.
fn host_messages(turn: &Value) -> Vec<Value> {
    let blocks = turn["content"].as_array().unwrap();
    if turn["role"] == "assistant" {
        let calls: Vec<Value> = blocks
            .iter()
            .filter_map(|block| block.get("toolUse"))
            .map(|it| json!({"id": it["toolUseId"], "name": it["name"], "args": it["input"], "type": "tool_call"}))
            .collect();
        let said = blocks.iter().filter(|block| block.get("toolUse").is_none());
        let parts: Vec<Value> = said.map(part).collect();
        return vec![json!({"type": "ai", "content": parts, "tool_calls": calls})];
    }
    let mut messages = Vec::new();
    let mut parts = Vec::new();
    for block in blocks {
        match block.get("toolResult") {
            None => parts.push(part(block)),
            Some(result) => {
                let content: Vec<Value> =
                    result["content"].as_array().unwrap().iter().map(part).collect();
                messages.push(json!({
                    "type": "tool", "content": content, "tool_call_id": result["toolUseId"],
                    "status": result.get("status").unwrap_or(&json!("success")),
                }));
            }
        }
    }
    if !parts.is_empty() {
        messages.push(json!({"type": "human", "content": parts}));
    }
    messages
}

/// What is written otherwise here, and why.
fn normalised(mut body: Value, model: &str) -> Value {
    let turns = body["messages"].as_array_mut().unwrap();
    // Converse documents that the roles take turns: two messages of one role are sent as one.
    let mut merged: Vec<Value> = Vec::new();
    for turn in turns.drain(..) {
        match merged.last_mut() {
            Some(last) if last["role"] == turn["role"] => {
                let more = turn["content"].as_array().unwrap().clone();
                last["content"].as_array_mut().unwrap().extend(more);
            }
            _ => merged.push(turn),
        }
    }
    for turn in &mut merged {
        let blocks = turn["content"].as_array_mut().unwrap();
        // Models other than Claude refuse their reasoning; Claude's is nothing without its signature.
        blocks.retain(|block| match block.get("reasoningContent") {
            None => true,
            Some(reasoning) => {
                let text = reasoning.get("reasoningText");
                let is_signed = text.is_none_or(|text| text.get("signature").is_some());
                model.contains("claude") && is_signed
            }
        });
        let first_call = blocks.iter().position(|block| block.get("toolUse").is_some());
        // White space before a tool call is trimmed: some models refuse it.
        if let Some(Value::String(text)) =
            first_call.and_then(|call| blocks.get_mut(call.checked_sub(1)?)?.get_mut("text"))
        {
            *text = text.trim_end().to_owned();
        }
        for block in blocks {
            // Success is what no status means.
            if let Some(Value::Object(result)) = block.get_mut("toolResult")
                && result.get("status") == Some(&json!("success"))
            {
                result.shift_remove("status");
            }
        }
    }
    body["messages"] = Value::Array(merged);
    body
}

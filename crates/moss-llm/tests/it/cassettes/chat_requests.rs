//! Recorded requests: the same conversation is encoded as other clients encoded it.

use std::sync::Arc;

use moss_llm::ModelRequest;
use moss_llm::wire::WireRequest;
use moss_llm::wire::openai_chat::{OpenAiChatEncoder, ReasoningReplay};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use super::chat::{dialect, recorded};
use super::recordings::{Exchange, MISSING};

#[test]
fn recorded_conversations_are_encoded_alike() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    for exchange in &exchanges {
        let mut recorded: Value = serde_json::from_str(&exchange.request)
            .unwrap_or_else(|error| panic!("{exchange}: {error}"));
        let body = encode(exchange, &recorded);
        let mut encoded: Value = serde_json::from_slice(&body).unwrap();
        normalise(&mut recorded, exchange);
        normalise(&mut encoded, exchange);
        assert_eq!(encoded, recorded, "{exchange}");
    }
    println!("{} requests encoded", exchanges.len());
}

/// Reads the recorded request as a host's conversation and encodes that.
fn encode(exchange: &Exchange, recorded: &Value) -> Vec<u8> {
    let mut parameters = recorded.as_object().unwrap().clone();
    let model = parameters.shift_remove("model").unwrap();
    let mut messages = parameters.shift_remove("messages").unwrap();
    for message in messages.as_array_mut().unwrap() {
        let message = message.as_object_mut().unwrap();
        let mut kwargs = JsonObject::new();
        for name in ["reasoning_content", "reasoning_details"] {
            kwargs.extend(message.shift_remove(name).map(|value| (name.to_owned(), value)));
        }
        message.insert("additional_kwargs".to_owned(), kwargs.into());
        for call in
            message.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten()
        {
            name_no_arguments(call);
        }
    }
    let messages = Message::list_from_json(messages.as_array().unwrap().clone())
        .unwrap_or_else(|error| panic!("{exchange}: {error}"));
    let tools = parameters.shift_remove("tools").unwrap_or(json!([]));
    let tool = |tool: &Value| serde_json::from_value::<ToolDefinition>(tool["function"].clone());
    let tools = tools.as_array().unwrap().iter().map(|it| tool(it).unwrap()).collect();
    let stream = parameters.shift_remove("stream") == Some(Value::Bool(true));
    let stream_usage = parameters.shift_remove("stream_options").is_some();
    let request = ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        tools,
        ..ModelRequest::default()
    };
    OpenAiChatEncoder::new(dialect(exchange))
        .encode(&WireRequest {
            model: model.as_str().unwrap(),
            request: &request,
            stream,
            stream_usage,
            parameters: &parameters,
            extra_body: &JsonObject::new(),
        })
        .unwrap_or_else(|error| panic!("{exchange}: {error}"))
}

/// A model on Groq called a tool with `null`, which a host reads as no arguments.
fn name_no_arguments(call: &mut Value) {
    if call["function"]["arguments"] == "null" {
        call["function"]["arguments"] = json!("{}");
    }
}

/// Takes away what may be written in several ways.
fn normalise(body: &mut Value, exchange: &Exchange) {
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
    for tool in body.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        // An empty description says as little as none.
        let function = tool["function"].as_object_mut().unwrap();
        if function.get("description") == Some(&json!("")) {
            function.shift_remove("description");
        }
    }
    for message in body["messages"].as_array_mut().unwrap() {
        let message = message.as_object_mut().unwrap();
        if message["role"] == "developer" {
            message.insert("role".to_owned(), json!("system"));
        }
        if message["role"] != "assistant" {
            continue;
        }
        // Mistral's mark for a text to go on with, which was not set.
        if message.get("prefix") == Some(&Value::Bool(false)) {
            message.shift_remove("prefix");
        }
        let content = match message.get("content") {
            Some(Value::Array(parts)) if parts.len() == 1 => parts[0]["text"].clone(),
            None => Value::Null,
            Some(content) if content == "" => Value::Null,
            Some(content) => content.clone(),
        };
        message.insert("content".to_owned(), content);
        let has_calls = message.get("tool_calls").is_some_and(|calls| calls != &json!([]));
        if !has_calls {
            message.shift_remove("tool_calls");
        }
        for call in
            message.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten()
        {
            call.as_object_mut().unwrap().shift_remove("index");
            name_no_arguments(call);
            let arguments = call["function"]["arguments"].as_str().unwrap();
            let arguments: Value = serde_json::from_str(arguments).unwrap();
            call["function"]["arguments"] = arguments;
        }
        let replays = match dialect(exchange).reasoning {
            ReasoningReplay::ContentWithToolCalls => has_calls,
            ReasoningReplay::Content => true,
            _ => false,
        };
        if !replays {
            message.shift_remove("reasoning_content");
        }
    }
}

//! Recorded requests: the same conversation is encoded as other clients encoded it.

use std::collections::BTreeMap;
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
    let mut counts = BTreeMap::<&str, Counts>::new();
    let mut reasons = BTreeMap::<&str, usize>::new();
    for exchange in &exchanges {
        let mut recorded: Value = serde_json::from_str(&exchange.request)
            .unwrap_or_else(|error| panic!("{exchange}: {error}"));
        let mut encoded: Value = serde_json::from_slice(&encode(exchange, &recorded)).unwrap();
        let counts = counts.entry(&exchange.folder).or_default();
        counts.exchanges += 1;
        if encoded == recorded {
            counts.matched += 1;
            continue;
        }
        for (reason, level) in LISTED {
            let before = (encoded.clone(), recorded.clone());
            level(encoded.as_object_mut().unwrap(), exchange);
            level(recorded.as_object_mut().unwrap(), exchange);
            let differed = before.0 != before.1;
            if differed && (encoded != before.0 || recorded != before.1) {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        assert_eq!(encoded, recorded, "{exchange}");
        counts.listed += 1;
    }
    for (folder, Counts { exchanges, matched, listed }) in counts {
        println!("{folder}: {exchanges} requests, {matched} matched, {listed} listed");
    }
    for (reason, count) in reasons {
        println!("listed {count} times: {reason}");
    }
}

#[derive(Default)]
struct Counts {
    exchanges: usize,
    /// Equal but for the order of members.
    matched: usize,
    /// Equal but for differences that are listed.
    listed: usize,
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
        for call in calls_of(message) {
            if call["function"]["arguments"] == "null" {
                call["function"]["arguments"] = json!("{}");
            }
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

type Body = JsonObject;

/// What may be written in several ways, and how it is made the same.
type Listed = (&'static str, fn(&mut Body, &Exchange));

const LISTED: &[Listed] = &[
    ("no tools are offered as an empty list, and choices that mean nothing then", no_tools),
    ("`stream: false` is the default", not_streamed),
    ("an empty description says as little as none", empty_descriptions),
    ("`developer` is `system` to models that do not reason", developers),
    ("`prefix: false` is Mistral's default", no_prefix),
    ("an assistant's content: one text as a list, `null`, empty and missing", contents),
    ("an empty list of calls", no_calls),
    ("calls: white space in arguments, their index, `null` for no arguments", calls),
    ("reasoning where the provider does not want it back", reasoning),
    ("turns that some of Mistral's models insist on, and those of the recording do not", turns),
    ("ids that were taken out of the recording are none of Mistral's", redacted_ids),
];

fn no_tools(body: &mut Body, _: &Exchange) {
    if body.get("tools").is_none_or(|tools| tools == &json!([])) {
        for name in ["tools", "tool_choice", "parallel_tool_calls"] {
            body.shift_remove(name);
        }
    }
}

fn not_streamed(body: &mut Body, _: &Exchange) {
    if body.get("stream") == Some(&Value::Bool(false)) {
        body.shift_remove("stream");
    }
}

fn empty_descriptions(body: &mut Body, _: &Exchange) {
    for tool in body.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        let function = tool["function"].as_object_mut().unwrap();
        if function.get("description") == Some(&json!("")) {
            function.shift_remove("description");
        }
    }
}

fn messages(body: &mut Body) -> impl Iterator<Item = &mut Body> {
    let messages = body["messages"].as_array_mut().unwrap();
    messages.iter_mut().map(|message| message.as_object_mut().unwrap())
}

fn assistants(body: &mut Body) -> impl Iterator<Item = &mut Body> {
    messages(body).filter(|message| message["role"] == "assistant")
}

fn calls_of(message: &mut Body) -> impl Iterator<Item = &mut Body> {
    let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
    calls.into_iter().flatten().map(|call| call.as_object_mut().unwrap())
}

fn developers(body: &mut Body, _: &Exchange) {
    for message in messages(body) {
        if message["role"] == "developer" {
            message.insert("role".to_owned(), json!("system"));
        }
    }
}

fn no_prefix(body: &mut Body, _: &Exchange) {
    for message in assistants(body) {
        if message.get("prefix") == Some(&Value::Bool(false)) {
            message.shift_remove("prefix");
        }
    }
}

fn contents(body: &mut Body, _: &Exchange) {
    for message in assistants(body) {
        let content = match message.get("content") {
            Some(Value::Array(parts)) if parts.len() == 1 => parts[0]["text"].clone(),
            None => Value::Null,
            Some(content) if content == "" => Value::Null,
            Some(content) => content.clone(),
        };
        message.insert("content".to_owned(), content);
    }
}

fn no_calls(body: &mut Body, _: &Exchange) {
    for message in assistants(body) {
        if message.get("tool_calls") == Some(&json!([])) {
            message.shift_remove("tool_calls");
        }
    }
}

fn calls(body: &mut Body, _: &Exchange) {
    for call in assistants(body).flat_map(calls_of) {
        call.shift_remove("index");
        let arguments = call["function"]["arguments"].as_str().unwrap();
        let mut arguments: Value = serde_json::from_str(arguments).unwrap();
        // A model on Groq called a tool with `null`, which a host reads as no arguments.
        if arguments.is_null() {
            arguments = json!({});
        }
        call["function"]["arguments"] = arguments;
    }
}

fn reasoning(body: &mut Body, exchange: &Exchange) {
    for message in assistants(body) {
        let has_calls = message.contains_key("tool_calls");
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

/// Takes away the user's message at the head, and the assistant's between a result and the user.
fn turns(body: &mut Body, exchange: &Exchange) {
    if exchange.folder != "mistral" {
        return;
    }
    let messages = body["messages"].as_array_mut().unwrap();
    let inserted = [
        json!({"role": "user", "content": "(Earlier messages are left out.)"}),
        json!({"role": "assistant", "content": "OK."}),
    ];
    messages.retain(|message| !inserted.contains(message));
}

fn redacted_ids(body: &mut Body, exchange: &Exchange) {
    if exchange.folder != "mistral" {
        return;
    }
    // By the order in which they come.
    let mut known = Vec::new();
    let mut number = |id: &mut Value| {
        let position = known.iter().position(|known| known == id).unwrap_or(known.len());
        if position == known.len() {
            known.push(id.clone());
        }
        *id = json!(position);
    };
    for message in messages(body) {
        calls_of(message).for_each(|call| number(&mut call["id"]));
        message.get_mut("tool_call_id").into_iter().for_each(&mut number);
    }
}

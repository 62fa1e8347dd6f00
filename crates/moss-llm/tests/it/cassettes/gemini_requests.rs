//! Recorded requests to Gemini: the same conversation is encoded as another client encoded it.

use std::sync::Arc;

use moss_llm::wire::WireRequest;
use moss_llm::wire::gemini::{Gemini, GeminiEncoder};
use moss_llm::{ModelRequest, OutputSchema, ToolChoice};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use super::gemini::recorded;
use super::recordings::{Exchange, MISSING};

#[test]
fn recorded_conversations_are_encoded_alike() {
    let Some(exchanges) = recorded() else {
        println!("{MISSING}");
        return;
    };
    let mut listed = 0;
    for exchange in &exchanges {
        let recorded: Value = serde_json::from_str(&exchange.request)
            .unwrap_or_else(|error| panic!("{exchange}: {error}"));
        let body = encode(exchange, &recorded);
        let encoded: Value = serde_json::from_slice(&body).unwrap();
        let exact = without_nulls(recorded.clone());
        listed += usize::from(exact != encoded);
        assert_eq!(normal(encoded), normal(exact), "{exchange}");
    }
    println!(
        "gemini: {} requests matched, {listed} of them with listed differences",
        exchanges.len()
    );
}

/// Reads the recorded request as a host's conversation and encodes that.
fn encode(exchange: &Exchange, recorded: &Value) -> Vec<u8> {
    let mut parameters = without_nulls(recorded.clone()).as_object().unwrap().clone();
    let mut messages = Vec::new();
    if let Some(system) = parameters.shift_remove("systemInstruction") {
        let parts: Vec<Value> = system["parts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| json!({"type": "text", "text": part["text"]}))
            .collect();
        messages.push(json!({"role": "system", "content": parts}));
    }
    let contents = parameters.shift_remove("contents").unwrap();
    let mut calls = Vec::new();
    for (turn, content) in contents.as_array().unwrap().iter().enumerate() {
        messages.extend(turn_messages(turn, content, &mut calls));
    }
    let messages =
        Message::list_from_json(messages).unwrap_or_else(|error| panic!("{exchange}: {error}"));

    let (mut tools, mut server_tools) = (Vec::new(), Vec::new());
    for tool in parameters.shift_remove("tools").iter().flat_map(|tools| tools.as_array().unwrap())
    {
        let mut tool = tool.as_object().unwrap().clone();
        for function in
            tool.shift_remove("functionDeclarations").iter().flat_map(|all| all.as_array().unwrap())
        {
            tools.push(serde_json::from_value::<ToolDefinition>(function.clone()).unwrap());
        }
        if !tool.is_empty() {
            server_tools.push(tool);
        }
    }
    let output =
        parameters.get_mut("generationConfig").and_then(Value::as_object_mut).and_then(|config| {
            let schema = config.shift_remove("responseJsonSchema")?;
            config.shift_remove("responseMimeType");
            Some(OutputSchema {
                name: "answer".to_owned(),
                description: None,
                schema,
                strict: true,
            })
        });
    // The other client writes this one field in snake case.
    let choice = parameters.get("toolConfig").map(|config| &config["functionCallingConfig"]);
    let tool_choice =
        match choice.map(|choice| (&choice["mode"], &choice["allowed_function_names"])) {
            Some((mode, Value::Null)) if mode == "ANY" => ToolChoice::Required,
            Some((mode, names)) if mode == "ANY" => {
                ToolChoice::Tool(names[0].as_str().unwrap().to_owned())
            }
            Some((mode, _)) if mode == "NONE" => ToolChoice::None,
            Some(_) | None => ToolChoice::Auto,
        };
    if tool_choice != ToolChoice::Auto {
        parameters.shift_remove("toolConfig");
    }
    let request = ModelRequest {
        tool_choice,
        messages: messages.into_iter().map(Arc::new).collect(),
        tools: tools.into(),
        server_tools: server_tools.into(),
        output,
    };
    let model = exchange.path.rsplit('/').next().unwrap().split(':').next().unwrap();
    GeminiEncoder::new(Gemini::GOOGLE)
        .encode(&WireRequest {
            model,
            request: &request,
            stream: exchange.path.contains(":stream"),
            stream_usage: true,
            parameters: &parameters,
            extra_body: &JsonObject::new(),
        })
        .unwrap_or_else(|error| panic!("{exchange}: {error}"))
}

/// The messages of one turn. `calls` are the ids and names of the last calls.
fn turn_messages(turn: usize, content: &Value, calls: &mut Vec<(String, Value)>) -> Vec<Value> {
    let parts = content["parts"].as_array().unwrap();
    if content["role"] == "model" {
        let mut said = Vec::new();
        let mut own = Vec::new();
        let mut signatures = Vec::new();
        calls.clear();
        for part in parts {
            if let Some(call) = part.get("functionCall") {
                let id = call["id"].as_str().map(str::to_owned);
                let id = id.unwrap_or_else(|| format!("gemini_call_{turn}_{}", calls.len()));
                calls.push((id.clone(), call["name"].clone()));
                own.push(json!({"id": id, "name": call["name"], "args": call["args"]}));
                signatures.push(part.get("thoughtSignature").cloned().unwrap_or("".into()));
            } else if part["thought"] == true {
                said.push(json!({"type": "reasoning", "reasoning": part["text"]}));
            } else {
                said.push(json!({"type": "text", "text": part["text"]}));
            }
        }
        return vec![json!({
            "role": "assistant",
            "content": said,
            "tool_calls": own,
            "additional_kwargs": {"signatures": signatures},
        })];
    }
    let mut messages = Vec::new();
    let mut own = Vec::new();
    for part in parts {
        if let Some(response) = part.get("functionResponse") {
            // A client that keeps no ids tells calls apart by their order.
            let named = |(_, name): &(String, Value)| *name == response["name"];
            let position = calls.iter().position(named).unwrap();
            let (id, _) = calls.remove(position);
            let result = &response["response"]["result"];
            let text = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
            let mut content = vec![json!({"type": "text", "text": text})];
            for part in response["parts"].as_array().into_iter().flatten() {
                content.push(json!({
                    "type": "image",
                    "source_type": "base64",
                    "mime_type": part["inlineData"]["mimeType"],
                    "data": part["inlineData"]["data"],
                }));
            }
            messages.push(json!({"role": "tool", "tool_call_id": id, "content": content}));
        } else if let Some(text) = part.get("text") {
            own.push(json!({"type": "text", "text": text}));
        } else {
            let mut part = part.as_object().unwrap().clone();
            part.shift_remove("thought");
            own.push(part.into());
        }
    }
    if !own.is_empty() {
        messages.push(json!({"role": "user", "content": own}));
    }
    messages
}

/// The other client writes `null` for what it does not set.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Takes away what differs and means the same.
fn normal(mut body: Value) -> Value {
    let object = body.as_object_mut().unwrap();
    // An empty configuration is none.
    if object.get("generationConfig") == Some(&json!({})) {
        object.shift_remove("generationConfig");
    }
    if let Some(Value::Object(choice)) =
        object.get_mut("toolConfig").and_then(|config| config.get_mut("functionCallingConfig"))
        && let Some(names) = choice.shift_remove("allowed_function_names")
    {
        choice.insert("allowedFunctionNames".to_owned(), names);
    }
    // The role of instructions means nothing.
    if let Some(Value::Object(system)) = object.get_mut("systemInstruction") {
        system.shift_remove("role");
    }
    let parts = |content: &mut Value| content["parts"].as_array_mut().unwrap().drain(..).collect();
    if let Some(system) = object.get_mut("systemInstruction") {
        let said: Vec<Value> = parts(system);
        system["parts"] = said.into_iter().map(part).collect();
    }
    for content in object["contents"].as_array_mut().unwrap() {
        let said: Vec<Value> = parts(content);
        let mut said: Vec<Value> = said.into_iter().map(part).collect();
        // Results go in the order of their calls; the other client sends them as they come.
        if said.iter().all(|part| part.get("functionResponse").is_some()) {
            said.sort_by_key(|part| part["functionResponse"]["name"].to_string());
        }
        content["parts"] = said.into();
    }
    body
}

fn part(mut part: Value) -> Value {
    let object = part.as_object_mut().unwrap();
    // That a part is no thought is the default.
    if object.get("thought") == Some(&Value::Bool(false)) {
        object.shift_remove("thought");
    }
    // A tool's result goes as the text that the tool gave; the other client reads the JSON in it.
    if let Some(result) = part.pointer_mut("/functionResponse/response/result") {
        let text = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
        *result = serde_json::from_str(&text).unwrap_or(Value::String(text));
    }
    part
}

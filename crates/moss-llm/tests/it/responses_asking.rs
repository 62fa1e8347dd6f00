//! Which of OpenAI's protocols a client speaks, and whole calls over loopback.

use std::sync::Arc;

use futures::StreamExt;
use moss_llm::{
    ChatModel, FinishReason, LlmClient, ModelChunk, ModelErrorKind, ModelEvent, ModelRequest,
};
use moss_protocol::{JsonObject, Provider, ToolDefinition};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::asking::{ask, client, object, question, text_of, try_client};
use crate::server::{Server, end, piece, stream_head};

/// What of the options stands in the body of a request, beside what is in every one; and whether it is one for
/// Responses.
fn body(provider: Provider, options: Value) -> (bool, Value) {
    let mut all = object(json!({"model": "m", "apiKey": "k", "streaming": false}));
    all.extend(object(options));
    let client = try_client(provider, Value::Object(all)).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    asked(&client, &question("Hi"))
}

fn asked(client: &LlmClient, request: &ModelRequest) -> (bool, Value) {
    let mut body: JsonObject = serde_json::from_slice(&client.encode(request).unwrap()).unwrap();
    body.shift_remove("model");
    let is_responses = body.shift_remove("input").is_some();
    body.shift_remove("messages");
    (is_responses, Value::Object(body))
}

#[test]
fn a_host_says_which_protocol_it_wants() {
    for provider in [Provider::OpenAi, Provider::OpenRouter, Provider::Xai] {
        for (says, is_responses) in
            [(json!(true), true), (json!(false), false), (json!(null), false)]
        {
            let options = json!({"useResponsesApi": says});
            assert_eq!(body(provider, options.clone()).0, is_responses, "{provider} {options}");
        }
    }
    let elsewhere = json!({"model": "m", "apiKey": "k", "useResponsesApi": true});
    let client = try_client(Provider::DeepSeek, elsewhere).unwrap();
    assert_eq!(client.unknown_options(), ["useResponsesApi"]);
}

#[test]
fn options_and_models_that_need_responses_get_them() {
    for options in [
        json!({"reasoning": {"effort": "low", "summary": "auto"}}),
        json!({"text": {"verbosity": "low"}}),
        json!({"include": ["x"]}),
        json!({"truncation": "auto"}),
        json!({"previous_response_id": "resp_1"}),
        json!({"model": "gpt-5-codex"}),
        json!({"model": "gpt-5.2-pro-2026-01-01"}),
        json!({"model": "o3-deep-research"}),
    ] {
        assert!(body(Provider::OpenAi, options.clone()).0, "{options}");
        let mut forbidden = object(options.clone());
        // What only Responses can follow is then not followed.
        let model = forbidden.get("model").cloned().unwrap_or(json!("m"));
        forbidden.extend(object(json!({"model": model, "apiKey": "k", "useResponsesApi": false})));
        let client = try_client(Provider::OpenAi, Value::Object(forbidden)).unwrap();
        assert!(!asked(&client, &question("Hi")).0, "{options}");
        assert!(!body(Provider::OpenRouter, json!({"model": "gpt-5-codex"})).0);
    }
    for options in [
        json!({}),
        json!({"reasoning": {"effort": "low"}}),
        json!({"reasoning": {"effort": "low", "summary": null}}),
        json!({"text": null}),
        json!({"model": "gpt-5-nano"}),
        json!({"model": "my-pro-model"}),
    ] {
        assert!(!body(Provider::OpenAi, options.clone()).0, "{options}");
    }
}

#[test]
fn requests_that_need_responses_get_them() {
    let options = json!({"model": "m", "apiKey": "k", "maxTokens": 5, "reasoningEffort": "low", "streaming": false});
    let client = try_client(Provider::OpenAi, options.clone()).unwrap();
    let mut request = question("Hi");
    request.tools = [ToolDefinition::new("f", "", json!({}))].into();
    let (is_responses, body) = asked(&client, &request);
    assert!(!is_responses);
    assert_eq!(body["max_tokens"], 5);
    request.server_tools = [object(json!({"type": "web_search"}))].into();
    let (is_responses, body) = asked(&client, &request);
    assert!(is_responses);
    assert_eq!(body["max_output_tokens"], 5);
    assert_eq!(body["reasoning"], json!({"effort": "low"}));
    assert_eq!(body["tools"][1], json!({"type": "web_search"}));
    let mut custom = ToolDefinition::new("g", "", json!({}));
    custom.extras = object(json!({"type": "custom"}));
    let request = ModelRequest { tools: [custom].into(), ..question("Hi") };
    assert!(asked(&client, &request).0);
    // OpenRouter runs its own plugins behind chat completions.
    let client = try_client(Provider::OpenRouter, options).unwrap();
    let request =
        ModelRequest { server_tools: [object(json!({"type": "x"}))].into(), ..question("Hi") };
    assert!(!asked(&client, &request).0);
}

#[test]
fn parameters_travel_under_the_names_of_responses() {
    let options = json!({
        "useResponsesApi": true, "temperature": 0, "topP": 0.9, "maxTokens": 10, "topLogprobs": 3,
        "logprobs": true, "user": "u", "parallelToolCalls": false, "service_tier": "flex",
        "reasoning": {"summary": "auto"}, "reasoningEffort": "high", "verbosity": "low",
        "responseFormat": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
        "include": ["x"], "truncation": "auto", "previousResponseId": "resp_1", "store": true,
        "promptCacheKey": "k", "promptCacheRetention": "24h", "promptCacheOptions": {"a": 1},
        "safetyIdentifier": "s", "instructions": "i", "maxToolCalls": 2, "usage": true,
        "modelKwargs": {"metadata": {"a": "b"}},
    });
    let expected = json!({
        "instructions": "i", "temperature": 0, "top_p": 0.9, "max_output_tokens": 10,
        "max_tool_calls": 2, "top_logprobs": 3,
        "reasoning": {"summary": "auto", "effort": "high"},
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": {}}},
        "include": ["x", "message.output_text.logprobs"], "truncation": "auto",
        "previous_response_id": "resp_1", "store": true, "service_tier": "flex",
        "safety_identifier": "s", "prompt_cache_key": "k", "prompt_cache_retention": "24h",
        "prompt_cache_options": {"a": 1}, "user": "u", "metadata": {"a": "b"},
    });
    assert_eq!(body(Provider::OpenAi, options), (true, expected));
    let zdr = json!({"useResponsesApi": true, "zdrEnabled": true, "maxTokens": -1});
    assert_eq!(body(Provider::OpenAi, zdr), (true, json!({"store": false})));
}

#[test]
fn a_choice_of_a_tool_is_written_as_responses_do() {
    let choice = |choice: Value| {
        let options =
            json!({"model": "m", "apiKey": "k", "useResponsesApi": true, "tool_choice": choice});
        let client = try_client(Provider::OpenAi, options).unwrap();
        let tools = [ToolDefinition::new("f", "", json!({}))].into();
        asked(&client, &ModelRequest { tools, ..question("Hi") }).1["tool_choice"].take()
    };
    assert_eq!(choice(json!("auto")), json!("auto"));
    assert_eq!(choice(json!("any")), json!("required"));
    let flat = json!({"type": "function", "name": "f"});
    assert_eq!(choice(json!({"type": "function", "function": {"name": "f"}})), flat);
    assert_eq!(choice(flat.clone()), flat);
}

#[test]
fn what_responses_do_not_take_is_named() {
    let options = json!({
        "model": "m", "apiKey": "k", "useResponsesApi": true, "frequencyPenalty": 1, "stop": ["x"],
        "seed": 1, "n": 2,
    });
    let client = try_client(Provider::OpenAi, options).unwrap();
    assert_eq!(client.unknown_options(), ["frequencyPenalty", "stop", "seed", "n"]);
    // Without a word of the host, what chat completions do not take is named.
    let options = json!({"model": "m", "apiKey": "k", "maxToolCalls": 1});
    let client = try_client(Provider::OpenAi, options).unwrap();
    assert_eq!(client.unknown_options(), ["maxToolCalls"]);
}

fn frames(text: &str) -> String {
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}]});
    let events = [
        json!({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-x", "status": "in_progress"}}),
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": text}),
        json!({"type": "response.completed", "response": {"id": "resp_1", "model": "gpt-x",
            "status": "completed", "output": [message]}}),
    ];
    events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .collect()
}

fn stopped(chunks: &[ModelChunk]) -> bool {
    let mut events = chunks.iter().flat_map(|chunk| &chunk.events);
    events.any(|event| matches!(event, ModelEvent::Finished { reason: FinishReason::Stop, .. }))
}

#[tokio::test]
async fn an_answer_is_streamed() {
    let server = Server::play([vec![stream_head(), piece(frames("Hello")), end()]]).await;
    let client = client(&server, json!({"useResponsesApi": true}));
    let (chunks, error) = ask(&client).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text_of(&chunks), "Hello");
    assert!(stopped(&chunks));
    let seen = &server.seen()[0];
    assert_eq!(seen.line, "POST /v1/responses HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some("Bearer sk-test"));
    assert_eq!(seen.header("accept"), Some("text/event-stream"));
    assert_eq!(
        seen.json(),
        json!({"model": "gpt-x", "stream": true,
            "input": [{"type": "message", "role": "user", "content": "Hi"}]})
    );
}

#[tokio::test]
async fn an_answer_comes_in_one_piece() {
    let response = json!({"id": "resp_1", "model": "gpt-x", "status": "completed", "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}]});
    let server = Server::play([crate::server::json("200 OK", "", &response)]).await;
    let client = client(&server, json!({"useResponsesApi": true, "streaming": false}));
    let (chunks, error) = ask(&client).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((chunks.len(), text_of(&chunks)), (1, "Hello".to_owned()));
    assert!(stopped(&chunks));
    assert_eq!(server.seen()[0].json().get("stream"), None);
}

#[tokio::test]
async fn a_request_goes_where_it_is_understood() {
    let answer = || vec![stream_head(), piece(frames("Hello")), end()];
    let server = Server::play([answer(), crate::server::answer("Hello")]).await;
    let client = client(
        &server,
        json!({"configuration": {
        "baseURL": server.url(), "defaultQuery": {"a": "b"}}}),
    );
    let search = ModelRequest {
        server_tools: [object(json!({"type": "web_search"}))].into(),
        ..question("Hi")
    };
    for request in [search, question("Hi")] {
        let chunks: Vec<ModelChunk> = client
            .stream(request, CancellationToken::new())
            .map(|chunk| chunk.unwrap())
            .collect()
            .await;
        assert_eq!(text_of(&chunks), "Hello");
    }
    let lines: Vec<String> = server.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(
        lines,
        ["POST /v1/responses?a=b HTTP/1.1", "POST /v1/chat/completions?a=b HTTP/1.1"]
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error() {
    let cut = frames("Hello").split("event: response.completed").next().unwrap().to_owned();
    let server = Server::play([vec![stream_head(), piece(cut), end()]]).await;
    let client = client(&server, json!({"useResponsesApi": true}));
    let (chunks, error) = ask(&client).await;
    assert_eq!(text_of(&chunks), "Hello");
    assert_eq!(error.unwrap().kind, ModelErrorKind::Truncated);
}

/// A small real model on loopback, where `MOSS_LIVE_BASE_URL` names one: its words are nonsense, its protocol is real.
#[tokio::test]
async fn a_live_model_calls_a_tool_and_then_answers() {
    let Ok(url) = std::env::var("MOSS_LIVE_BASE_URL") else {
        println!("No live model: MOSS_LIVE_BASE_URL is not set. Nothing is tested.");
        return;
    };
    let options = json!({
        "model": "smollm2-135m", "baseURL": url, "useResponsesApi": true, "maxTokens": 48,
        "timeout": 300_000,
    });
    let client = try_client(Provider::OpenAi, options).unwrap();
    let schema =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let mut request = question("What is the weather in Paris?");
    request.tools =
        [ToolDefinition::new("get_weather", "Tells the weather of a city", schema)].into();
    let stream = |request: ModelRequest| {
        let chunks = client.stream(request, CancellationToken::new());
        chunks.map(|chunk| chunk.unwrap()).collect::<Vec<ModelChunk>>()
    };
    let called = stream(request.clone()).await;
    let events: Vec<&ModelEvent> = called.iter().flat_map(|chunk| &chunk.events).collect();
    assert!(matches!(events[0], ModelEvent::Started(info) if info.id.is_some()), "{events:?}");
    let pieces: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::ToolCall(piece) => Some(piece),
            _ => None,
        })
        .collect();
    assert!(pieces.len() > 2, "the call is streamed: {pieces:?}");
    assert!(pieces.iter().all(|piece| piece.index == pieces[0].index));
    assert_eq!(pieces[0].name.as_deref(), Some("get_weather"));
    let arguments: String = pieces.iter().filter_map(|piece| piece.args.as_deref()).collect();
    let arguments: JsonObject = serde_json::from_str(&arguments).unwrap();
    assert!(matches!(
        events.iter().find(|event| matches!(event, ModelEvent::Finished { .. })),
        Some(ModelEvent::Finished { reason: FinishReason::ToolCalls, .. })
    ));
    assert!(events.iter().any(|event| matches!(event, ModelEvent::Usage(_))));

    let output = events.iter().find_map(|event| match event {
        ModelEvent::Extra { path, value } if path == "output" => Some(value.clone()),
        _ => None,
    });
    let id = pieces[0].id.clone().unwrap();
    let messages = json!([
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": "",
            "tool_calls": [{"id": id, "name": "get_weather", "args": arguments}],
            "response_metadata": {"output": output, "model_provider": "openai"}},
        {"role": "tool", "tool_call_id": id, "content": "Sunny, 22 degrees"},
    ]);
    let messages =
        moss_protocol::Message::list_from_json(messages.as_array().unwrap().clone()).unwrap();
    request.messages = messages.into_iter().map(Arc::new).collect();
    let answered = stream(request).await;
    assert!(!text_of(&answered).is_empty());
    println!("{} chunks with the call, {} with the answer", called.len(), answered.len());
}

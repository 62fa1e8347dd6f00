//! A client of Anthropic's API: from a host's options to what goes over the network, and back.

use std::error::Error;
use std::time::Duration;

use futures::StreamExt;
use moss_llm::{
    ChatModel, ClientOptions, LlmClient, ModelError, ModelErrorKind, ModelEvent, ModelRequest,
    ModelSetupError, RetryPolicy,
};
use moss_protocol::Provider;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::asking::{ask, failure, nothing, object, question, text_of, transport, try_client};
use crate::server::{Act, Seen, Server, end, json as respond, piece, stream_head};

const MODEL: &str = "claude-sonnet-4-5";

fn client(options: Value) -> Result<LlmClient, ModelSetupError> {
    let mut all = object(json!({"model": MODEL, "apiKey": "sk-ant-key"}));
    all.extend(object(options));
    try_client(Provider::Anthropic, Value::Object(all))
}

/// What of the options stands in the body of a request, beside what is in every one.
fn body(options: Value) -> Value {
    let client = client(options).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    let mut body =
        object(serde_json::from_slice(&client.encode(&question("Hi")).unwrap()).unwrap());
    for name in ["model", "messages", "stream"] {
        body.shift_remove(name);
    }
    if body.get("max_tokens") == Some(&json!(64_000)) {
        body.shift_remove("max_tokens");
    }
    Value::Object(body)
}

fn refused(options: Value) -> String {
    let error = client(options).unwrap_err();
    assert_eq!(error.code().as_str(), "INVALID_CONFIG");
    error.to_string()
}

#[test]
fn options_become_fields_of_the_body() {
    assert_eq!(
        body(json!({
            "maxTokens": 10, "temperature": 0.5, "topP": 0.9, "topK": 3, "stopSequences": ["x"],
            "outputConfig": {"task_budget": {"type": "tokens", "total": 20_000}}, "effort": "low",
            "contextManagement": {"edits": []}, "container": "c", "mcp_servers": [], "serviceTier": "auto",
            "inferenceGeo": "eu", "speed": "fast", "cacheControl": {"type": "ephemeral"}, "stream": true,
            "invocationKwargs": {"metadata": {"user_id": "u"}},
        })),
        json!({
            "output_config": {"task_budget": {"type": "tokens", "total": 20_000}, "effort": "low"},
            "max_tokens": 10, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "stop_sequences": ["x"],
            "context_management": {"edits": []}, "container": "c", "mcp_servers": [], "service_tier": "auto",
            "inference_geo": "eu", "speed": "fast", "cache_control": {"type": "ephemeral"},
            "metadata": {"user_id": "u"},
        })
    );
    assert_eq!(body(json!({})), json!({}));
    assert_eq!(
        body(json!({"maxTokens": -1, "temperature": -1, "topP": -1, "topK": -1})),
        json!({})
    );
    assert_eq!(body(json!({"stop": "x"})), json!({"stop_sequences": ["x"]}));
    let format = json!({"type": "json_schema", "schema": {"type": "object"}});
    assert_eq!(body(json!({"outputFormat": format})), json!({"output_config": {"format": format}}));
}

#[test]
fn the_tool_choice_is_understood_in_all_its_forms() {
    let mut request = question("Hi");
    request.tools = [moss_protocol::ToolDefinition::new("f", "", json!({}))].into();
    for (options, expected) in [
        (json!({"tool_choice": "any"}), json!({"type": "any"})),
        (json!({"toolChoice": "required"}), json!({"type": "any"})),
        (json!({"tool_choice": "none"}), json!({"type": "none"})),
        (json!({"tool_choice": "f"}), json!({"type": "tool", "name": "f"})),
        (json!({"tool_choice": {"type": "auto"}}), json!({"type": "auto"})),
        (
            json!({"parallelToolCalls": false}),
            json!({"type": "auto", "disable_parallel_tool_use": true}),
        ),
        (
            json!({"tool_choice": "any", "disableParallelToolUse": true}),
            json!({"type": "any", "disable_parallel_tool_use": true}),
        ),
        (json!({"parallelToolCalls": true}), Value::Null),
    ] {
        let client = client(options.clone()).unwrap();
        assert_eq!(client.unknown_options(), Vec::<String>::new());
        let body: Value = serde_json::from_slice(&client.encode(&request).unwrap()).unwrap();
        assert_eq!(body["tool_choice"], expected, "{options}");
    }
}

#[test]
fn thinking_is_checked() {
    let enabled = |budget: u64| json!({"type": "enabled", "budget_tokens": budget});
    assert_eq!(
        body(json!({"thinking": enabled(1024), "maxTokens": 4096, "temperature": 1})),
        json!({"max_tokens": 4096, "thinking": enabled(1024)})
    );
    assert_eq!(
        body(json!({"thinking": enabled(100_000)})),
        json!({"thinking": enabled(100_000), "max_tokens": 164_000}),
        "there is room for the answer"
    );
    assert_eq!(
        body(json!({"thinking": true, "thinkingBudget": 3000})),
        json!({"thinking": enabled(3000)})
    );
    assert_eq!(body(json!({"thinking": false, "temperature": 0})), json!({"temperature": 0}));
    let adaptive = json!({"type": "adaptive", "display": "summarized"});
    for model in ["claude-opus-4-7", "claude-sonnet-5-5"] {
        assert_eq!(
            body(json!({"model": model, "thinking": adaptive, "temperature": 1, "effort": "max"})),
            json!({"output_config": {"effort": "max"}, "thinking": adaptive})
        );
    }
    assert_eq!(
        body(json!({"model": "claude-opus-4-7", "thinking": true})),
        json!({"thinking": {"type": "adaptive"}})
    );
    let interleaved = json!(["interleaved-thinking-2025-05-14"]);
    assert_eq!(
        body(json!({"thinking": enabled(5000), "maxTokens": 4096, "betas": interleaved})),
        json!({"max_tokens": 4096, "thinking": enabled(5000)})
    );
    for (options, words) in [
        (json!({"thinking": "yes"}), "option `thinking` is not an object with a `type`"),
        (
            json!({"thinking": {"type": "enabled"}}),
            "option `thinking.budget_tokens` is not a whole number of tokens from 1024",
        ),
        (
            json!({"thinking": enabled(1023)}),
            "option `thinking.budget_tokens` is not a whole number of tokens from 1024",
        ),
        (
            json!({"thinking": enabled(4096), "maxTokens": 4096}),
            "is 4096, and has to be less than `maxTokens`, which is 4096",
        ),
        (
            json!({"thinking": enabled(2000), "topK": 1}),
            "option `topK` cannot be set together with `thinking`",
        ),
        (
            json!({"thinking": enabled(2000), "topP": 0.9}),
            "option `topP` cannot be set together with `thinking`",
        ),
        (
            json!({"thinking": adaptive, "temperature": 0}),
            "option `temperature` cannot be set together with `thinking`",
        ),
        (
            json!({"model": "claude-opus-4-7", "thinking": enabled(2000)}),
            "option `thinking.type` is `enabled`, and `claude-opus-4-7` decides itself",
        ),
        (
            json!({"model": "claude-opus-4-7", "topK": 5}),
            "option `topK` cannot be set together with `claude-opus-4-7`",
        ),
        (
            json!({"model": "claude-fable-5", "thinking": {"type": "disabled"}}),
            "`claude-fable-5` always thinks",
        ),
        (json!({"promptCacheTtl": "2h"}), "option `promptCacheTtl` is neither `5m` nor `1h`"),
        (json!({"betas": [1]}), "option `betas` is not a list of texts"),
    ] {
        let text = refused(options.clone());
        assert!(text.contains(words), "{options}: {text}");
    }
}

#[test]
fn prompt_caching_is_one_option() {
    let marked = |options: Value| {
        let client = client(options).unwrap();
        let body: Value = serde_json::from_slice(&client.encode(&question("Hi")).unwrap()).unwrap();
        body["messages"][0]["content"][0]["cache_control"].clone()
    };
    assert_eq!(marked(json!({"promptCache": true})), json!({"type": "ephemeral", "ttl": "1h"}));
    assert_eq!(
        marked(json!({"promptCache": true, "promptCacheTtl": "5m"})),
        json!({"type": "ephemeral"})
    );
    assert_eq!(marked(json!({"promptCache": false, "promptCacheTtl": "1h"})), Value::Null);
}

#[test]
fn unknown_options_are_named() {
    let client =
        client(json!({"brandNew": 1, "clientOptions": {"fetch": 1, "maxRetries": 1}})).unwrap();
    assert_eq!(client.unknown_options(), ["brandNew", "clientOptions.fetch"]);
}

fn frames() -> String {
    let events = [
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello "}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "world"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ];
    let frame =
        |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    events.iter().map(frame).collect()
}

fn streamed() -> Vec<Act> {
    vec![stream_head(), piece(frames()), end()]
}

/// What a server sees of a request with these options.
async fn seen(options: Value, environment: &[(&str, &str)]) -> Seen {
    let server = Server::play([streamed()]).await;
    let mut all = object(json!({"model": MODEL}));
    all.extend(object(options));
    if !all.contains_key("clientOptions") {
        all.insert("clientOptions".to_owned(), json!({}));
    }
    all["clientOptions"]["baseURL"] = format!("http://{}", server.address).into();
    let variable = |name: &str| {
        environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    let client =
        LlmClient::from_options(Provider::Anthropic, &all, &transport(), variable).unwrap();
    let (chunks, error) = ask(&client).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text_of(&chunks), "Hello world");
    server.seen().remove(0)
}

#[tokio::test]
async fn a_streamed_answer() {
    let seen = seen(json!({"apiKey": "sk-ant-key", "maxTokens": 7}), &[]).await;
    assert_eq!(seen.line, "POST /v1/messages HTTP/1.1");
    assert_eq!(seen.header("x-api-key"), Some("sk-ant-key"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(seen.header("anthropic-beta"), None);
    assert_eq!(
        seen.json(),
        json!({"model": MODEL, "max_tokens": 7, "messages": [{"role": "user", "content": "Hi"}], "stream": true})
    );
}

/// The indices of the texts that come to an answer with these options.
async fn indices(options: Value, request: ModelRequest) -> Vec<Option<u32>> {
    let server = Server::play([streamed()]).await;
    let mut all = object(json!({"anthropicApiUrl": format!("http://{}", server.address)}));
    all.extend(object(options));
    let client = client(Value::Object(all)).unwrap();
    let chunks = client.stream(request, CancellationToken::new());
    let chunks: Vec<_> = chunks.map(Result::unwrap).collect().await;
    let events = chunks.into_iter().flat_map(|chunk| chunk.events);
    events
        .filter_map(|event| match event {
            ModelEvent::Text { index, .. } => Some(index),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn text_is_numbered_where_there_may_be_other_blocks() {
    assert_eq!(indices(json!({}), question("Hi")).await, [None, None]);
    let disabled = json!({"thinking": {"type": "disabled"}});
    assert_eq!(indices(disabled, question("Hi")).await, [None, None]);
    let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    assert_eq!(indices(thinking, question("Hi")).await, [Some(0), Some(0)]);
    let mut tools = question("Hi");
    tools.tools = [moss_protocol::ToolDefinition::new("f", "", json!({}))].into();
    assert_eq!(indices(json!({}), tools).await, [Some(0), Some(0)]);
    let mut server_tools = question("Hi");
    server_tools.server_tools = [object(json!({"type": "web_search_20250305"}))].into();
    assert_eq!(indices(json!({}), server_tools).await, [Some(0), Some(0)]);
}

#[tokio::test]
async fn keys_and_tokens_come_from_options_or_the_environment() {
    let key = [("ANTHROPIC_API_KEY", "env-key")];
    let both = [("ANTHROPIC_API_KEY", "env-key"), ("ANTHROPIC_AUTH_TOKEN", "env-token")];
    for (options, environment, expected) in [
        (json!({}), &key[..], (Some("env-key"), None)),
        (json!({}), &both[..], (Some("env-key"), Some("Bearer env-token"))),
        (json!({}), &both[1..], (None, Some("Bearer env-token"))),
        (json!({"anthropicApiKey": "own"}), &both[..], (Some("own"), None)),
        (json!({"authToken": "own"}), &both[..], (None, Some("Bearer own"))),
        (
            json!({"clientOptions": {"authToken": "own", "apiKey": "k"}}),
            &both[..],
            (Some("k"), Some("Bearer own")),
        ),
        // A server at home needs none.
        (json!({}), &[][..], (None, None)),
    ] {
        let seen = seen(options.clone(), environment).await;
        assert_eq!((seen.header("x-api-key"), seen.header("authorization")), expected, "{options}");
    }
}

#[tokio::test]
async fn beta_features_are_joined() {
    let options = json!({
        "betas": ["one", "two"],
        "clientOptions": {"defaultHeaders": {"anthropic-beta": "two, three", "X-Own": "x"}},
        "outputConfig": {"task_budget": {}},
    });
    let seen = seen(options, &[]).await;
    assert_eq!(seen.header("anthropic-beta"), Some("one,two,three,task-budgets-2026-03-13"));
    assert_eq!(seen.header("x-own"), Some("x"));
    let options =
        json!({"betas": ["one"], "clientOptions": {"defaultHeaders": {"anthropic-beta": null}}});
    assert_eq!(self::seen(options, &[]).await.header("anthropic-beta"), None);
}

#[tokio::test]
async fn a_base_url_may_have_the_version() {
    let server = Server::play([streamed(), streamed(), streamed()]).await;
    for base in ["/v1", "/v1/", "/proxy/claude"] {
        let options = json!({"anthropicApiUrl": format!("http://{}{base}", server.address)});
        assert!(ask(&client(options).unwrap()).await.1.is_none());
    }
    let lines: Vec<String> = server.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(
        lines,
        [
            "POST /v1/messages HTTP/1.1",
            "POST /v1/messages HTTP/1.1",
            "POST /proxy/claude/v1/messages HTTP/1.1",
        ]
    );
    let variable =
        |url: String| move |name: &str| (name == "ANTHROPIC_BASE_URL").then(|| url.clone());
    let server = Server::play([streamed()]).await;
    let options = object(json!({"model": MODEL}));
    let environment = variable(format!("http://{}", server.address));
    let client =
        LlmClient::from_options(Provider::Anthropic, &options, &transport(), environment).unwrap();
    assert!(ask(&client).await.1.is_none());
}

#[tokio::test]
async fn an_answer_in_one_piece() {
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL,
        "content": [{"type": "text", "text": "whole"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 5},
    });
    let server = Server::play([respond("200 OK", "", &message)]).await;
    let options =
        json!({"streaming": false, "anthropicApiUrl": format!("http://{}", server.address)});
    let (chunks, error) = ask(&client(options).unwrap()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text_of(&chunks), "whole");
    assert_eq!(server.seen()[0].json().get("stream"), None);
}

#[tokio::test]
async fn an_overloaded_provider_is_asked_again() {
    let body =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let overloaded = || respond("529 Overloaded", "request-id: req_9\r\n", &body);
    let server = Server::play([overloaded(), streamed(), overloaded()]).await;
    let with_retries = |count: u32| {
        let mut retry = RetryPolicy::new(count).with_seed(1);
        retry.base = Duration::from_millis(1);
        let options = json!({"anthropicApiUrl": format!("http://{}", server.address)});
        client(options).unwrap().with_retry(retry)
    };
    assert!(ask(&with_retries(1)).await.1.is_none());
    let error = failure(&with_retries(0)).await;
    assert_eq!(error.kind, ModelErrorKind::Overloaded);
    assert_eq!(error.status, Some(529));
    assert_eq!(error.provider_code.as_deref(), Some("overloaded_error"));
    assert_eq!(error.request_id.as_deref(), Some("req_9"));
    assert_eq!(error.to_string(), "529 Overloaded");
}

#[tokio::test]
async fn an_error_amid_the_stream_is_the_providers() {
    let broken =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let start = frames().split_inclusive("\n\n").take(3).collect::<String>();
    let script =
        vec![stream_head(), piece(start + &format!("event: error\ndata: {broken}\n\n")), end()];
    let server = Server::play([script]).await;
    let client = client(json!({"anthropicApiUrl": format!("http://{}", server.address)})).unwrap();
    let (chunks, error) = ask(&client).await;
    assert_eq!(text_of(&chunks), "Hello ");
    let error = error.unwrap();
    assert_eq!((error.kind, error.message.as_str()), (ModelErrorKind::Overloaded, "Overloaded"));
    assert_eq!(error.request_id.as_deref(), Some("req_1"));
    assert!(
        chunks.iter().any(|chunk| chunk.events.iter().any(|it| matches!(it, ModelEvent::Usage(_))))
    );
}

const CANARIES: [&str; 5] = ["KEYCANARY", "TOKENCANARY", "HEADCANARY", "QUERYCANARY", "PASSCANARY"];

fn assert_clean(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} shows in: {text}");
    }
}

fn shown(error: &ModelError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let echo = "sk-KEYCANARY tok-TOKENCANARY x-secret: HEADCANARY ?q=QUERYCANARY PASSCANARY";
    let body = json!({"type": "error", "error": {"type": "authentication_error", "message": echo}});
    let scripts = [
        respond("401 Unauthorized", "request-id: sk-KEYCANARY\r\n", &body),
        vec![stream_head(), piece(format!("event: error\ndata: {body}\n\n")), end()],
        vec![stream_head(), piece(format!("data: {echo}\n\n")), end()],
        vec![stream_head(), Act::Reset],
        vec![Act::Close],
    ];
    for script in scripts {
        let server = Server::play([script]).await;
        let options = json!({
            "apiKey": "sk-KEYCANARY", "maxRetries": 0,
            "mcp_servers": [{"type": "url", "name": "s", "url": "https://a", "authorization_token": "tok-TOKENCANARY"}],
            "clientOptions": {
                "authToken": "tok-TOKENCANARY",
                "baseURL": format!("http://user:PASSCANARY@{}/?q=QUERYCANARY", server.address),
                "defaultHeaders": {"X-Secret": "HEADCANARY"},
            },
        });
        let client = client(options.clone()).unwrap();
        assert_clean(&format!("{client:?} {client:#?}"));
        assert_clean(&format!("{:?}", ClientOptions::from_json(&object(options)).unwrap()));
        assert_clean(&shown(&failure(&client).await));
        let seen = &server.seen()[0];
        assert_eq!(seen.header("x-api-key"), Some("sk-KEYCANARY"));
        assert_eq!(seen.header("authorization"), Some("Bearer tok-TOKENCANARY"));
        assert!(seen.line.starts_with("POST /v1/messages?q=QUERYCANARY "), "{}", seen.line);
    }
    for options in [
        json!({"authToken": ["TOKENCANARY"]}),
        json!({"authToken": "TOKENCANARY\u{7f}"}),
        json!({"apiKey": "KEYCANARY\u{7f}"}),
    ] {
        let mut all = object(json!({"model": MODEL}));
        all.extend(object(options));
        let error =
            LlmClient::from_options(Provider::Anthropic, &all, &transport(), nothing).unwrap_err();
        assert_clean(&format!("{error} {error:?}"));
    }
}

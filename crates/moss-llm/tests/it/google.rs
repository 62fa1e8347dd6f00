//! The Gemini API: addresses, keys, options, and calls from end to end.

use std::fmt::Write;
use std::time::Duration;

use moss_llm::{
    ChatModel, FinishReason, LlmClient, ModelError, ModelErrorKind, ModelEvent, ModelSetupError,
};
use moss_protocol::{JsonObject, Provider};
use serde_json::{Value, json};

use crate::asking::{ask, failure, object, question, text, transport};
use crate::server::{Server, end, json as reply, piece, stream_head};

/// A client with these options and this environment.
pub fn client_in(
    provider: Provider,
    options: Value,
    environment: &[(&str, &str)],
) -> Result<LlmClient, ModelSetupError> {
    let find = |name: &str| {
        environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    LlmClient::from_options(provider, &object(options), &transport(), find)
}

/// A client of a scripted server. `options` come on top.
fn client(server: &Server, options: Value) -> LlmClient {
    let mut all = object(json!({
        "model": "gemini-2.5-flash", "apiKey": "key-12345678", "maxRetries": 0,
        "baseUrl": format!("http://{}", server.address),
    }));
    all.extend(object(options));
    client_in(Provider::Google, all.into(), &[]).unwrap()
}

/// A frame that says `text`.
fn says(text: &str) -> Value {
    json!({
        "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 2, "totalTokenCount": 2},
        "modelVersion": "gemini-2.5-flash", "responseId": "r-1",
    })
}

/// A whole answer that says `text`.
pub fn answers(text: &str) -> Value {
    let mut answer = says(text);
    answer["candidates"][0]["finishReason"] = "STOP".into();
    answer
}

#[tokio::test]
async fn an_answer_streams() {
    let frames = [says("Hel"), answers("lo")];
    let body: String = frames.iter().map(|frame| format!("data: {frame}\r\n\r\n")).collect();
    let (first, second) = body.split_at(70);
    let server = Server::play([vec![stream_head(), piece(first), piece(second), end()]]).await;
    let client = client(&server, json!({"temperature": 0}));
    let (chunks, error) = ask(&client).await;
    assert!(error.is_none(), "{error:?}");
    let events: Vec<ModelEvent> = chunks.into_iter().flat_map(|chunk| chunk.events).collect();
    let finished = ModelEvent::Finished { reason: FinishReason::Stop, raw: "STOP".to_owned() };
    assert!(events.contains(&finished));
    let seen = &server.seen()[0];
    assert_eq!(
        seen.line,
        "POST /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse HTTP/1.1"
    );
    assert_eq!(seen.header("x-goog-api-key"), Some("key-12345678"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(
        seen.json(),
        json!({
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {"temperature": 0},
        })
    );
}

#[tokio::test]
async fn an_answer_comes_in_one_piece() {
    let server = Server::play([reply("200 OK", "", &answers("Hello"))]).await;
    let client = client(&server, json!({"streaming": false, "customHeaders": {"X-A": "b"}}));
    assert_eq!(text(&client).await.unwrap(), "Hello");
    let seen = &server.seen()[0];
    assert_eq!(seen.line, "POST /v1beta/models/gemini-2.5-flash:generateContent HTTP/1.1");
    assert_eq!(seen.header("x-a"), Some("b"));
}

#[tokio::test]
async fn a_list_of_frames_in_place_of_a_stream_is_understood() {
    let server = Server::play([reply("200 OK", "", &json!([says("Hel"), answers("lo")]))]).await;
    assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "Hello");
}

#[tokio::test]
async fn errors_are_told_in_googles_words() {
    let said = |code: u16, status: &str, message: &str| json!({"error": {"code": code, "status": status, "message": message}});
    for (line, body, kind) in [
        (
            "400 Bad Request",
            said(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            ModelErrorKind::Auth,
        ),
        (
            "400 Bad Request",
            said(
                400,
                "INVALID_ARGUMENT",
                "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            ),
            ModelErrorKind::ContextOverflow,
        ),
        (
            "400 Bad Request",
            said(
                400,
                "INVALID_ARGUMENT",
                "Unable to submit request because the input token count is 9 but the model only supports up to 8.",
            ),
            ModelErrorKind::ContextOverflow,
        ),
        (
            "429 Too Many Requests",
            said(429, "RESOURCE_EXHAUSTED", "Slow down"),
            ModelErrorKind::RateLimit,
        ),
        (
            "503 Service Unavailable",
            said(503, "UNAVAILABLE", "Overloaded"),
            ModelErrorKind::Overloaded,
        ),
        ("404 Not Found", said(404, "NOT_FOUND", "no such model"), ModelErrorKind::InvalidRequest),
    ] {
        let server = Server::play([reply(line, "", &body)]).await;
        let error = failure(&client(&server, json!({}))).await;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains(body["error"]["message"].as_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn an_exhausted_quota_of_a_minute_is_a_limit_of_the_rate() {
    let body = |quota: &str| {
        json!({"error": {
            "code": 429, "status": "RESOURCE_EXHAUSTED",
            "message": "You exceeded your current quota, please check your plan and billing details.",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"},
            ],
        }})
    };
    for (quota, kind) in [
        ("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", ModelErrorKind::RateLimit),
        ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", ModelErrorKind::Quota),
    ] {
        let server = Server::play([reply("429 Too Many Requests", "", &body(quota))]).await;
        let error = failure(&client(&server, json!({}))).await;
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.retry_after, Some(Duration::from_millis(34_500)));
    }
}

/// The line of the request that a client would send.
async fn line(options: Value) -> String {
    let server = Server::play([reply("200 OK", "", &answers("x"))]).await;
    let mut options = object(options);
    let path = options.shift_remove("path").unwrap_or_default();
    options.insert(
        "baseUrl".to_owned(),
        format!("http://{}{}", server.address, path.as_str().unwrap_or_default()).into(),
    );
    options.insert("streaming".to_owned(), false.into());
    text(&client(&server, options.into())).await.unwrap();
    server.seen()[0].line.clone()
}

#[tokio::test]
async fn addresses() {
    for (options, path) in [
        (json!({"model": "m"}), "/v1beta/models/m"),
        (json!({"model": "models/m"}), "/v1beta/models/m"),
        (json!({"model": "tunedModels/m"}), "/v1beta/tunedModels/m"),
        (json!({"model": "m", "apiVersion": "v1alpha"}), "/v1alpha/models/m"),
        (json!({"model": "m", "path": "/proxy/v1beta/"}), "/proxy/v1beta/models/m"),
        (json!({"model": "m", "path": "/proxy"}), "/proxy/v1beta/models/m"),
    ] {
        assert_eq!(line(options).await, format!("POST {path}:generateContent HTTP/1.1"));
    }
}

#[test]
fn keys_come_from_the_options_or_the_environment() {
    let options = json!({"model": "m"});
    for name in ["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"] {
        assert!(client_in(Provider::Google, options.clone(), &[(name, "k")]).is_ok(), "{name}");
    }
    let error = client_in(Provider::Google, options, &[]).unwrap_err();
    assert_eq!(error.code().as_str(), "MISSING_API_KEY");
}

/// What of the options stands in the body of a request, beside the conversation.
pub fn body(provider: Provider, options: Value) -> Value {
    let mut all = object(json!({"model": "m", "apiKey": "k"}));
    all.extend(object(options));
    let client = client_in(provider, all.into(), &[]).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    let body = client.encode(&question("Hi")).unwrap();
    let mut body: JsonObject = serde_json::from_slice(&body).unwrap();
    body.shift_remove("contents");
    Value::Object(body)
}

#[test]
fn options_become_fields_of_the_body() {
    for provider in [Provider::Google, Provider::VertexAi] {
        assert_eq!(
            body(
                provider,
                json!({
                    "temperature": 0, "topP": 0.9, "topK": 4, "maxOutputTokens": 10,
                    "stopSequences": ["x"], "candidateCount": 2, "seed": 7, "presencePenalty": 1,
                    "frequencyPenalty": 2, "responseModalities": ["TEXT"], "speechConfig": {"a": 1},
                    "mediaResolution": "MEDIA_RESOLUTION_LOW", "json": true, "logprobs": true,
                    "topLogprobs": 3, "thinkingConfig": {"thinkingBudget": 5, "includeThoughts": true},
                    "safetySettings": [{"category": "c", "threshold": "t"}], "cachedContent": "cc",
                    "labels": {"a": "b"}, "serviceTier": "flex", "streamUsage": false,
                    "modelKwargs": {"generationConfig": {"x": 1}, "y": 2},
                })
            ),
            json!({
                "generationConfig": {
                    "temperature": 0, "topP": 0.9, "topK": 4, "maxOutputTokens": 10,
                    "stopSequences": ["x"], "candidateCount": 2, "seed": 7, "presencePenalty": 1,
                    "frequencyPenalty": 2, "responseModalities": ["TEXT"], "speechConfig": {"a": 1},
                    "mediaResolution": "MEDIA_RESOLUTION_LOW",
                    "responseMimeType": "application/json", "responseLogprobs": true, "logprobs": 3,
                    "thinkingConfig": {"thinkingBudget": 5, "includeThoughts": true}, "x": 1,
                },
                "safetySettings": [{"category": "c", "threshold": "t"}], "cachedContent": "cc",
                "labels": {"a": "b"}, "serviceTier": "flex", "y": 2,
            })
        );
        // A level and a budget do not go together.
        let thinking = json!({"thinkingConfig": {"thinkingBudget": 5, "thinkingLevel": "LOW"}});
        assert_eq!(
            body(provider, thinking),
            json!({"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}})
        );
        assert_eq!(
            body(provider, json!({"maxTokens": 3, "thinkingBudget": -1, "stop": ["y"]})),
            json!({"generationConfig": {
                "maxOutputTokens": 3, "stopSequences": ["y"], "thinkingConfig": {"thinkingBudget": -1},
            }})
        );
        assert_eq!(
            body(provider, json!({"streamFunctionCallArguments": true})),
            json!({"toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": true}}})
        );
        assert_eq!(body(provider, json!({})), json!({}));
    }
    let options = json!({"model": "m", "apiKey": "k", "topZ": 1});
    let client = client_in(Provider::Google, options, &[]).unwrap();
    assert_eq!(client.unknown_options(), ["topZ"]);
}

/// All that a log could show of an error, its causes included.
pub fn shown(error: &ModelError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        write!(text, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn nothing_shows_the_key() {
    let echo = "KEYCANARY-1234 is no key; x-goog-api-key: KEYCANARY-1234";
    let error = json!({"error": {"code": 400, "message": echo, "status": "KEYCANARY-1234"}});
    for script in [
        reply("400 Bad Request", "", &error),
        vec![stream_head(), piece(format!("data: {error}\r\n\r\n")), end()],
        vec![stream_head(), piece(format!("data: {echo}\r\n\r\n")), end()],
    ] {
        let server = Server::play([script]).await;
        let client = client(&server, json!({"apiKey": "KEYCANARY-1234"}));
        let text = format!("{client:?} {}", shown(&failure(&client).await));
        assert!(!text.contains("KEYCANARY"), "{text}");
        assert_eq!(server.seen()[0].header("x-goog-api-key"), Some("KEYCANARY-1234"));
    }
}

//! Conversations become Ollama's requests, and hosts' options their fields; whole calls over a connection.

use std::sync::Arc;

use moss_llm::wire::WireRequest;
use moss_llm::wire::ollama::OllamaEncoder;
use moss_llm::{ChatModel, ModelErrorKind, ModelRequest, OutputSchema, ToolChoice, Transport};
use moss_protocol::{JsonObject, Message, Provider, ToolDefinition};
use serde_json::{Value, json};

use crate::asking::{ask, failure, object, question, text, transport, try_client};
use crate::server::{Server, end, error, json as json_answer, piece, raw};

fn request(messages: Value) -> ModelRequest {
    let messages = Message::list_from_json(messages.as_array().unwrap().clone()).unwrap();
    let messages = messages.into_iter().map(Arc::new).collect();
    ModelRequest { messages, ..ModelRequest::default() }
}

fn try_body(request: &ModelRequest) -> Result<Value, moss_llm::ModelError> {
    let nothing = JsonObject::new();
    let body = OllamaEncoder.encode(&WireRequest {
        model: "m",
        request,
        stream: true,
        stream_usage: true,
        parameters: &nothing,
        extra_body: &nothing,
    })?;
    Ok(serde_json::from_slice(&body).unwrap())
}

fn body(request: &ModelRequest) -> Value {
    try_body(request).unwrap()
}

fn messages(messages: Value) -> Value {
    body(&request(messages))["messages"].take()
}

#[test]
fn a_conversation_with_tools() {
    assert_eq!(
        messages(json!([
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                {"type": "text", "text": "here"},
                {"type": "image", "source_type": "base64", "data": "BB==", "mime_type": "image/png"},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "File"}},
            ]},
            {"role": "assistant", "content": "", "additional_kwargs": {"reasoning_content": "Hm"}, "tool_calls": [
                {"id": "a", "name": "f", "args": {"n": 1}},
                {"id": "b", "name": "g", "args": {}},
            ], "invalid_tool_calls": [{"id": "c", "name": "h", "args": "{oops", "error": "no JSON"}]},
            {"role": "tool", "tool_call_id": "a", "name": "f", "content": "1"},
            // The name is known from the call.
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
            {"role": "tool", "tool_call_id": "c", "content": "Error"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "foreign", "signature": "s"},
                {"type": "think", "think": "own"},
                {"type": "text", "text": "So"},
                {"type": "server_tool_use", "id": "srvtoolu_1"},
            ]},
            // Without its call.
            {"role": "tool", "tool_call_id": "x", "content": "3"},
        ])),
        json!([
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Look\nhere\nFile", "images": ["AA==", "BB=="]},
            {"role": "assistant", "content": "", "thinking": "Hm", "tool_calls": [
                {"type": "function", "function": {"name": "f", "arguments": {"n": 1}}},
                {"type": "function", "function": {"name": "g", "arguments": {}}},
                {"type": "function", "function": {"name": "h", "arguments": {"unreadable_arguments": "{oops"}}},
            ]},
            {"role": "tool", "content": "1", "tool_name": "f"},
            {"role": "tool", "content": "2", "tool_name": "g"},
            {"role": "tool", "content": "Error", "tool_name": "h"},
            {"role": "assistant", "content": "So", "thinking": "own"},
        ])
    );
}

#[test]
fn images_of_results_are_shown_by_the_user() {
    let sent = messages(json!([
        {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "name": "f", "args": {}}]},
        {"role": "tool", "tool_call_id": "a", "name": "f", "content": [
            {"type": "image_url", "image_url": "data:image/png;base64,AA=="},
        ]},
    ]));
    assert_eq!(
        sent[2],
        json!({"role": "user", "content": "From the result of the tool `f`:", "images": ["AA=="]})
    );
}

#[test]
fn what_the_wire_has_no_form_for_is_an_error() {
    for (part, words) in [
        (json!({"type": "image_url", "image_url": "https://x"}), "its image is given by a URL"),
        (json!({"type": "audio", "data": "AA==", "mimeType": "audio/wav"}), "no others"),
        (json!({"type": "strange"}), "part of type `strange`"),
    ] {
        let request = request(json!([
            {"role": "user", "content": "Hi"},
            {"role": "user", "content": [part]},
        ]));
        let error = try_body(&request).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
        assert!(error.message.starts_with("Message 1 cannot be sent: "), "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn tools_and_the_choice_among_them() {
    let mut request = request(json!([{"role": "user", "content": "Hi"}]));
    let schema = json!({"type": "object"});
    request.tools = [
        ToolDefinition::new("f", "Does it", schema.clone()),
        ToolDefinition::new("g", "", schema.clone()),
    ]
    .into();
    let f = json!({"type": "function", "function": {"name": "f", "description": "Does it", "parameters": schema}});
    let g = json!({"type": "function", "function": {"name": "g", "parameters": schema}});
    for (choice, sent) in [
        (ToolChoice::Auto, json!([f, g])),
        (ToolChoice::Required, json!([f, g])),
        (ToolChoice::Tool("g".to_owned()), json!([g])),
        (ToolChoice::None, Value::Null),
    ] {
        request.tool_choice = choice;
        let mut body = body(&request);
        assert_eq!(body["tools"].take(), sent);
        assert_eq!(body.get("tool_choice"), None);
    }
}

#[test]
fn the_shape_of_an_answer() {
    let mut request = request(json!([{"role": "user", "content": "Hi"}]));
    let schema = json!({"type": "object"});
    request.output = Some(OutputSchema {
        name: "answer".to_owned(),
        description: None,
        schema: schema.clone(),
        strict: true,
    });
    assert_eq!(body(&request)["format"], schema);
}

/// The body of a client's request, without model and messages.
fn fields(options: Value) -> Value {
    let mut all = object(json!({"model": "m"}));
    all.extend(object(options));
    let client = try_client(Provider::Ollama, Value::Object(all)).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    let body = client.encode(&question("Hi")).unwrap();
    let mut body: JsonObject = serde_json::from_slice(&body).unwrap();
    body.shift_remove("model");
    body.shift_remove("messages");
    Value::Object(body)
}

#[test]
fn options_become_fields() {
    assert_eq!(fields(json!({})), json!({"stream": true}));
    assert_eq!(
        fields(json!({
            "streaming": false, "temperature": 0, "topK": 3, "topP": 0.5, "minP": 0.1, "numCtx": 4096, "maxTokens": 64,
            "stop": ["x"], "seed": 7, "repeatPenalty": 1.1, "mirostatTau": 5, "numGpu": 1, "useMmap": true,
            "keepAlive": "10m", "format": "json", "think": "high", "logprobs": true, "topLogprobs": 2,
            "options": {"num_ctx": 8192, "new_option": 1},
            "modelKwargs": {"dimensions": 1},
        })),
        json!({
            "stream": false, "format": "json", "keep_alive": "10m", "think": "high", "logprobs": true, "top_logprobs": 2,
            "options": {
                "temperature": 0, "top_k": 3, "top_p": 0.5, "min_p": 0.1, "num_ctx": 8192, "num_predict": 64,
                "stop": ["x"], "seed": 7, "repeat_penalty": 1.1, "mirostat_tau": 5, "num_gpu": 1, "use_mmap": true,
                "new_option": 1,
            },
            "dimensions": 1,
        })
    );
    for (options, think) in [
        (json!({"think": false}), json!(false)),
        (json!({"reasoningEffort": "medium"}), json!("medium")),
        (json!({"reasoning_effort": "minimal"}), json!("low")),
        (json!({"reasoningEffort": "none"}), json!(false)),
        (json!({"think": true, "reasoningEffort": "low"}), json!(true)),
    ] {
        assert_eq!(fields(options.clone())["think"], think, "{options}");
    }
}

#[test]
fn an_option_that_nobody_follows_is_named() {
    let client = try_client(Provider::Ollama, json!({"model": "m", "numCtxx": 1})).unwrap();
    assert_eq!(client.unknown_options(), ["numCtxx"]);
}

fn frames() -> [Value; 3] {
    [
        json!({"model": "m", "created_at": "t", "message": {"role": "assistant", "content": "Hello "}, "done": false}),
        json!({"model": "m", "created_at": "t", "message": {"role": "assistant", "content": "world"}, "done": false}),
        json!({"model": "m", "created_at": "t", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop"}),
    ]
}

#[tokio::test]
async fn a_streamed_answer_over_a_connection() {
    let head = raw(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    let body: String = frames().iter().map(|frame| format!("{frame}\n")).collect();
    let (first, second) = body.split_at(body.len() / 3);
    let server = Server::play([vec![head, piece(first), piece(second), end()]]).await;
    let options = json!({"model": "m", "baseURL": format!("http://{}/", server.address)});
    let client = try_client(Provider::Ollama, options).unwrap();
    let (chunks, error) = ask(&client).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(chunks.len(), 3, "a frame is a chunk");
    assert_eq!(crate::asking::text_of(&chunks), "Hello world");
    let [seen] = server.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /api/chat HTTP/1.1");
    assert_eq!(seen.header("accept"), Some("application/x-ndjson"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(
        seen.json(),
        json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true})
    );
}

#[tokio::test]
async fn an_answer_in_one_piece_over_a_connection() {
    let answer = json!({"model": "m", "message": {"content": "Hello"}, "done": true});
    let server = Server::play([json_answer("200 OK", "", &answer)]).await;
    let options = json!({
        "model": "m", "streaming": false, "apiKey": "sk-cloud",
        // What hosts have for Ollama's imitation of OpenAI.
        "baseURL": format!("http://{}/v1/", server.address),
    });
    let client = try_client(Provider::Ollama, options).unwrap();
    assert_eq!(text(&client).await.unwrap(), "Hello");
    let [seen] = server.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /api/chat HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some("Bearer sk-cloud"));
    assert_eq!(seen.json()["stream"], false);
}

#[tokio::test]
async fn errors_of_the_server() {
    let missing = json!({"error": "model 'm' not found"});
    let cut = raw(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-length: 40\r\n\r\n{\"message\":{\"content\":\"Hi\"},\"done\":false}\n",
    );
    let server = Server::play([
        json_answer("404 Not Found", "", &missing),
        error("503 Service Unavailable", "", "KEYCANARY is busy"),
        vec![cut, crate::server::Act::Close],
    ])
    .await;
    let options = json!({"model": "m", "maxRetries": 0, "apiKey": "KEYCANARY",
        "baseURL": format!("http://{}", server.address)});
    let client = try_client(Provider::Ollama, options).unwrap();
    assert!(!format!("{client:?}").contains("KEYCANARY"));
    let error = failure(&client).await;
    assert_eq!((error.status, error.message.as_str()), (Some(404), "model 'm' not found"));
    let error = failure(&client).await;
    assert_eq!(error.kind, ModelErrorKind::Overloaded);
    assert!(!format!("{error} {error:?}").contains("KEYCANARY"), "{error:?}");
    assert_eq!(failure(&client).await.kind, ModelErrorKind::Truncated);
}

/// Where a client asks: from the host that its `Debug` shows.
fn host(variables: &'static [(&str, &str)], options: Value) -> String {
    let mut all = object(json!({"model": "m"}));
    all.extend(object(options));
    let environment = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    let client =
        moss_llm::LlmClient::from_options(Provider::Ollama, &all, Transport::shared(), environment);
    let shown = format!("{:?}", client.unwrap());
    shown.split("host: \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn where_the_server_is() {
    assert_eq!(host(&[], json!({})), "127.0.0.1:11434");
    for (variables, expected) in [
        (&[("OLLAMA_HOST", "box")][..], "box:11434"),
        (&[("OLLAMA_HOST", "box:1")], "box:1"),
        (&[("OLLAMA_HOST", ":1")], "127.0.0.1:1"),
        (&[("OLLAMA_HOST", "0.0.0.0")], "127.0.0.1:11434"),
        (&[("OLLAMA_HOST", "[::]:1")], "[::1]:1"),
        (&[("OLLAMA_HOST", "https://box")], "box"),
        (&[("OLLAMA_HOST", "http://box/path")], "box"),
        (&[("OLLAMA_HOST", "box"), ("OLLAMA_BASE_URL", "http://other:2")], "other:2"),
    ] {
        assert_eq!(host(variables, json!({})), expected, "{variables:?}");
    }
    let option = json!({"baseUrl": "http://mine:3"});
    assert_eq!(host(&[("OLLAMA_BASE_URL", "http://other:2")], option), "mine:3");
    let wrong = try_client(Provider::Ollama, json!({"model": "m", "baseURL": "ftp://x"}));
    assert_eq!(wrong.unwrap_err().code().as_str(), "INVALID_CONFIG");
    let _ = transport();
}

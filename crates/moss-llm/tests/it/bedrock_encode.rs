//! Conversations become Converse requests.

use std::sync::Arc;

use moss_llm::wire::bedrock::{Bedrock, BedrockDialect, CacheTtl};
use moss_llm::wire::{Wire, WireRequest};
use moss_llm::{ModelErrorKind, ModelRequest, OutputSchema, ToolChoice};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use crate::asking::object;

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-20250514-v1:0";
const NOVA: &str = "us.amazon.nova-lite-v1:0";

struct Ask {
    dialect: BedrockDialect,
    request: ModelRequest,
    stream: bool,
    parameters: JsonObject,
    extra_body: JsonObject,
}

/// A request with these messages, which are written as hosts write them.
fn ask(model: &str, messages: Value) -> Ask {
    let messages = Message::list_from_json(messages.as_array().unwrap().clone()).unwrap();
    let messages = messages.into_iter().map(Arc::new).collect();
    Ask {
        dialect: BedrockDialect::of(model),
        request: ModelRequest { messages, ..ModelRequest::default() },
        stream: false,
        parameters: JsonObject::new(),
        extra_body: JsonObject::new(),
    }
}

impl Ask {
    fn encode(&self) -> Result<Value, moss_llm::ModelError> {
        let body = Bedrock(self.dialect.clone()).encode(&WireRequest {
            model: "m",
            request: &self.request,
            stream: self.stream,
            stream_usage: true,
            parameters: &self.parameters,
            extra_body: &self.extra_body,
        })?;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    fn body(&self) -> Value {
        self.encode().unwrap()
    }

    fn error(&self) -> String {
        let error = self.encode().unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
        error.message
    }
}

fn messages(model: &str, messages: Value) -> Value {
    ask(model, messages).body()["messages"].take()
}

/// The blocks of a user's message of these parts.
fn user(parts: Value) -> Value {
    messages(CLAUDE, json!([{"role": "user", "content": parts}]))[0]["content"].take()
}

/// The blocks of an assistant's message of these parts.
fn assistant(model: &str, parts: Value) -> Value {
    let said = json!({"role": "assistant", "content": parts});
    messages(model, json!([{"role": "user", "content": "Hi"}, said]))[1]["content"].take()
}

fn weather() -> Arc<[ToolDefinition]> {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let mut weather = ToolDefinition::new("weather", "Tells it", schema);
    weather.extras = object(json!({"strict": true}));
    [weather, ToolDefinition::new("bare", "", json!({"type": "object"}))].into()
}

fn specs() -> Vec<Value> {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    vec![
        json!({"toolSpec": {"name": "weather", "description": "Tells it", "inputSchema": {"json": schema}, "strict": true}}),
        json!({"toolSpec": {"name": "bare", "inputSchema": {"json": {"type": "object"}}}}),
    ]
}

#[test]
fn the_smallest_request() {
    let ask = ask(NOVA, json!([{"role": "user", "content": "Hi"}]));
    assert_eq!(ask.body(), json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}));
}

#[test]
fn a_whole_request() {
    let mut ask = ask(
        NOVA,
        json!([
            {"role": "system", "content": "Be kind"},
            {"role": "system", "content": [{"type": "text", "text": "Be brief"}, {"cachePoint": {"type": "default"}}]},
            {"role": "user", "content": "Hi"},
        ]),
    );
    ask.request.tools = weather();
    ask.request.server_tools = [object(json!({"systemTool": {"name": "nova_grounding"}}))].into();
    ask.request.tool_choice = ToolChoice::Required;
    ask.request.output = Some(OutputSchema {
        name: "answer".to_owned(),
        description: Some("It".to_owned()),
        schema: json!({"type": "object"}),
        strict: true,
    });
    ask.parameters = object(json!({
        "inferenceConfig": {"maxTokens": 9}, "outputConfig": {"effort": "low"},
        "guardrailConfig": {"guardrailIdentifier": "g", "streamProcessingMode": "async"},
    }));
    ask.extra_body = object(json!({"inferenceConfig": {"maxTokens": 10}, "new": 1}));
    let mut tools = specs();
    tools.push(json!({"systemTool": {"name": "nova_grounding"}}));
    let format = json!({"type": "json_schema", "structure": {"jsonSchema": {
        "name": "answer", "description": "It", "schema": "{\"type\":\"object\"}",
    }}});
    let mut expected = json!({
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "system": [{"text": "Be kind"}, {"text": "Be brief"}, {"cachePoint": {"type": "default"}}],
        "toolConfig": {"tools": tools, "toolChoice": {"any": {}}},
        "inferenceConfig": {"maxTokens": 10},
        "outputConfig": {"effort": "low", "textFormat": format},
        "guardrailConfig": {"guardrailIdentifier": "g"},
        "new": 1,
    });
    assert_eq!(ask.body(), expected);
    ask.stream = true;
    expected["guardrailConfig"]["streamProcessingMode"] = json!("async");
    assert_eq!(ask.body(), expected);
}

#[test]
fn what_the_host_writes_wins_but_for_an_explicit_choice() {
    let mut ask = ask(NOVA, json!([{"role": "user", "content": "Hi"}]));
    ask.request.tools = weather();
    ask.parameters = object(
        json!({"toolConfig": {"tools": [1]}, "messages": [2], "outputConfig": {"textFormat": 3}}),
    );
    ask.request.output = Some(OutputSchema {
        name: "a".to_owned(),
        description: None,
        schema: json!({}),
        strict: false,
    });
    let expected =
        json!({"messages": [2], "toolConfig": {"tools": [1]}, "outputConfig": {"textFormat": 3}});
    assert_eq!(ask.body(), expected);
    ask.request.tool_choice = ToolChoice::Tool("weather".to_owned());
    assert_eq!(
        ask.body()["toolConfig"],
        json!({"tools": [1], "toolChoice": {"tool": {"name": "weather"}}})
    );
    ask.extra_body = object(json!({"toolConfig": {"tools": [4]}}));
    assert_eq!(ask.body()["toolConfig"], json!({"tools": [4]}));
}

#[test]
fn tool_choices() {
    let mut ask = ask(NOVA, json!([{"role": "user", "content": "Hi"}]));
    ask.request.tools = weather();
    for (own, options, expected) in [
        (ToolChoice::Auto, ToolChoice::Auto, Some(Value::Null)),
        (ToolChoice::Auto, ToolChoice::Required, Some(json!({"any": {}}))),
        (
            ToolChoice::Tool("weather".to_owned()),
            ToolChoice::Required,
            Some(json!({"tool": {"name": "weather"}})),
        ),
        (ToolChoice::Required, ToolChoice::None, Some(json!({"any": {}}))),
        // To forbid tools, Converse knows no way but not to offer them.
        (ToolChoice::None, ToolChoice::Auto, None),
        (ToolChoice::Auto, ToolChoice::None, None),
    ] {
        ask.request.tool_choice = own;
        ask.dialect.tool_choice = options;
        let mut body = ask.body();
        let config = body.get_mut("toolConfig");
        assert_eq!(config.map(|config| config["toolChoice"].take()), expected);
    }
    ask.request.tools = [].into();
    ask.request.tool_choice = ToolChoice::Required;
    assert_eq!(ask.body().get("toolConfig"), None);
}

#[test]
fn tool_calls_and_their_results() {
    let conversation = json!([
        {"role": "user", "content": "Weather?"},
        {"type": "ai", "content": "Let me see. \n", "tool_calls": [
            {"id": "t1", "name": "weather", "args": {"city": "Rome"}},
            {"id": "t2", "name": "weather", "args": {}},
            {"id": "t3", "name": "weather", "args": {}},
        ], "invalid_tool_calls": [{"id": "t4", "name": "weather", "args": "{\"ci", "error": "cut"}]},
        {"type": "tool", "tool_call_id": "t1", "content": "Sunny", "status": "success"},
        {"type": "tool", "tool_call_id": "t2", "content": "No such city", "status": "error"},
        {"type": "tool", "tool_call_id": "t3", "content": [
            {"type": "text", "text": "A map"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            {"type": "json", "json": {"x": 1}},
            {"type": "resource", "uri": "a://b"},
            {"cachePoint": {"type": "default"}},
        ]},
        {"type": "tool", "tool_call_id": "t4", "content": ""},
        {"role": "user", "content": "And now?"},
    ]);
    let result =
        |id: &str, content: Value| json!({"toolResult": {"toolUseId": id, "content": content}});
    let call = |id: &str, input: Value| json!({"toolUse": {"toolUseId": id, "name": "weather", "input": input}});
    let mut failed = result("t2", json!([{"text": "No such city"}]));
    failed["toolResult"]["status"] = json!("error");
    let mut ask = ask(CLAUDE, conversation);
    ask.request.tools = weather();
    assert_eq!(
        ask.body()["messages"],
        json!([
            {"role": "user", "content": [{"text": "Weather?"}]},
            {"role": "assistant", "content": [
                {"text": "Let me see."}, call("t1", json!({"city": "Rome"})), call("t2", json!({})),
                call("t3", json!({})), call("t4", json!({})),
            ]},
            {"role": "user", "content": [
                result("t1", json!([{"text": "Sunny"}])),
                failed,
                result("t3", json!([
                    {"text": "A map"},
                    {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
                    {"json": {"x": 1}},
                    {"json": {"type": "resource", "uri": "a://b"}},
                ])),
                {"cachePoint": {"type": "default"}},
                result("t4", json!([{"text": "_"}])),
                {"text": "And now?"},
            ]},
        ])
    );
}

#[test]
fn results_as_anthropic_wraps_them() {
    let conversation = json!([
        {"role": "user", "content": "Hi"},
        {"type": "ai", "content": "", "tool_calls": [{"id": "t", "name": "f", "args": {}}]},
        {"type": "tool", "tool_call_id": "t", "content": [
            {"type": "tool_result", "is_error": true, "content": [{"type": "text", "text": "a"}, {"type": "tool_result", "content": []}]},
            {"type": "tool_result", "content": "b"},
        ]},
    ]);
    let mut ask = ask(CLAUDE, conversation);
    ask.request.tools = weather();
    let result = ask.body()["messages"][2]["content"][0].take();
    assert_eq!(
        result,
        json!({"toolResult": {"toolUseId": "t", "status": "error", "content": [
            {"text": "a"}, {"json": {"type": "tool_result", "content": []}}, {"text": "b"},
        ]}})
    );
}

#[test]
fn an_answer_is_replayed_as_it_came() {
    let parts = json!([
        {"index": 0, "type": "reasoning_content", "reasoningText": {"text": "hm", "signature": "sig"}},
        {"index": 1, "type": "reasoning_content", "redactedContent": "YQ=="},
        {"index": 2, "type": "text", "text": "Look: "},
        {"index": 3, "type": "server_tool_use", "toolUse": {"toolUseId": "s", "name": "web", "type": "server_tool_use", "input": {"q": 1}}},
        {"index": 4, "type": "tool_result", "toolResult": {"toolUseId": "s", "content": [{"text": "r"}]}},
        {"index": 5, "type": "text", "text": "It is so.", "citations": [{"title": "T", "location": {"web": {"url": "u"}}}]},
        {"index": 6, "type": "citations_content", "citationsContent": {"content": [{"text": "c"}], "citations": []}},
        {"index": 7, "type": "non_standard", "value": {"scent": {"of": "roses"}}},
        {"index": 8, "type": "tool_use", "id": "t", "name": "add", "input": "{\"x"},
        {"index": 9, "type": "text", "text": "done"},
    ]);
    let said = json!({"type": "ai", "content": parts, "tool_calls": [
        {"id": "t", "name": "add", "args": {"x": 1}}, {"id": "u", "name": "add", "args": {}},
    ]});
    let results = ["t", "u"].map(|id| json!({"type": "tool", "tool_call_id": id, "content": "1"}));
    let [one, two] = results;
    let mut ask = ask(CLAUDE, json!([{"role": "user", "content": "Hi"}, said, one, two]));
    ask.request.tools = weather();
    assert_eq!(
        ask.body()["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
            {"reasoningContent": {"redactedContent": "YQ=="}},
            {"text": "Look: "},
            {"toolUse": {"toolUseId": "s", "name": "web", "type": "server_tool_use", "input": {"q": 1}}},
            {"toolResult": {"toolUseId": "s", "content": [{"text": "r"}]}},
            {"citationsContent": {"content": [{"text": "It is so."}], "citations": [{"title": "T", "location": {"web": {"url": "u"}}}]}},
            {"citationsContent": {"content": [{"text": "c"}], "citations": []}},
            {"scent": {"of": "roses"}},
            {"toolUse": {"toolUseId": "t", "name": "add", "input": {"x": 1}}},
            {"text": "done"},
            {"toolUse": {"toolUseId": "u", "name": "add", "input": {}}},
        ])
    );
}

#[test]
fn reasoning_goes_back_to_those_who_take_it() {
    let parts = || {
        json!([
            {"type": "reasoning_content", "reasoningText": {"text": "a"}},
            {"type": "reasoning_content", "reasoningText": {"text": "b"}},
            {"type": "reasoning_content", "reasoningText": {"signature": "s"}},
            {"type": "reasoning_content", "reasoningText": {"text": "unsigned"}},
            {"type": "reasoning_content", "redactedContent": {"type": "Buffer", "data": [97]}},
            {"type": "reasoning_content", "reasoningText": {"signature": "alone"}},
            {"type": "text", "text": "c"},
        ])
    };
    let signed = json!({"reasoningContent": {"reasoningText": {"text": "ab", "signature": "s"}}});
    let redacted = json!({"reasoningContent": {"redactedContent": "YQ=="}});
    let unsigned = json!({"reasoningContent": {"reasoningText": {"text": "unsigned"}}});
    let text = json!({"text": "c"});
    assert_eq!(assistant(CLAUDE, parts()), json!([signed, redacted, text]));
    // What it is, an application's profile does not tell.
    let profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    assert_eq!(assistant(profile, parts()), json!([signed, unsigned, redacted, text]));
    for other in [
        NOVA,
        "deepseek.r1-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    ] {
        assert_eq!(assistant(other, parts()), json!([text]));
    }
}

#[test]
fn other_providers_inner_life_is_not_sent() {
    assert_eq!(
        assistant(
            CLAUDE,
            json!([
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "x"},
                {"type": "reasoning", "reasoning": "hm"},
                {"type": "think", "think": "hm"},
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
                {"type": "text", "text": "a", "citations": [{"type": "char_location", "cited_text": "b"}]},
            ])
        ),
        json!([{"text": "a"}])
    );
    // Nothing is left, and Converse refuses a message of nothing.
    assert_eq!(
        assistant(CLAUDE, json!([{"type": "thinking", "thinking": "hm"}])),
        json!([{"text": "_"}])
    );
}

#[test]
fn blank_texts_are_not_sent() {
    assert_eq!(
        user(json!([{"type": "text", "text": " "}, {"type": "text", "text": "a"}])),
        json!([{"text": "a"}])
    );
    // Where nothing is left, Converse gets something.
    assert_eq!(user(json!([{"type": "text", "text": " "}])), json!([{"text": "_"}]));
}

#[test]
fn turns_alternate() {
    assert_eq!(
        messages(
            CLAUDE,
            json!([{"role": "user", "content": "a"}, {"role": "user", "content": [{"type": "image_url", "image_url": "/9j/4AAQ"}]}])
        ),
        json!([{"role": "user", "content": [{"text": "a"}, {"image": {"format": "jpeg", "source": {"bytes": "/9j/4AAQ"}}}]}])
    );
}

/// Converse refuses tool calls in the history of a request without tools.
#[test]
fn without_tools_what_tools_did_is_told() {
    let ask = ask(
        CLAUDE,
        json!([
            {"role": "user", "content": "Weather?"},
            {"type": "ai", "content": "Let me see.", "tool_calls": [{"id": "t1", "name": "weather", "args": {"city": "Rome"}}]},
            {"type": "tool", "tool_call_id": "t1", "content": "Sunny"},
            {"role": "user", "content": "And now?"},
        ]),
    );
    let body = ask.body();
    assert_eq!(body.get("toolConfig"), None);
    let text = body.to_string();
    assert!(!text.contains("toolUse") && !text.contains("toolResult"), "{text}");
    assert!(text.contains("weather") && text.contains("Rome") && text.contains("Sunny"), "{text}");
    let roles: Vec<&str> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
}

#[test]
fn images_in_all_the_forms_of_hosts() {
    let png = json!({"image": {"format": "png", "source": {"bytes": "iVBORw0KGgoA"}}});
    for part in [
        json!({"type": "image_url", "image_url": "data:image/png;base64,iVBORw0KGgoA"}),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoA", "detail": "low"}}),
        json!({"type": "image_url", "image_url": {"url": "iVBORw0KGgoA"}}),
        json!({"type": "image", "source_type": "base64", "data": "iVBORw0KGgoA", "mime_type": "image/png"}),
        json!({"type": "image", "source_type": "base64", "data": "iVBORw0KGgoA"}),
        json!({"type": "image", "source_type": "url", "url": "data:image/png;charset=x;base64,iVBORw0KGgoA"}),
        json!({"type": "image", "data": "iVBORw0KGgoA", "mimeType": "image/PNG"}),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoA"}}),
        json!({"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgoA"}),
        json!({"type": "image", "image": {"format": "png", "source": {"bytes": "iVBORw0KGgoA"}}}),
        json!({"image": {"format": "png", "source": {"bytes": [137, 80, 78, 71, 13, 10, 26, 10, 0]}}}),
        json!({"image": {"format": "png", "source": {"bytes": {"0": 137, "1": 80, "2": 78, "3": 71, "4": 13, "5": 10, "6": 26, "7": 10, "8": 0}}}}),
        json!({"image": {"format": "png", "source": {"bytes": {"type": "Buffer", "data": [137, 80, 78, 71, 13, 10, 26, 10, 0]}}}}),
    ] {
        assert_eq!(user(json!([part])), json!([png]), "{part}");
    }
    let jpeg = user(
        json!([{"type": "image", "source_type": "base64", "data": "/9j/4AAQ", "mime_type": "image/jpg"}]),
    );
    assert_eq!(jpeg[0]["image"]["format"], "jpeg");
    let stored = json!([{"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.jpg"}}}}]);
    assert_eq!(user(json!([{"type": "image_url", "image_url": "s3://bucket/a.jpg"}])), stored);
    assert_eq!(
        user(json!([{"type": "image", "source_type": "id", "id": "s3://bucket/a.jpg"}])),
        stored
    );
}

#[test]
fn documents_have_a_format_and_a_name_of_their_own() {
    let document = |format: &str, name: &str, source: Value| json!({"document": {"format": format, "name": name, "source": source}});
    let bytes = || json!({"bytes": "YQ=="});
    assert_eq!(
        user(json!([
            {"type": "text", "text": "See"},
            {"type": "file", "source_type": "base64", "data": "YQ==", "mime_type": "application/pdf", "metadata": {"filename": "My  plan_v2 (final).pdf"}},
            {"type": "file", "source_type": "base64", "data": "YQ==", "mime_type": "application/pdf", "metadata": {"filename": "My plan_v2 (final).pdf"}},
            {"type": "file", "source_type": "text", "text": "a", "mime_type": "text/plain"},
            {"type": "file", "source_type": "url", "url": "data:text/csv;base64,YQ=="},
            {"type": "file", "data": "YQ==", "mimeType": "application/octet-stream", "name": "notes.md"},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,YQ==", "filename": "a.pdf"}},
            {"type": "document", "title": "b", "source": {"type": "base64", "media_type": "application/pdf", "data": "YQ=="}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}},
            {"type": "text-plain", "text": "a", "title": "c"},
            {"type": "file", "source_type": "id", "id": "s3://bucket/d.docx"},
            {"type": "document", "document": {"name": "as it_is", "format": "pdf", "source": {"bytes": {"type": "Buffer", "data": [97]}}}},
        ])),
        json!([
            {"text": "See"},
            document("pdf", "My plan-v2 (final)", bytes()),
            document("pdf", "My plan-v2 (final)-2", bytes()),
            document("txt", "document", bytes()),
            document("csv", "document-2", bytes()),
            document("md", "notes", bytes()),
            document("pdf", "a", bytes()),
            document("pdf", "b", bytes()),
            document("txt", "document-3", bytes()),
            document("txt", "c", bytes()),
            document("docx", "document-4", json!({"s3Location": {"uri": "s3://bucket/d.docx"}})),
            document("pdf", "as it_is", bytes()),
        ])
    );
    // A document needs a text beside it.
    let alone = user(json!([{"type": "file", "source_type": "text", "text": "a"}]));
    assert_eq!(alone, json!([document("txt", "document", bytes()), {"text": "_"}]));
    let long = user(
        json!([{"type": "text", "text": "x"}, {"type": "file", "source_type": "text", "text": "a", "name": "n".repeat(500)}]),
    );
    assert_eq!(long[1]["document"]["name"].as_str().unwrap().len(), 200);
}

#[test]
fn videos_and_sounds() {
    for (part, block) in [
        (
            json!({"type": "video", "source_type": "base64", "data": "YQ==", "mime_type": "video/mp4"}),
            json!({"video": {"format": "mp4", "source": {"bytes": "YQ=="}}}),
        ),
        (
            json!({"type": "video", "data": "YQ==", "mimeType": "video/quicktime"}),
            json!({"video": {"format": "mov", "source": {"bytes": "YQ=="}}}),
        ),
        (
            json!({"type": "video", "url": "s3://b/c.mkv"}),
            json!({"video": {"format": "mkv", "source": {"s3Location": {"uri": "s3://b/c.mkv"}}}}),
        ),
        (
            json!({"type": "audio", "source_type": "base64", "data": "YQ==", "mime_type": "audio/mpeg"}),
            json!({"audio": {"format": "mp3", "source": {"bytes": "YQ=="}}}),
        ),
        (
            json!({"type": "audio", "data": "YQ==", "mimeType": "audio/x-wav"}),
            json!({"audio": {"format": "wav", "source": {"bytes": "YQ=="}}}),
        ),
        (
            json!({"type": "input_audio", "input_audio": {"data": "YQ==", "format": "wav"}}),
            json!({"audio": {"format": "wav", "source": {"bytes": "YQ=="}}}),
        ),
        (
            json!({"type": "video", "video": {"format": "mp4", "source": {"bytes": "YQ=="}}}),
            json!({"video": {"format": "mp4", "source": {"bytes": "YQ=="}}}),
        ),
    ] {
        assert_eq!(user(json!([part])), json!([block]), "{part}");
    }
}

#[test]
fn what_converse_has_no_form_for_is_named() {
    for (part, problem) in [
        (json!({"type": "hologram"}), "a part of the kind `hologram`"),
        (
            json!({"type": "image_url", "image_url": "https://x/a.png"}),
            "its URL, which Converse does not fetch",
        ),
        (json!({"type": "image", "source_type": "id", "id": "file-1"}), "names a file by an id"),
        (
            json!({"type": "image", "source_type": "base64", "data": "YQ==", "mime_type": "image/tiff"}),
            "an image of the type `image/tiff`, and Converse takes png, jpeg, gif, webp",
        ),
        (
            json!({"type": "image_url", "image_url": "data:image/svg+xml,<svg/>"}),
            "a data URL that is not in base64",
        ),
        (
            json!({"type": "file", "data": "YQ==", "mime_type": "application/zip"}),
            "a file of the type `application/zip`",
        ),
        (json!({"type": "video", "data": "YQ=="}), "a video without a type"),
        (json!({"type": "image"}), "a part of the kind `image` without data"),
        (json!({"type": "think", "think": "hm"}), "it has a `think` part"),
        (json!({"type": "tool_call", "tool_call": {"id": "t"}}), "the tool call `t`"),
    ] {
        let ask = ask(
            CLAUDE,
            json!([{"role": "user", "content": "a"}, {"role": "user", "content": [part]}]),
        );
        let error = ask.error();
        assert!(
            error.starts_with("Message 1 cannot be sent: ") && error.contains(problem),
            "{error}"
        );
    }
    let instructions = ask(
        CLAUDE,
        json!([{"role": "system", "content": [{"type": "image_url", "image_url": "x"}]}]),
    );
    assert!(instructions.error().contains("instructions of the kind `image_url`"));
}

fn cached(model: &str, ttl: CacheTtl, conversation: Value) -> Value {
    let mut ask = ask(model, conversation);
    ask.dialect.prompt_cache = Some(ttl);
    ask.request.tools = weather();
    ask.body()
}

#[test]
fn prompts_are_cached_where_the_model_takes_marks() {
    let conversation = || json!([{"role": "system", "content": "Be kind"}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]);
    for (model, ttl, point, marks_tools) in [
        (CLAUDE, CacheTtl::OneHour, json!({"cachePoint": {"type": "default", "ttl": "1h"}}), true),
        (CLAUDE, CacheTtl::FiveMinutes, json!({"cachePoint": {"type": "default"}}), true),
        (NOVA, CacheTtl::OneHour, json!({"cachePoint": {"type": "default"}}), false),
    ] {
        let body = cached(model, ttl, conversation());
        assert_eq!(body["system"], json!([{"text": "Be kind"}, point]));
        assert_eq!(body["messages"][0]["content"], json!([{"text": "a"}]));
        assert_eq!(body["messages"][2]["content"], json!([{"text": "c"}, point]));
        let mut tools = specs();
        tools.extend(marks_tools.then(|| point.clone()));
        assert_eq!(body["toolConfig"]["tools"], Value::Array(tools));
    }
    // What the host has marked is marked.
    let own = json!({"cachePoint": {"type": "default"}});
    let body = cached(
        CLAUDE,
        CacheTtl::OneHour,
        json!([
            {"role": "system", "content": [{"type": "text", "text": "Be kind"}, own, {"type": "text", "text": "Today"}]},
            {"role": "user", "content": [own, {"type": "text", "text": "a"}]},
        ]),
    );
    assert_eq!(body["system"], json!([{"text": "Be kind"}, own, {"text": "Today"}]));
    assert_eq!(body["messages"][0]["content"], json!([own, {"text": "a"}]));
    // Without instructions and tools only the conversation is marked.
    let mut plain = ask(CLAUDE, json!([{"role": "user", "content": "a"}]));
    plain.dialect.prompt_cache = Some(CacheTtl::FiveMinutes);
    assert_eq!(
        plain.body(),
        json!({"messages": [{"role": "user", "content": [{"text": "a"}, own]}]})
    );
}

//! Conversations become requests to Gemini.

use std::sync::Arc;

use moss_llm::wire::WireRequest;
use moss_llm::wire::gemini::{Gemini, GeminiEncoder};
use moss_llm::{ModelError, ModelErrorKind, ModelRequest, OutputSchema, ToolChoice};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

struct Ask {
    wire: Gemini,
    model: &'static str,
    request: ModelRequest,
    parameters: JsonObject,
    extra_body: JsonObject,
}

/// A request with these messages, which are written as hosts write them.
fn ask(messages: Value) -> Ask {
    let messages = Message::list_from_json(messages.as_array().unwrap().clone()).unwrap();
    let messages = messages.into_iter().map(Arc::new).collect();
    Ask {
        wire: Gemini::GOOGLE,
        model: "gemini-2.5-flash",
        request: ModelRequest { messages, ..ModelRequest::default() },
        parameters: JsonObject::new(),
        extra_body: JsonObject::new(),
    }
}

impl Ask {
    fn try_text(&self) -> Result<String, ModelError> {
        let body = GeminiEncoder::new(self.wire).encode(&WireRequest {
            model: self.model,
            request: &self.request,
            stream: true,
            stream_usage: true,
            parameters: &self.parameters,
            extra_body: &self.extra_body,
        });
        body.map(|body| String::from_utf8(body).unwrap())
    }

    fn body(&self) -> Value {
        serde_json::from_str(&self.try_text().unwrap()).unwrap()
    }

    fn contents(&self) -> Value {
        self.body()["contents"].take()
    }
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

/// A user's message with these parts, and what becomes of them.
fn user(content: Value) -> Value {
    ask(json!([{"role": "user", "content": content}])).contents()[0]["parts"].take()
}

/// An assistant's message, and what becomes of its parts.
fn assistant(model: &'static str, mut message: Value) -> Value {
    let results: Vec<Value> = message["tool_calls"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|call| json!({"role": "tool", "tool_call_id": call["id"], "content": "x"}))
        .collect();
    message["role"] = "assistant".into();
    let mut messages = vec![json!({"role": "user", "content": "Hi"}), message];
    messages.extend(results);
    Ask { model, ..ask(messages.into()) }.contents()[1]["parts"].take()
}

#[test]
fn the_smallest_request() {
    let ask = ask(json!([{"role": "user", "content": "Hi"}]));
    assert_eq!(
        ask.try_text().unwrap(),
        r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"#
    );
}

#[test]
fn a_whole_request_in_its_order() {
    let mut ask = ask(json!([
        {"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"},
        {"role": "system", "content": [{"type": "text", "text": "And kind"}]},
    ]));
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let loose = json!({"type": "object", "additionalProperties": false});
    let mut extra = ToolDefinition::new("loose", "", loose);
    extra.extras = object(json!({"behavior": "BLOCKING"}));
    ask.request.tools = [
        ToolDefinition::new("weather", "Tells it", schema),
        extra,
        ToolDefinition::new("bare", "", json!({})),
    ]
    .into();
    ask.request.server_tools = [object(json!({"googleSearch": {}}))].into();
    ask.request.tool_choice = ToolChoice::Tool("weather".to_owned());
    ask.request.output = Some(OutputSchema {
        name: "n".to_owned(),
        description: None,
        schema: json!({"type": "object"}),
        strict: true,
    });
    ask.parameters = object(json!({
        "safetySettings": [], "generationConfig": {"temperature": 0.5, "topK": 1},
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "streamFunctionCallArguments": true}},
    }));
    ask.extra_body = object(json!({"generationConfig": {"topK": 2}, "labels": {"a": "b"}}));
    assert_eq!(
        ask.try_text().unwrap(),
        concat!(
            r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"#,
            r#""systemInstruction":{"parts":[{"text":"Be brief"},{"text":"And kind"}]},"#,
            r#""tools":[{"functionDeclarations":["#,
            r#"{"name":"weather","description":"Tells it","parameters":{"type":"object","properties":{"city":{"type":"string"}}}},"#,
            r#"{"name":"loose","parametersJsonSchema":{"type":"object","additionalProperties":false},"behavior":"BLOCKING"},"#,
            r#"{"name":"bare"}]},{"googleSearch":{}}],"#,
            r#""toolConfig":{"functionCallingConfig":{"mode":"ANY","streamFunctionCallArguments":true,"allowedFunctionNames":["weather"]}},"#,
            r#""generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},"temperature":0.5,"topK":2},"#,
            r#""safetySettings":[],"labels":{"a":"b"}}"#
        )
    );
}

#[test]
fn a_conversation_with_tools() {
    let messages = json!([
        {"role": "user", "content": "Hi", "name": "ada"},
        {"role": "assistant", "content": "Let me see", "tool_calls": [
            {"id": "gemini_call_r_0", "name": "f", "args": {"a": 1}},
            {"id": "call_9", "name": "g", "args": {}},
        ], "invalid_tool_calls": [{"id": "bad", "name": "h", "args": "{oops", "error": "no JSON"}]},
        {"role": "tool", "tool_call_id": "gemini_call_r_0", "content": "one"},
        {"role": "tool", "tool_call_id": "call_9", "name": "g", "content": "two", "status": "error"},
        {"role": "tool", "tool_call_id": "bad", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "user", "content": "Go on"},
        {"role": "assistant", "content": ""},
    ]);
    assert_eq!(
        ask(messages).contents(),
        json!([
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [
                {"text": "Let me see"},
                {"functionCall": {"name": "f", "args": {"a": 1}}},
                {"functionCall": {"name": "g", "args": {}, "id": "call_9"}},
                {"functionCall": {"name": "h", "args": {"unreadable_arguments": "{oops"}, "id": "bad"}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "f", "response": {"result": "one"}}},
                {"functionResponse": {"name": "g", "response": {"error": "two"}, "id": "call_9"}},
                {"functionResponse": {"name": "h", "response": {"result": "a\nb"}, "id": "bad"}},
            ]},
            {"role": "user", "parts": [{"text": "Go on"}]},
        ])
    );
}

#[test]
fn media_in_all_forms() {
    let inline = |mime: &str, data: &str| json!({"inlineData": {"mimeType": mime, "data": data}});
    let file = |mime: Value, uri: &str| {
        let mut file = json!({"fileUri": uri});
        if !mime.is_null() {
            file["mimeType"] = mime;
        }
        json!({"fileData": file})
    };
    let png = "data:image/png;base64,AA==";
    for (part, sent) in [
        (
            json!({"type": "image_url", "image_url": {"url": png, "detail": "low"}}),
            inline("image/png", "AA=="),
        ),
        (json!({"type": "image_url", "image_url": png}), inline("image/png", "AA==")),
        (
            json!({"type": "image_url", "image_url": "https://x.org/a.JPG?b=1"}),
            file(json!("image/jpeg"), "https://x.org/a.JPG?b=1"),
        ),
        (
            json!({"type": "image_url", "image_url": "https://youtu.be/x"}),
            file(Value::Null, "https://youtu.be/x"),
        ),
        (
            json!({"type": "image", "source_type": "base64", "mime_type": "image/webp", "data": "BB=="}),
            inline("image/webp", "BB=="),
        ),
        (
            json!({"type": "image", "mimeType": "image/gif", "data": "BB=="}),
            inline("image/gif", "BB=="),
        ),
        (
            json!({"type": "audio", "source_type": "url", "mime_type": "audio/mpeg", "url": "gs://b/a"}),
            file(json!("audio/mpeg"), "gs://b/a"),
        ),
        (
            json!({"type": "file", "source_type": "id", "id": "https://g/v1beta/files/1"}),
            file(Value::Null, "https://g/v1beta/files/1"),
        ),
        (json!({"type": "file", "source_type": "text", "text": "plain"}), json!({"text": "plain"})),
        (
            json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,CC=="}}),
            inline("application/pdf", "CC=="),
        ),
        (
            json!({"type": "input_audio", "input_audio": {"data": "DD==", "format": "mp3"}}),
            inline("audio/mp3", "DD=="),
        ),
        (
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "EE=="}}),
            inline("image/png", "EE=="),
        ),
        (
            json!({"type": "document", "source": {"type": "url", "url": "https://x.org/a.pdf"}}),
            file(json!("application/pdf"), "https://x.org/a.pdf"),
        ),
        (
            json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}}),
            json!({"text": "words"}),
        ),
        (
            json!({"type": "media", "mimeType": "video/mp4", "fileUri": "gs://b/v"}),
            file(json!("video/mp4"), "gs://b/v"),
        ),
        (json!({"type": "audio/ogg", "data": "FF=="}), inline("audio/ogg", "FF==")),
        (
            json!({"type": "video", "url": "https://youtu.be/x", "videoMetadata": {"fps": 2}}),
            json!({"fileData": {"fileUri": "https://youtu.be/x"}, "videoMetadata": {"fps": 2}}),
        ),
        (
            json!({"fileData": {"fileUri": "u"}, "videoMetadata": {"fps": 1}}),
            json!({"fileData": {"fileUri": "u"}, "videoMetadata": {"fps": 1}}),
        ),
        (
            json!({"type": "inlineData", "inlineData": {"mimeType": "a/b", "data": "c"}}),
            inline("a/b", "c"),
        ),
    ] {
        assert_eq!(user(json!([part])), json!([sent]), "{part}");
    }
}

#[test]
fn what_the_wire_has_no_form_for_is_an_error() {
    let call = json!({"type": "tool_call", "tool_call": {"id": "a", "name": "f", "args": "{}"}});
    for (message, words) in [
        (json!({"role": "user", "content": [call]}), "tool call `a`"),
        (json!({"role": "user", "content": [{"type": "think", "think": "Hm"}]}), "`think`"),
        (
            json!({"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}),
            "`container_upload`",
        ),
        (json!({"role": "user", "content": [{"type": "image", "source_type": "url"}]}), "`image`"),
        (
            json!({"role": "user", "content": [{"type": "image_url", "image_url": "data:text/plain,x"}]}),
            "base64",
        ),
    ] {
        let error =
            ask(json!([{"role": "user", "content": "Hi"}, message])).try_text().unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
        assert!(error.message.starts_with("Message 1 "), "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn what_the_model_said_goes_back_as_it_came() {
    let code = json!({"language": "PYTHON", "code": "1"});
    let content = json!([
        {"type": "reasoning", "reasoning": "Hm", "thoughtSignature": "a"},
        {"type": "text", "text": "So", "thoughtSignature": "b"},
        {"type": "executableCode", "executableCode": code, "thoughtSignature": "c"},
        {"type": "codeExecutionResult", "codeExecutionResult": {"outcome": "OUTCOME_OK"}},
        {"type": "text", "text": "", "thoughtSignature": "d"},
        {"type": "inlineData", "inlineData": {"mimeType": "image/png", "data": "AA=="}, "thought": true},
        {"type": "toolCall", "toolCall": {"toolType": "T", "id": "t"}},
        {"type": "brandNew", "index": 3, "brandNew": {"x": 1}},
    ]);
    assert_eq!(
        assistant("gemini-2.5-pro", json!({"content": content})),
        json!([
            {"text": "Hm", "thought": true, "thoughtSignature": "a"},
            {"text": "So", "thoughtSignature": "b"},
            {"executableCode": code, "thoughtSignature": "c"},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK"}},
            {"text": "", "thoughtSignature": "d"},
            {"inlineData": {"mimeType": "image/png", "data": "AA=="}, "thought": true},
            {"toolCall": {"toolType": "T", "id": "t"}},
            {"brandNew": {"x": 1}},
        ])
    );
}

#[test]
fn what_another_model_thought_is_not_said() {
    let content = json!([
        {"type": "think", "think": "Hm"},
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "…"},
        {"type": "reasoning_content", "reasoningText": {"text": "Hm"}},
        {"type": "text", "text": "So", "citations": []},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "tool_use", "id": "a", "name": "f", "input": {}},
        {"functionCall": {"name": "f", "args": {}}},
    ]);
    let message = json!({
        "content": content,
        "tool_calls": [{"id": "a", "name": "f", "args": {}}],
        "additional_kwargs": {"reasoning_content": "Hm", "reasoning": "Hm"},
    });
    assert_eq!(
        assistant("gemini-2.5-pro", message),
        json!([{"text": "So"}, {"functionCall": {"name": "f", "args": {}, "id": "a"}}])
    );
}

#[test]
fn calls_get_their_signatures_back() {
    let sent = |model: &'static str, content: Value, kwargs: Value| -> Vec<Value> {
        let calls = ["a", "b"].map(|id| json!({"id": id, "name": "f", "args": {}}));
        let message = json!({"content": content, "tool_calls": calls, "additional_kwargs": kwargs});
        let parts = assistant(model, message);
        let calls =
            parts.as_array().unwrap().iter().filter(|part| part.get("functionCall").is_some());
        calls.map(|part| part["thoughtSignature"].clone()).collect()
    };
    let unknown = "skip_thought_signature_validator";
    let signed = json!([{"type": "text", "text": "x", "thoughtSignature": "T"}]);
    for (content, kwargs, old, new) in [
        // As this wire has them: one for each call.
        (json!("x"), json!({"signatures": ["A", ""]}), ["A", ""], ["A", ""]),
        (json!("x"), json!({"signatures": ["", "B"]}), ["", "B"], [unknown, "B"]),
        // As LangChain has them: one for each part.
        (signed, json!({"signatures": ["T", "A", ""]}), ["A", ""], ["A", ""]),
        (json!("x"), json!({"signatures": ["", "A", "B"]}), ["A", "B"], ["A", "B"]),
        // As LibreChat's client has them.
        (
            json!("x"),
            json!({"__gemini_function_call_thought_signatures__": {"b": "B", "a": "A"}}),
            ["A", "B"],
            ["A", "B"],
        ),
        // As other providers have them.
        (json!("x"), json!({}), ["", ""], [unknown, ""]),
    ] {
        let expected = |all: [&str; 2]| {
            all.map(|one| if one.is_empty() { Value::Null } else { one.into() }).to_vec()
        };
        assert_eq!(
            sent("gemini-2.5-pro", content.clone(), kwargs.clone()),
            expected(old),
            "{kwargs}"
        );
        for model in ["gemini-3-pro-preview", "models/gemini-3.1-flash-lite", "gemini-4"] {
            assert_eq!(sent(model, content.clone(), kwargs.clone()), expected(new), "{kwargs}");
        }
    }
}

#[test]
fn images_in_results_of_tools_go_where_the_model_sees_them() {
    let messages = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "name": "f", "args": {}}]},
        {"role": "tool", "tool_call_id": "a", "name": "f", "content": [
            {"type": "text", "text": "Look"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        ]},
    ]);
    let image = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
    let third = Ask { model: "gemini-3-flash-preview", ..ask(messages.clone()) }.contents();
    assert_eq!(
        third[2]["parts"][0]["functionResponse"],
        json!({"name": "f", "response": {"result": "Look"}, "id": "a", "parts": [image]})
    );
    let second = ask(messages).contents();
    assert_eq!(
        second[2]["parts"][0]["functionResponse"],
        json!({"name": "f", "response": {"result": "Look"}, "id": "a"})
    );
    assert_eq!(second[3]["role"], "user");
    assert_eq!(second[3]["parts"].as_array().unwrap().last(), Some(&image));
}

#[test]
fn a_result_is_named_as_its_call() {
    let messages = json!([
        {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "name": "f", "args": {}}]},
        {"role": "tool", "tool_call_id": "a", "content": "x"},
    ]);
    assert_eq!(ask(messages).contents()[1]["parts"][0]["functionResponse"]["name"], "f");
}

#[test]
fn tool_choices() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    let chosen = |ask: &Ask| ask.body().get("toolConfig").cloned();
    let calling = |config: Value| Some(json!({"functionCallingConfig": config}));
    for choice in [ToolChoice::None, ToolChoice::Required] {
        ask.request.tool_choice = choice;
        assert_eq!(chosen(&ask), None, "without tools nothing is said about them");
    }
    ask.request.tools = [ToolDefinition::new("f", "", json!({}))].into();
    assert_eq!(chosen(&ask), calling(json!({"mode": "ANY"})));
    ask.request.tool_choice = ToolChoice::None;
    assert_eq!(chosen(&ask), calling(json!({"mode": "NONE"})));
    ask.request.tool_choice = ToolChoice::Auto;
    assert_eq!(chosen(&ask), None);
    ask.parameters =
        object(json!({"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}}));
    assert_eq!(chosen(&ask), calling(json!({"mode": "VALIDATED"})));
    ask.request.tool_choice = ToolChoice::Required;
    assert_eq!(chosen(&ask), calling(json!({"mode": "ANY"})));
}

#[test]
fn both_kinds_of_tools_go_together_where_the_model_can() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.request.tools = [ToolDefinition::new("f", "", json!({}))].into();
    ask.request.server_tools = [object(json!({"googleSearch": {}}))].into();
    assert_eq!(ask.body().get("toolConfig"), None);
    ask.model = "gemini-3-pro";
    assert_eq!(ask.body()["toolConfig"], json!({"includeServerSideToolInvocations": true}));
    ask.extra_body = object(json!({"toolConfig": {"includeServerSideToolInvocations": false}}));
    assert_eq!(ask.body()["toolConfig"], json!({"includeServerSideToolInvocations": false}));
    ask.extra_body = JsonObject::new();
    ask.wire = Gemini::VERTEX;
    assert_eq!(ask.body().get("toolConfig"), None);
}

#[test]
fn a_schema_goes_in_the_language_that_it_keeps_to() {
    let member = |schema: Value| {
        let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
        ask.request.tools = [ToolDefinition::new("f", "", schema.clone())].into();
        let declaration = ask.body()["tools"][0]["functionDeclarations"][0].take();
        ["parameters", "parametersJsonSchema"].into_iter().find(|name| declaration[name] == schema)
    };
    let property =
        |schema: Value| json!({"type": "object", "properties": {"a": schema}, "required": ["a"]});
    for schema in [
        json!({"type": "string", "enum": ["x"], "description": "d", "nullable": true}),
        json!({"type": "array", "items": {"type": "integer", "format": "int32", "minimum": 0}}),
        json!({"anyOf": [{"type": "string"}, {"type": "number"}]}),
    ] {
        assert_eq!(member(property(schema.clone())), Some("parameters"), "{schema}");
    }
    for schema in [
        json!({"type": ["string", "null"]}),
        json!({"const": 1}),
        json!({"type": "integer", "enum": [1, 2]}),
        json!({"type": "string", "format": "uri"}),
        json!({"$ref": "#/$defs/a"}),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        json!({"oneOf": [{"type": "string"}]}),
        json!({"type": "array", "items": [{"type": "string"}]}),
        json!(true),
    ] {
        assert_eq!(member(property(schema.clone())), Some("parametersJsonSchema"), "{schema}");
    }
}

#[test]
fn a_cache_holds_the_instructions_and_the_tools() {
    let mut ask =
        ask(json!([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]));
    ask.request.tools = [ToolDefinition::new("f", "", json!({}))].into();
    ask.request.tool_choice = ToolChoice::Required;
    ask.parameters = object(json!({"cachedContent": "cachedContents/1"}));
    assert_eq!(
        ask.body(),
        json!({
            "contents": [{"role": "user", "parts": [{"text": "u"}]}],
            "cachedContent": "cachedContents/1",
        })
    );
}

#[test]
fn some_models_take_no_turn_of_their_own_last() {
    let sent = |model: &'static str| {
        let messages = json!([
            {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So"},
        ]);
        Ask { model, ..ask(messages) }.contents().as_array().unwrap().len()
    };
    for (model, turns) in [
        ("gemini-2.5-flash", 2),
        ("gemini-3-flash-preview", 2),
        ("gemini-3.5-flash", 2),
        ("gemini-3.5-flash-lite", 1),
        ("gemini-3.6-flash", 1),
        ("gemini-4-flash-preview", 1),
        ("gemini-4-pro", 2),
        ("gemma-3-27b", 2),
    ] {
        assert_eq!(sent(model), turns, "{model}");
    }
}

#[test]
fn the_hosts_fields_win_and_no_key_comes_twice() {
    let mut ask =
        ask(json!([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]));
    ask.parameters =
        object(json!({"systemInstruction": 1, "generationConfig": {"seed": 1}, "a": 1}));
    ask.extra_body = object(json!({"contents": [], "generationConfig": null, "a": 2}));
    assert_eq!(
        ask.try_text().unwrap(),
        r#"{"generationConfig":null,"systemInstruction":1,"contents":[],"a":2}"#
    );
}

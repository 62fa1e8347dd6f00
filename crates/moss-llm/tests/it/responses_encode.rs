//! Conversations become requests for Responses.

mod replay;

use std::sync::Arc;

use moss_llm::wire::WireRequest;
use moss_llm::wire::responses::{ResponsesDialect, ResponsesEncoder};
use moss_llm::{ModelErrorKind, ModelRequest, OutputSchema, ToolChoice};
use moss_protocol::{JsonObject, Message, Provider, ToolDefinition};
use serde_json::{Value, json};

struct Ask {
    dialect: ResponsesDialect,
    model: &'static str,
    request: ModelRequest,
    stream: bool,
    parameters: JsonObject,
    extra_body: JsonObject,
}

/// A request with these messages, which are written as hosts write them.
fn ask(messages: Value) -> Ask {
    let messages = Message::list_from_json(messages.as_array().unwrap().clone()).unwrap();
    let messages = messages.into_iter().map(Arc::new).collect();
    Ask {
        dialect: ResponsesDialect::OPENAI,
        model: "m",
        request: ModelRequest { messages, ..ModelRequest::default() },
        stream: false,
        parameters: JsonObject::new(),
        extra_body: JsonObject::new(),
    }
}

impl Ask {
    fn encoded(&self) -> Result<Vec<u8>, moss_llm::ModelError> {
        ResponsesEncoder::new(self.dialect).encode(&WireRequest {
            model: self.model,
            request: &self.request,
            stream: self.stream,
            stream_usage: true,
            parameters: &self.parameters,
            extra_body: &self.extra_body,
        })
    }

    fn text(&self) -> String {
        String::from_utf8(self.encoded().unwrap()).unwrap()
    }

    fn body(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    fn input(&self) -> Value {
        self.body()["input"].take()
    }
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

/// The content of a user's message, as it is sent.
fn user(content: Value) -> Value {
    ask(json!([{"role": "user", "content": content}])).input()[0]["content"].take()
}

#[test]
fn the_smallest_request() {
    let ask = ask(json!([{"role": "user", "content": "Hi"}]));
    assert_eq!(
        ask.text(),
        r#"{"model":"m","input":[{"type":"message","role":"user","content":"Hi"}]}"#
    );
}

#[test]
fn a_whole_request_in_its_order() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    let schema = json!({"type": "object"});
    let mut strict = ToolDefinition::new("weather", "Tells it", schema);
    strict.extras = object(json!({"strict": true}));
    ask.request.tools = [strict, ToolDefinition::new("bare", "", json!({}))].into();
    ask.request.server_tools = [object(json!({"type": "web_search"}))].into();
    ask.request.tool_choice = ToolChoice::Required;
    ask.stream = true;
    ask.parameters =
        object(json!({"temperature": 0.5, "max_output_tokens": 9, "tool_choice": "none"}));
    ask.extra_body = object(json!({"max_output_tokens": 10, "top_k": 1}));
    assert_eq!(
        ask.text(),
        concat!(
            r#"{"model":"m","input":[{"type":"message","role":"user","content":"Hi"}],"#,
            r#""tools":[{"type":"function","name":"weather","description":"Tells it","#,
            r#""parameters":{"type":"object"},"strict":true},"#,
            r#"{"type":"function","name":"bare","parameters":{}},{"type":"web_search"}],"#,
            r#""tool_choice":"required","stream":true,"#,
            r#""temperature":0.5,"max_output_tokens":10,"top_k":1}"#
        )
    );
}

#[test]
fn system_messages_of_reasoning_models_are_the_developers() {
    let mut ask = ask(json!([{"role": "system", "content": "Be brief"}]));
    for (dialect, model, role) in [
        (ResponsesDialect::OPENAI, "gpt-4o", "system"),
        (ResponsesDialect::OPENAI, "o3-mini", "developer"),
        (ResponsesDialect::AZURE, "gpt-5-nano", "developer"),
        (ResponsesDialect::OPENAI, "gpt-5-chat-latest", "system"),
        (ResponsesDialect::XAI, "o3", "system"),
        (ResponsesDialect::OPENROUTER, "openai/gpt-5", "system"),
    ] {
        (ask.dialect, ask.model) = (dialect, model);
        assert_eq!(ask.input()[0]["role"], role, "{model}");
    }
}

#[test]
fn a_users_parts_in_the_forms_of_hosts() {
    let image = |url: &str, detail: &str| json!({"type": "input_image", "image_url": url, "detail": detail});
    for (written, sent) in [
        (
            json!({"type": "text", "text": "a", "cache_control": {}}),
            json!({"type": "input_text", "text": "a"}),
        ),
        (json!({"type": "image_url", "image_url": "https://x"}), image("https://x", "auto")),
        (
            json!({"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}}),
            image("data:x", "low"),
        ),
        (
            json!({"type": "image_url", "image_url": {"url": "data:x"}}),
            json!({"type": "input_image", "image_url": "data:x"}),
        ),
        // LangChain's standard blocks, in both versions.
        (
            json!({"type": "image", "source_type": "base64", "mime_type": "image/jpeg", "data": "AA"}),
            image("data:image/jpeg;base64,AA", "auto"),
        ),
        (
            json!({"type": "image", "source_type": "url", "url": "https://x", "metadata": {"detail": "high"}}),
            image("https://x", "high"),
        ),
        (
            json!({"type": "image", "source_type": "id", "id": "file-1"}),
            json!({"type": "input_image", "file_id": "file-1", "detail": "auto"}),
        ),
        (
            json!({"type": "image", "mimeType": "image/png", "data": "AA"}),
            image("data:image/png;base64,AA", "auto"),
        ),
        (
            json!({"type": "image", "fileId": "file-1"}),
            json!({"type": "input_image", "file_id": "file-1", "detail": "auto"}),
        ),
        (
            json!({"type": "file", "source_type": "base64", "mime_type": "application/pdf", "data": "AA",
                "metadata": {"filename": "a.pdf"}}),
            json!({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}),
        ),
        (
            json!({"type": "file", "source_type": "base64", "mime_type": "application/pdf", "data": "AA"}),
            json!({"type": "input_file", "filename": "file.pdf", "file_data": "data:application/pdf;base64,AA"}),
        ),
        (
            json!({"type": "file", "source_type": "url", "url": "https://x/a.pdf"}),
            json!({"type": "input_file", "file_url": "https://x/a.pdf"}),
        ),
        (
            json!({"type": "file", "source_type": "id", "id": "file-1"}),
            json!({"type": "input_file", "file_id": "file-1"}),
        ),
        (
            json!({"type": "file", "source_type": "text", "text": "a"}),
            json!({"type": "input_text", "text": "a"}),
        ),
        (
            json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}}),
            json!({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}),
        ),
        (json!({"type": "text-plain", "text": "a"}), json!({"type": "input_text", "text": "a"})),
        (
            json!({"type": "audio", "source_type": "base64", "mime_type": "audio/mpeg", "data": "AA"}),
            json!({"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}}),
        ),
        // Anthropic's and Google's.
        (
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/webp", "data": "AA"}}),
            image("data:image/webp;base64,AA", "auto"),
        ),
        (
            json!({"type": "document", "title": "b.pdf", "source": {"type": "url", "url": "https://x/b.pdf"}}),
            json!({"type": "input_file", "filename": "b.pdf", "file_url": "https://x/b.pdf"}),
        ),
        (
            json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}),
            json!({"type": "input_text", "text": "a"}),
        ),
        (
            json!({"type": "media", "mimeType": "image/png", "data": "AA"}),
            image("data:image/png;base64,AA", "auto"),
        ),
    ] {
        assert_eq!(user(json!([written])), json!([sent]), "{written}");
    }
    // The wire's own parts, and those that it does not know, are the provider's to judge.
    for part in [
        json!({"type": "input_text", "text": "a"}),
        json!({"type": "input_image", "file_id": "f", "detail": "low"}),
        json!({"type": "input_file", "file_id": "f"}),
        json!({"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}),
        json!({"type": "image", "hologram": true}),
        json!({"type": "brand_new", "x": 1}),
    ] {
        assert_eq!(user(json!([part])), json!([part]));
    }
}

#[test]
fn consent_and_results_of_the_hosts_own_are_items() {
    let consent =
        json!({"type": "mcp_approval_response", "approval_request_id": "mcpr", "approve": true});
    let shell = json!({"type": "local_shell_call_output", "id": "c", "output": "ok"});
    let input =
        ask(json!([{"role": "user", "content": [consent, {"type": "text", "text": "Go"}, shell]}]))
            .input();
    let message = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go"}]});
    assert_eq!(input, json!([consent, shell, message]));
    assert_eq!(ask(json!([{"role": "user", "content": [consent]}])).input(), json!([consent]));
}

#[test]
fn what_the_wire_has_no_form_for_is_an_error() {
    let call = json!({"type": "tool_call", "tool_call": {"id": "a", "name": "f", "args": "{}"}});
    let ask =
        ask(json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [call]}]));
    let error = ask.encoded().unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
    assert!(error.message.starts_with("Message 1 cannot be sent"), "{error}");
}

#[test]
fn tool_choices() {
    let mut ask = ask(json!([]));
    let mut custom = ToolDefinition::new("shout", "Loud", json!({}));
    custom.extras = object(json!({"type": "custom", "format": {"type": "text"}}));
    ask.request.tools = [ToolDefinition::new("weather", "", json!({})), custom].into();
    ask.request.server_tools = [object(json!({"type": "web_search"}))].into();
    assert_eq!(
        ask.body()["tools"][1],
        json!({"name": "shout", "description": "Loud", "type": "custom", "format": {"type": "text"}})
    );
    let mut chosen = |choice: ToolChoice| {
        ask.request.tool_choice = choice;
        ask.body().get("tool_choice").cloned()
    };
    let tool = |name: &str| ToolChoice::Tool(name.to_owned());
    assert_eq!(chosen(ToolChoice::Auto), None);
    assert_eq!(chosen(ToolChoice::None), Some(json!("none")));
    assert_eq!(chosen(ToolChoice::Required), Some(json!("required")));
    assert_eq!(chosen(tool("weather")), Some(json!({"type": "function", "name": "weather"})));
    assert_eq!(chosen(tool("shout")), Some(json!({"type": "custom", "name": "shout"})));
    assert_eq!(chosen(tool("web_search")), Some(json!({"type": "web_search"})));
}

#[test]
fn without_tools_nothing_is_said_about_them() {
    let mut ask = ask(json!([]));
    ask.parameters = object(json!({"tool_choice": "auto", "parallel_tool_calls": true}));
    ask.request.tool_choice = ToolChoice::None;
    assert_eq!(ask.body(), json!({"model": "m", "input": []}));
    ask.request.tool_choice = ToolChoice::Auto;
    ask.request.server_tools = [object(json!({"type": "web_search"}))].into();
    assert_eq!(ask.body()["tool_choice"], "auto");
    assert_eq!(ask.body()["parallel_tool_calls"], true);
}

#[test]
fn a_structured_answer_is_the_format_of_the_text() {
    let mut ask = ask(json!([]));
    ask.request.output = Some(OutputSchema {
        name: "answer".to_owned(),
        description: Some("What".to_owned()),
        schema: json!({"type": "object"}),
        strict: true,
    });
    let format = json!({"type": "json_schema", "name": "answer", "schema": {"type": "object"},
        "strict": true, "description": "What"});
    assert_eq!(ask.body()["text"], json!({"format": format}));
    // The host's own form of the text is joined with it, wherever it stands; its own format wins.
    ask.parameters = object(json!({"text": {"verbosity": "low"}}));
    assert_eq!(ask.body()["text"], json!({"format": format, "verbosity": "low"}));
    ask.extra_body = object(json!({"text": {"verbosity": "high"}}));
    assert_eq!(ask.body()["text"], json!({"format": format, "verbosity": "high"}));
    ask.extra_body = object(json!({"text": {"format": {"type": "text"}}}));
    assert_eq!(ask.body()["text"], json!({"format": {"type": "text"}}));
}

#[test]
fn reasoning_that_nobody_keeps_comes_sealed() {
    let sealed = json!(["reasoning.encrypted_content"]);
    let mut ask = ask(json!([]));
    let mut include = |model: &'static str, parameters: Value| {
        (ask.model, ask.parameters) = (model, object(parameters));
        ask.body().get("include").cloned()
    };
    assert_eq!(include("gpt-5", json!({})), None);
    assert_eq!(include("gpt-4o", json!({"store": false})), None);
    assert_eq!(include("gpt-5", json!({"store": false})), Some(sealed.clone()));
    assert_eq!(include("grok", json!({"store": false, "reasoning": {}})), Some(sealed.clone()));
    assert_eq!(include("o3", json!({"store": false, "include": sealed})), Some(sealed.clone()));
    assert_eq!(
        include("o3", json!({"store": false, "include": ["x"]})),
        Some(json!(["x", "reasoning.encrypted_content"]))
    );
    assert_eq!(include("o3", json!({"include": ["x"]})), Some(json!(["x"])));
    ask.extra_body = object(json!({"store": false, "include": ["y"]}));
    assert_eq!(ask.body()["include"], json!(["y"]));
}

#[test]
fn the_hosts_fields_win_and_no_key_comes_twice() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.stream = true;
    ask.parameters = object(json!({"model": "p", "a": 1}));
    ask.extra_body = object(json!({"input": [], "model": "e", "a": 2, "stream": true}));
    assert_eq!(ask.text(), r#"{"input":[],"model":"e","a":2,"stream":true}"#);
}

#[test]
fn every_provider_of_the_wire_has_a_dialect() {
    let speakers = Provider::ALL.iter().filter(|provider| match ResponsesDialect::of(**provider) {
        Some(dialect) => dialect.provider == **provider,
        None => false,
    });
    assert_eq!(
        speakers.copied().collect::<Vec<_>>(),
        [Provider::OpenAi, Provider::AzureOpenAi, Provider::OpenRouter, Provider::Xai]
    );
}

//! Conversations become chat-completions requests.

use std::sync::Arc;

use moss_llm::wire::WireRequest;
use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChatEncoder};
use moss_llm::{ModelError, ModelErrorKind, ModelRequest, ToolChoice};
use moss_protocol::{JsonObject, Message, Provider, ToolDefinition};
use serde_json::{Value, json};

pub struct Ask {
    pub dialect: ChatDialect,
    pub model: &'static str,
    pub request: ModelRequest,
    pub stream: bool,
    pub parameters: JsonObject,
    pub extra_body: JsonObject,
}

/// A request with these messages, which are written as hosts write them.
pub fn ask(messages: Value) -> Ask {
    let messages = Message::list_from_json(messages.as_array().unwrap().clone()).unwrap();
    let messages = messages.into_iter().map(Arc::new).collect();
    Ask {
        dialect: ChatDialect::OPENAI,
        model: "m",
        request: ModelRequest { messages, ..ModelRequest::default() },
        stream: false,
        parameters: JsonObject::new(),
        extra_body: JsonObject::new(),
    }
}

impl Ask {
    fn text(&self) -> String {
        String::from_utf8(self.encode().unwrap()).unwrap()
    }

    pub fn encode(&self) -> Result<Vec<u8>, ModelError> {
        OpenAiChatEncoder::new(self.dialect).encode(&WireRequest {
            model: self.model,
            request: &self.request,
            stream: self.stream,
            stream_usage: true,
            parameters: &self.parameters,
            extra_body: &self.extra_body,
        })
    }

    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    pub fn messages(&self) -> Value {
        self.body()["messages"].take()
    }
}

pub fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

pub fn weather() -> Arc<[ToolDefinition]> {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    [ToolDefinition::new("weather", "Tells it", schema), ToolDefinition::new("bare", "", json!({}))]
        .into()
}

#[test]
fn the_smallest_request() {
    let ask = ask(json!([{"role": "user", "content": "Hi"}]));
    assert_eq!(ask.text(), r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#);
}

#[test]
fn a_whole_request_in_its_order() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.request.tools = weather();
    ask.request.tool_choice = ToolChoice::Required;
    ask.stream = true;
    ask.parameters = object(json!({"temperature": 0.5, "max_tokens": 9, "tool_choice": "none"}));
    ask.extra_body = object(json!({"max_tokens": 10, "top_k": 1}));
    assert_eq!(
        ask.text(),
        concat!(
            r#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"#,
            r#""tools":[{"type":"function","function":{"name":"weather","description":"Tells it","#,
            r#""parameters":{"type":"object","properties":{"city":{"type":"string"}}}}},"#,
            r#"{"type":"function","function":{"name":"bare","parameters":{}}}],"#,
            r#""tool_choice":"required","stream":true,"stream_options":{"include_usage":true},"#,
            r#""temperature":0.5,"max_tokens":10,"top_k":1}"#
        )
    );
}

#[test]
fn a_conversation_with_tools() {
    let messages = json!([
        {"role": "system", "content": "Be brief"},
        {"role": "user", "name": "Ada B", "content": [
            {"type": "text", "text": "Look", "cache_control": {"type": "ephemeral"}},
            {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
            {"type": "image_url", "image_url": "https://x"},
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}},
        ]},
        {"role": "assistant", "content": "", "name": "helper", "id": "msg_1", "tool_calls": [
            {"id": "a", "name": "weather", "args": {"city": "Köln", "n": 1.5}, "type": "tool_call"},
        ], "invalid_tool_calls": [{"id": "b", "name": "f", "args": "{oops", "error": "no JSON"}]},
        {"role": "tool", "tool_call_id": "a", "name": "weather", "content": "Rain", "artifact": 1,
            "status": "success"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "content": "Take one"},
    ]);
    assert_eq!(
        ask(messages).messages(),
        json!([
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "Look", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
                {"type": "image_url", "image_url": "https://x"},
                {"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}},
            ], "name": "Ada_B"},
            {"role": "assistant", "name": "helper", "content": null, "tool_calls": [
                {"id": "a", "type": "function",
                    "function": {"name": "weather", "arguments": "{\"city\":\"Köln\",\"n\":1.5}"}},
                {"id": "b", "type": "function",
                    "function": {"name": "f", "arguments": "{\"unreadable_arguments\":\"{oops\"}"}},
            ]},
            {"role": "tool", "tool_call_id": "a", "name": "weather", "content": "Rain"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "x"}]},
            {"role": "assistant", "content": "Take one"},
        ])
    );
}

#[test]
fn an_assistants_parts() {
    let content = |content: Value, calls: Value| {
        let result = json!({"role": "tool", "tool_call_id": "a", "content": "x"});
        let message = json!({"role": "assistant", "content": content, "tool_calls": calls});
        ask(json!([message, result])).messages()[0]["content"].take()
    };
    let call = json!([{"id": "a", "name": "f", "args": {}}]);
    let think = json!({"type": "think", "think": "Hm"});
    let one = json!([think, {"type": "text", "text": "So", "index": 1, "tool_call_ids": ["a"]}]);
    assert_eq!(content(one, json!([])), json!("So"));
    let two = json!([
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "tool_use", "id": "a"},
        {"type": "tool_call", "tool_call": {"id": "a", "name": "f", "args": "{}"}},
        {"type": "text", "text": "b", "citations": []},
    ]);
    assert_eq!(
        content(two, call.clone()),
        json!([
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "b"},
        ])
    );
    assert_eq!(content(json!([think]), call), Value::Null);
    assert_eq!(content(json!([think]), json!([])), json!(""));
    let refusal =
        ask(json!([{"role": "assistant", "content": "", "additional_kwargs": {"refusal": "No"}}]));
    assert_eq!(refusal.messages(), json!([{"role": "assistant", "content": "", "refusal": "No"}]));
}

#[test]
fn what_the_wire_has_no_form_for_is_an_error() {
    let call = json!({"type": "tool_call", "tool_call": {"id": "a", "name": "f", "args": "{}"}});
    for (message, words) in [
        (json!({"role": "assistant", "content": [call]}), "tool call `a`"),
        (json!({"role": "user", "content": [call]}), "tool call `a`"),
        (json!({"role": "user", "content": [{"type": "think", "think": "Hm"}]}), "`think`"),
    ] {
        let ask = ask(json!([{"role": "user", "content": "Hi"}, message]));
        let error = ask.encode().unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
        assert!(error.message.starts_with("Message 1 "), "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn reasoning_goes_back_as_the_dialect_wants_it() {
    let details = json!([{"type": "reasoning.encrypted", "data": "…"}]);
    let messages = json!([
        {"role": "assistant", "content": "A", "additional_kwargs": {"reasoning_content": "first"}},
        {"role": "assistant", "content": [{"type": "think", "think": "sec"}, {"type": "think", "think": "ond"}],
            "tool_calls": [{"id": "a", "name": "f", "args": {}}]},
        {"role": "tool", "tool_call_id": "a", "content": "x"},
        {"role": "assistant", "content": "B",
            "additional_kwargs": {"reasoning": "third", "reasoning_details": details}},
    ]);
    let sent = |dialect: ChatDialect| {
        let sent = Ask { dialect, ..ask(messages.clone()) }.messages();
        let field = |message: &Value| {
            ["reasoning_content", "reasoning_details"].map(|field| message[field].clone())
        };
        [0, 1, 3].map(|position| field(&sent[position]))
    };
    let none = || [Value::Null, Value::Null];
    assert_eq!(sent(ChatDialect::OPENAI), [none(), none(), none()]);
    assert_eq!(sent(ChatDialect::MISTRAL), [none(), none(), none()]);
    assert_eq!(sent(ChatDialect::DEEPSEEK), [none(), [json!("second"), Value::Null], none()]);
    assert_eq!(
        sent(ChatDialect::MOONSHOT),
        ["first", "second", "third"].map(|text| [json!(text), Value::Null])
    );
    assert_eq!(sent(ChatDialect::OPENROUTER), [none(), none(), [Value::Null, details]]);
}

#[test]
fn dialects_differ_where_they_must() {
    let mut ask = ask(
        json!([{"role": "system", "content": "s"}, {"role": "user", "content": "u", "name": "n"}]),
    );
    ask.request.tools = weather();
    ask.request.tool_choice = ToolChoice::Required;
    ask.stream = true;
    ask.dialect = ChatDialect::MISTRAL;
    let body = ask.body();
    assert_eq!(body["tool_choice"], "any");
    assert_eq!(body.get("stream_options"), None);
    assert_eq!(body["messages"][1].get("name"), None);

    ask.dialect = ChatDialect::OPENAI;
    for (model, role, field) in [
        ("gpt-4o", "system", "max_tokens"),
        ("o3-mini", "developer", "max_completion_tokens"),
        ("gpt-5-nano", "developer", "max_completion_tokens"),
        ("gpt-5-chat-latest", "system", "max_tokens"),
        ("openchat", "system", "max_tokens"),
    ] {
        ask.model = model;
        assert_eq!(ask.body()["messages"][0]["role"], role, "{model}");
        assert_eq!(ask.dialect.max_tokens_field(model), field, "{model}");
    }
    ask.dialect = ChatDialect::OPENROUTER;
    ask.model = "o3-mini";
    assert_eq!(ask.body()["messages"][0]["role"], "system");
    assert_eq!(ask.dialect.max_tokens_field("o3"), "max_tokens");
}

#[test]
fn tool_choices() {
    let mut ask = ask(json!([]));
    ask.request.tools = weather();
    let mut chosen = |choice: ToolChoice| {
        ask.request.tool_choice = choice;
        ask.body().get("tool_choice").cloned()
    };
    assert_eq!(chosen(ToolChoice::Auto), None);
    assert_eq!(chosen(ToolChoice::None), Some(json!("none")));
    assert_eq!(
        chosen(ToolChoice::Tool("weather".to_owned())),
        Some(json!({"type": "function", "function": {"name": "weather"}}))
    );
}

#[test]
fn without_tools_nothing_is_said_about_them() {
    let mut ask = ask(json!([]));
    ask.parameters = object(json!({"tool_choice": "auto", "parallel_tool_calls": true}));
    ask.request.tool_choice = ToolChoice::None;
    assert_eq!(ask.body(), json!({"model": "m", "messages": []}));
    ask.request.tool_choice = ToolChoice::Auto;
    ask.request.tools = weather();
    assert_eq!(ask.body()["tool_choice"], "auto");
    assert_eq!(ask.body()["parallel_tool_calls"], true);
}

#[test]
fn the_hosts_fields_win_and_no_key_comes_twice() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.stream = true;
    ask.parameters = object(json!({"model": "p", "stream_options": {"x": 1}, "a": 1}));
    ask.extra_body = object(json!({"messages": [], "model": "e", "a": 2, "stream": true}));
    let text = ask.text();
    assert_eq!(text, r#"{"stream_options":{"x":1},"messages":[],"model":"e","a":2,"stream":true}"#);
}

#[test]
fn every_provider_of_the_wire_has_a_dialect() {
    for provider in Provider::ALL {
        if let Some(dialect) = ChatDialect::of(*provider) {
            assert_eq!(dialect.provider, *provider);
        }
    }
    assert_eq!(ChatDialect::of(Provider::Anthropic), None);
}

//! Conversations become requests of the Messages protocol.

use std::sync::Arc;

use moss_llm::wire::anthropic::{Anthropic, AnthropicDialect, CacheTtl};
use moss_llm::wire::{Wire, WireRequest};
use moss_llm::{ModelErrorKind, ModelRequest, OutputSchema, ToolChoice};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

struct Ask {
    wire: Anthropic,
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
        wire: Anthropic::new(AnthropicDialect::ANTHROPIC),
        model: "claude-sonnet-4-5",
        request: ModelRequest { messages, ..ModelRequest::default() },
        stream: false,
        parameters: object(json!({"max_tokens": 9})),
        extra_body: JsonObject::new(),
    }
}

impl Ask {
    fn wire_request(&self) -> WireRequest<'_> {
        WireRequest {
            model: self.model,
            request: &self.request,
            stream: self.stream,
            stream_usage: true,
            parameters: &self.parameters,
            extra_body: &self.extra_body,
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.wire.encode(&self.wire_request()).unwrap()).unwrap()
    }

    fn body(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    fn messages(&self) -> Value {
        self.body()["messages"].take()
    }

    fn betas(&self) -> Option<String> {
        let headers = self.wire.headers(&self.wire_request());
        headers.get("anthropic-beta").map(|value| value.to_str().unwrap().to_owned())
    }

    fn problem(&self) -> String {
        let error = self.wire.encode(&self.wire_request()).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
        error.message
    }
}

/// The content of the last message.
fn last(messages: Value) -> Value {
    ask(messages).messages().as_array().unwrap().last().unwrap()["content"].clone()
}

/// The content of a user's message with this part.
fn sent(part: Value) -> Value {
    last(json!([{"role": "user", "content": [part]}]))[0].take()
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn weather() -> Arc<[ToolDefinition]> {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    [ToolDefinition::new("weather", "Tells it", schema)].into()
}

/// A user's question, an assistant's message and the answers to its calls.
fn round(assistant: Value, answers: &[Value]) -> Value {
    let mut messages = vec![json!({"role": "user", "content": "Hi"}), assistant];
    messages.extend(answers.iter().cloned());
    Value::Array(messages)
}

fn answer(id: &str, content: &str) -> Value {
    json!({"type": "tool", "tool_call_id": id, "content": content})
}

#[test]
fn the_smallest_request() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.parameters = JsonObject::new();
    assert_eq!(
        ask.text(),
        r#"{"model":"claude-sonnet-4-5","max_tokens":64000,"messages":[{"role":"user","content":"Hi"}]}"#
    );
}

#[test]
fn a_whole_request_in_its_order() {
    let mut ask = ask(json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]));
    ask.request.tools = weather();
    ask.request.server_tools =
        [object(json!({"type": "web_search_20250305", "name": "web_search"}))].into();
    ask.request.tool_choice = ToolChoice::Required;
    ask.stream = true;
    ask.parameters = object(
        json!({"temperature": 0.5, "max_tokens": 9, "tool_choice": {"type": "none", "disable_parallel_tool_use": true}}),
    );
    ask.extra_body = object(json!({"max_tokens": 10, "metadata": {"user_id": "u"}}));
    assert_eq!(
        ask.text(),
        concat!(
            r#"{"model":"claude-sonnet-4-5","system":"Be brief.","messages":[{"role":"user","content":"Hi"}],"#,
            r#""tools":[{"name":"weather","description":"Tells it","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}},"#,
            r#"{"type":"web_search_20250305","name":"web_search"}],"#,
            r#""tool_choice":{"type":"any","disable_parallel_tool_use":true},"stream":true,"temperature":0.5,"#,
            r#""max_tokens":10,"metadata":{"user_id":"u"}}"#,
        )
    );
}

#[test]
fn a_model_has_its_own_limit_of_tokens() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.parameters = JsonObject::new();
    for (model, tokens) in [
        ("claude-3-haiku-20240307", 4096),
        ("claude-3-opus-latest", 4096),
        ("claude-3-5-haiku-20241022", 8192),
        ("claude-3-7-sonnet-latest", 8192),
        ("claude-opus-4-20250514", 32_000),
        ("claude-opus-4-1@20250805", 32_000),
        ("claude-sonnet-4-20250514", 64_000),
        ("anthropic/claude-opus-4.6", 64_000),
        ("claude-mythos-preview", 64_000),
        ("claude-x", 4096),
        ("local-model", 4096),
    ] {
        ask.model = model;
        assert_eq!(ask.body()["max_tokens"], tokens, "{model}");
    }
}

#[test]
fn vertex_is_told_the_version_and_not_the_model() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.wire = Anthropic::new(AnthropicDialect::VERTEX);
    ask.stream = true;
    assert_eq!(
        ask.text(),
        r#"{"anthropic_version":"vertex-2023-10-16","messages":[{"role":"user","content":"Hi"}],"stream":true,"max_tokens":9}"#
    );
}

#[test]
fn an_explicit_choice_of_tools_wins() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.parameters = object(json!({"tool_choice": {"type": "any"}}));
    assert_eq!(ask.body().get("tool_choice"), None, "there is nothing to choose");
    ask.request.tools = weather();
    for (choice, expected) in [
        (ToolChoice::Auto, json!({"type": "any"})),
        (ToolChoice::None, json!({"type": "none"})),
        (ToolChoice::Required, json!({"type": "any"})),
        (ToolChoice::Tool("weather".to_owned()), json!({"type": "tool", "name": "weather"})),
    ] {
        ask.request.tool_choice = choice;
        assert_eq!(ask.body()["tool_choice"], expected);
    }
    ask.parameters = JsonObject::new();
    ask.request.tool_choice = ToolChoice::Auto;
    assert_eq!(ask.body().get("tool_choice"), None);
}

#[test]
fn tools_take_what_else_the_provider_knows() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    let mut tool = ToolDefinition::new("late", "", json!({"type": "object"}));
    tool.extras = object(json!({"defer_loading": true}));
    let mut strict = ToolDefinition::new("strict", "", json!({"type": "object"}));
    strict.extras = object(json!({"strict": true, "eager_input_streaming": true}));
    ask.request.tools = [tool, strict].into();
    assert_eq!(
        ask.body()["tools"],
        json!([
            {"name": "strict", "input_schema": {"type": "object"}, "strict": true, "eager_input_streaming": true},
            {"name": "late", "input_schema": {"type": "object"}, "defer_loading": true},
        ]),
        "what is loaded later stands last"
    );
}

#[test]
fn instructions_stand_apart() {
    let ask = ask(json!([
        {"role": "system", "content": [{"type": "text", "text": "One", "cache_control": {"type": "ephemeral"}}]},
        {"role": "system", "content": "Two"},
        {"role": "user", "content": "Hi"},
    ]));
    assert_eq!(
        ask.body()["system"],
        json!([
            {"type": "text", "text": "One", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Two"},
        ])
    );
}

#[test]
fn later_instructions_stay_in_place_where_the_model_takes_them() {
    let messages = json!([
        {"role": "system", "content": "One"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
        {"role": "system", "content": "Two"},
        {"role": "user", "content": "And?"},
    ]);
    let mut ask = ask(messages);
    ask.model = "claude-opus-4-8";
    assert_eq!(
        ask.messages(),
        json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Ho"},
            {"role": "system", "content": "Two"},
            {"role": "user", "content": "And?"},
        ])
    );
    ask.model = "claude-opus-4-7";
    assert_eq!(ask.body()["system"], "One");
    let roles = ask.messages();
    let roles: Vec<&Value> = roles.as_array().unwrap().iter().map(|it| &it["role"]).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
}

#[test]
fn calls_and_results() {
    let messages = round(
        json!({"type": "ai", "content": "Let me see.", "tool_calls": [
            {"id": "toolu_1", "name": "f", "args": {"a": 1}},
            {"id": "call|2", "name": "g", "args": {}},
        ]}),
        &[
            json!({"type": "tool", "tool_call_id": "toolu_1", "content": "fine"}),
            json!({"type": "tool", "tool_call_id": "call|2", "content": [{"type": "text", "text": "no"}], "status": "error"}),
            json!({"role": "user", "content": "And now?"}),
        ],
    );
    let messages = ask(messages).messages();
    let foreign = messages[1]["content"][2]["id"].as_str().unwrap().to_owned();
    assert!(foreign.starts_with("call_2_") && foreign.len() <= 64, "{foreign}");
    assert_eq!(
        messages,
        json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": foreign, "name": "g", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "fine"},
                {"type": "tool_result", "tool_use_id": foreign, "content": [{"type": "text", "text": "no"}], "is_error": true},
                {"type": "text", "text": "And now?"},
            ]},
        ])
    );
}

#[test]
fn results_take_parts() {
    let call =
        json!({"type": "ai", "content": "", "tool_calls": [{"id": "t", "name": "f", "args": {}}]});
    let result = |message: Value| {
        let messages = ask(round(call.clone(), &[message])).messages();
        messages[2]["content"][0].clone()
    };
    let data = "data:image/png;base64,AAAA";
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    assert_eq!(
        result(json!({"type": "tool", "tool_call_id": "t", "content": [
            {"type": "text", "text": " "},
            {"type": "image_url", "image_url": {"url": data}, "cache_control": {"type": "ephemeral"}},
        ]})),
        json!({"type": "tool_result", "tool_use_id": "t", "content": [image], "cache_control": {"type": "ephemeral"}}),
        "the mark stands on the result"
    );
    assert_eq!(
        result(json!({"type": "tool", "tool_call_id": "t", "content": "Seen",
            "artifact": {"content": [{"type": "image_url", "image_url": {"url": data}}]}})),
        json!({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "Seen"}, image]})
    );
    assert_eq!(
        result(json!({"type": "tool", "tool_call_id": "t", "content": ""})),
        json!({"type": "tool_result", "tool_use_id": "t"})
    );
    assert_eq!(
        result(json!({"type": "tool", "tool_call_id": "t", "content": [
            {"type": "tool_result", "tool_use_id": "x", "content": "own", "is_error": true},
        ]})),
        json!({"type": "tool_result", "tool_use_id": "t", "content": "own", "is_error": true})
    );
}

#[test]
fn thinking_goes_back_as_it_came() {
    let assistant = json!({
        "type": "ai",
        "content": [
            {"index": 0, "type": "thinking", "thinking": "hm", "signature": "sig"},
            {"index": 1, "type": "redacted_thinking", "data": "abc"},
            {"index": 2, "type": "thinking", "signature": "empty"},
            {"index": 3, "type": "text", "text": "See.", "citations": [{"type": "page_location"}]},
            {"index": 4, "type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "direct"}},
        ],
        "tool_calls": [{"id": "t", "name": "f", "args": {"a": 1}}],
    });
    assert_eq!(
        ask(round(assistant, &[answer("t", "x")])).messages()[1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "abc"},
            {"type": "thinking", "thinking": "", "signature": "empty"},
            {"type": "text", "text": "See.", "citations": [{"type": "page_location"}]},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}},
        ])
    );
}

#[test]
fn what_only_others_understand_is_not_sent() {
    let assistant = json!({
        "type": "ai",
        "content": [
            {"type": "think", "think": "no"},
            {"type": "thinking", "thinking": "Google's, unsigned"},
            {"type": "reasoning", "reasoning": "no", "signature": "other"},
            {"type": "reasoning_content", "reasoningText": {"text": "no", "signature": "s"}},
            {"type": "toolCall", "toolCall": {}},
            {"type": "functionCall", "functionCall": {"name": "f", "args": {}}},
            {"type": "input_json_delta", "input": "{", "index": 1},
            {"type": "text", "text": "Yes."},
        ],
        "additional_kwargs": {"reasoning_content": "no"},
    });
    let messages = round(assistant, &[json!({"role": "user", "content": "And?"})]);
    assert_eq!(ask(messages).messages()[1]["content"], json!([{"type": "text", "text": "Yes."}]));
}

#[test]
fn the_providers_own_blocks_go_back_at_their_places() {
    let blocks = json!([
        {"type": "text", "text": "I search."},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "mcp_tool_use", "id": "m", "name": "echo", "server_name": "s", "input": {}},
        {"type": "mcp_tool_result", "tool_use_id": "m", "is_error": false, "content": []},
        {"type": "container_upload", "file_id": "f"},
        {"type": "compaction", "content": "So far"},
        {"type": "brand_new", "of": "Claude"},
        {"type": "text", "text": "Found."},
    ]);
    let mut streamed = blocks.clone();
    for (index, block) in streamed.as_array_mut().unwrap().iter_mut().enumerate() {
        block["index"] = json!(index);
    }
    let assistant = json!({
        "type": "ai", "content": streamed, "response_metadata": {"model_provider": "anthropic"},
    });
    let messages = round(assistant, &[json!({"role": "user", "content": "And?"})]);
    assert_eq!(ask(messages).messages()[1]["content"], blocks);
}

#[test]
fn inputs_are_objects() {
    let assistant = json!({
        "type": "ai",
        "content": [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": "{\"query\":\"x\"}"},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
            {"type": "tool_use", "id": "t", "name": "f", "input": "{\"cut"},
        ],
        "invalid_tool_calls": [{"id": "t", "name": "f", "args": "{\"cut", "error": "EOF"}],
    });
    let content = ask(round(assistant, &[answer("t", "No.")])).messages()[1]["content"].clone();
    assert_eq!(content[0]["input"], json!({"query": "x"}));
    assert_eq!(content[2], json!({"type": "tool_use", "id": "t", "name": "f", "input": {}}));
}

#[test]
fn results_name_the_set_of_their_tool() {
    let assistant = json!({
        "type": "ai",
        "content": [{"type": "tool_use", "id": "t", "name": "click", "toolset_name": "computer", "input": {}}],
        "tool_calls": [{"id": "t", "name": "click", "args": {}}],
    });
    assert_eq!(
        ask(round(assistant, &[answer("t", "done")])).messages()[2]["content"][0],
        json!({"type": "tool_result", "tool_use_id": "t", "content": "done", "toolset_name": "computer"})
    );
}

#[test]
fn images_in_all_forms_of_hosts() {
    let base64 = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    for part in [
        json!({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}),
        json!({"type": "image", "source_type": "base64", "mime_type": "image/png", "data": "AAAA"}),
        json!({"type": "image", "mimeType": "image/png", "data": "AAAA"}),
        json!({"type": "file", "source_type": "base64", "mime_type": "image/png", "data": "AAAA"}),
        base64.clone(),
    ] {
        assert_eq!(sent(part), base64);
    }
    let url = json!({"type": "image", "source": {"type": "url", "url": "https://a/b.png"}});
    for part in [
        json!({"type": "image_url", "image_url": {"url": "https://a/b.png"}}),
        json!({"type": "image", "source_type": "url", "url": "https://a/b.png"}),
        json!({"type": "image", "url": "https://a/b.png"}),
    ] {
        assert_eq!(sent(part), url);
    }
    let file = json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}, "cache_control": {"type": "ephemeral"}});
    let part = json!({"type": "image", "source_type": "id", "id": "file_1", "cache_control": {"type": "ephemeral"}});
    assert_eq!(sent(part), file);
}

#[test]
fn documents_in_all_forms_of_hosts() {
    let document = |source: Value| json!({"type": "document", "source": source});
    let pdf = document(json!({"type": "base64", "media_type": "application/pdf", "data": "JVBE"}));
    for part in [
        json!({"type": "file", "source_type": "base64", "mime_type": "application/pdf", "data": "JVBE"}),
        json!({"type": "file", "source_type": "base64", "data": "JVBE"}),
        json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}}),
        pdf.clone(),
    ] {
        assert_eq!(sent(part), pdf);
    }
    for (part, source) in [
        (
            json!({"type": "file", "source_type": "url", "url": "https://a/b.pdf"}),
            json!({"type": "url", "url": "https://a/b.pdf"}),
        ),
        (
            json!({"type": "file", "source_type": "id", "id": "file_1"}),
            json!({"type": "file", "file_id": "file_1"}),
        ),
        (
            json!({"type": "file", "file": {"file_id": "file_1"}}),
            json!({"type": "file", "file_id": "file_1"}),
        ),
        (
            json!({"type": "file", "source_type": "text", "text": "Words"}),
            json!({"type": "text", "media_type": "text/plain", "data": "Words"}),
        ),
        (
            json!({"type": "text-plain", "text": "Words"}),
            json!({"type": "text", "media_type": "text/plain", "data": "Words"}),
        ),
    ] {
        assert_eq!(sent(part), document(source));
    }
    let mut titled = pdf.clone();
    for (name, value) in
        [("title", json!("T")), ("context", json!("C")), ("citations", json!({"enabled": true}))]
    {
        titled[name] = value;
    }
    assert_eq!(sent(titled.clone()), titled);
    let metadata = json!({"title": "T", "context": "C", "citations": {"enabled": true}});
    assert_eq!(
        sent(
            json!({"type": "file", "source_type": "base64", "data": "JVBE", "metadata": metadata})
        ),
        titled
    );
    let content =
        document(json!({"type": "content", "content": [{"type": "text", "text": "chunk"}]}));
    assert_eq!(sent(content.clone()), content);
    let search = json!({"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "x"}]});
    assert_eq!(sent(search.clone()), search);
}

#[test]
fn what_has_no_form_is_told() {
    for (part, why) in [
        (
            json!({"type": "image_url", "image_url": "ftp://a"}),
            "it has a URL that is neither `http`, `https` nor `data`",
        ),
        (
            json!({"type": "image_url", "image_url": "data:image/png,AA"}),
            "it has a data URL that is not base64",
        ),
        (
            json!({"type": "image", "source_type": "base64"}),
            "it has a file without data, URL or id",
        ),
        (
            json!({"type": "audio", "source_type": "base64", "data": "AA"}),
            "it has a part `audio`, and Claude takes none",
        ),
        (
            json!({"type": "think", "think": "x"}),
            "it has a `think` part, and is not an assistant's",
        ),
        (
            json!({"type": "file", "source_type": "base64", "mime_type": "application/zip", "data": "AA"}),
            "it has a file of type `application/zip`, and Claude takes PDF, images and text. Send the file's text",
        ),
    ] {
        let problem = ask(json!([{"role": "user", "content": [part]}])).problem();
        assert_eq!(problem, format!("Message 0 cannot be sent: {why}"));
    }
    let assistant =
        json!({"type": "ai", "content": [{"type": "tool_call", "tool_call": {"id": "x"}}]});
    assert!(ask(round(assistant, &[])).problem().contains("has the tool call `x`"));
}

#[test]
fn a_prefill_goes_only_to_models_that_take_it() {
    let messages = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "I say: \n"},
    ]);
    let mut ask = ask(messages);
    assert_eq!(ask.messages()[1], json!({"role": "assistant", "content": "I say:"}));
    for model in ["claude-sonnet-4-6", "claude-opus-4-7", "claude-sonnet-5-5"] {
        ask.model = model;
        assert_eq!(ask.messages(), json!([{"role": "user", "content": "Hi"}]), "{model}");
    }
}

#[test]
fn a_paused_turn_is_gone_on_with() {
    let paused = json!([
        {"type": "text", "text": "I search."},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
    ]);
    let mut ask = ask(round(
        json!({"type": "ai", "content": paused, "additional_kwargs": {"stop_reason": "pause_turn"}}),
        &[],
    ));
    ask.model = "claude-opus-4-7";
    assert_eq!(ask.messages()[1], json!({"role": "assistant", "content": paused}));
}

#[test]
fn thinking_does_not_begin_amid_a_turn() {
    let foreign =
        json!({"type": "ai", "content": "", "tool_calls": [{"id": "t", "name": "f", "args": {}}]});
    let mut ask = ask(round(foreign, &[answer("t", "x")]));
    ask.parameters =
        object(json!({"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 1024}}));
    assert_eq!(ask.body().get("thinking"), None);
    ask.parameters = object(json!({"max_tokens": 4000, "thinking": {"type": "adaptive"}}));
    assert_eq!(ask.body()["thinking"], json!({"type": "adaptive"}));
    let own = json!({"type": "ai", "content": [{"type": "thinking", "thinking": "", "signature": "s"}],
        "tool_calls": [{"id": "t", "name": "f", "args": {}}]});
    let thinking = json!({"type": "enabled", "budget_tokens": 1024});
    let mut ask = self::ask(round(own, &[answer("t", "x")]));
    ask.parameters = object(json!({"max_tokens": 4000, "thinking": thinking}));
    assert_eq!(ask.body()["thinking"], thinking);
}

#[test]
fn a_structured_answer_has_a_closed_schema() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    ask.request.output = Some(OutputSchema {
        name: "person".to_owned(),
        description: None,
        schema: json!({"type": "object", "properties": {"pets": {"type": "array", "items": {"type": "object", "properties": {}}}}}),
        strict: true,
    });
    ask.parameters.insert("output_config".to_owned(), json!({"effort": "low"}));
    assert_eq!(
        ask.body()["output_config"],
        json!({"effort": "low", "format": {"type": "json_schema", "schema": {
            "type": "object", "properties": {"pets": {"type": "array", "items":
                {"type": "object", "properties": {}, "additionalProperties": false}}},
            "additionalProperties": false,
        }}})
    );
    ask.extra_body = object(json!({"output_config": {"format": null}}));
    assert_eq!(ask.body()["output_config"], json!({"format": null}));
}

#[test]
fn the_cache_is_marked_at_three_places() {
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": [{"type": "text", "text": "Three"}, {"type": "text", "text": "Four"}]},
    ]);
    let mut ask = ask(messages);
    let mut late = ToolDefinition::new("late", "", json!({}));
    late.extras = object(json!({"defer_loading": true}));
    ask.request.tools = [late, ToolDefinition::new("f", "", json!({}))].into();
    ask.wire.prompt_cache = Some(CacheTtl::OneHour);
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    assert_eq!(
        ask.body(),
        json!({
            "model": "claude-sonnet-4-5", "max_tokens": 9,
            "system": [{"type": "text", "text": "Be brief.", "cache_control": mark}],
            "messages": [
                {"role": "user", "content": "One"},
                {"role": "assistant", "content": "Two"},
                {"role": "user", "content": [{"type": "text", "text": "Three"}, {"type": "text", "text": "Four", "cache_control": mark}]},
            ],
            "tools": [
                {"name": "f", "input_schema": {}, "cache_control": mark},
                {"name": "late", "input_schema": {}, "defer_loading": true},
            ],
        })
    );
    ask.wire.prompt_cache = Some(CacheTtl::FiveMinutes);
    assert_eq!(ask.body()["system"][0]["cache_control"], json!({"type": "ephemeral"}));
}

#[test]
fn the_hosts_own_marks_count() {
    let short = json!({"type": "ephemeral"});
    let mut ask = ask(json!([
        {"role": "system", "content": [{"type": "text", "text": "A", "cache_control": short}, {"type": "text", "text": "B"}]},
        {"role": "user", "content": "Hi"},
    ]));
    ask.wire.prompt_cache = Some(CacheTtl::OneHour);
    let body = ask.body();
    assert_eq!(
        body["system"][1].get("cache_control"),
        None,
        "none is added beside one of the host's"
    );
    assert_eq!(
        body["messages"][0]["content"],
        json!([{"type": "text", "text": "Hi", "cache_control": short}]),
        "an hour may not follow five minutes"
    );
    // The provider marks the end itself.
    ask.parameters = object(json!({"max_tokens": 9, "cache_control": short}));
    assert_eq!(ask.messages(), json!([{"role": "user", "content": "Hi"}]));
}

#[test]
fn thinking_is_never_marked() {
    let paused = json!({"type": "ai", "content": [
        {"type": "text", "text": "So"},
        {"type": "thinking", "thinking": "", "signature": "s"},
    ]});
    let mut ask = ask(round(paused, &[]));
    ask.wire.prompt_cache = Some(CacheTtl::OneHour);
    assert_eq!(
        ask.messages()[1]["content"],
        json!([
            {"type": "text", "text": "So", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "thinking", "thinking": "", "signature": "s"},
        ])
    );
}

#[test]
fn beta_features_follow_from_the_request() {
    let mut ask = ask(json!([{"role": "user", "content": "Hi"}]));
    assert_eq!(ask.betas(), None);
    ask.wire.betas = vec!["own-2025".to_owned(), "web-fetch-2025-09-10".to_owned()];
    let tool = |kind: &str| object(json!({"type": kind, "name": "x"}));
    ask.request.server_tools = [
        tool("web_search_20250305"),
        tool("web_fetch_20250910"),
        tool("computer_20251124"),
        tool("memory_20250818"),
    ]
    .into();
    ask.parameters = object(json!({
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}, {"type": "compact_20260112"}]},
        "mcp_servers": [{"type": "url", "url": "https://a", "name": "s"}],
        "output_config": {"task_budget": {"type": "tokens", "total": 20_000}},
        "container": {"skills": [{"type": "anthropic", "skill_id": "pptx"}]},
        "speed": "fast",
    }));
    assert_eq!(
        ask.betas().unwrap(),
        "own-2025,web-fetch-2025-09-10,computer-use-2025-11-24,context-management-2025-06-27,mcp-client-2025-04-04,\
         compact-2026-01-12,task-budgets-2026-03-13,fast-mode-2026-02-01,skills-2025-10-02"
    );
    let file = json!([{"role": "user", "content": [{"type": "file", "source_type": "id", "id": "file_1"}]}]);
    assert_eq!(self::ask(file).betas().unwrap(), "files-api-2025-04-14");
}

//! Answers of the Messages protocol become events.

use moss_llm::wire::anthropic::{Anthropic, AnthropicDecoder, AnthropicDialect};
use moss_llm::wire::{Frame, Wire, WireDecoder};
use moss_llm::{
    FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ReasoningForm, ResponseInfo,
};
use moss_protocol::{InputTokenDetails, JsonObject, OutputTokenDetails, ToolCallChunk, Usage};
use proptest::prelude::*;
use serde_json::{Value, json};

fn decoder() -> AnthropicDecoder {
    AnthropicDecoder::new(AnthropicDialect::ANTHROPIC)
}

/// The events of each frame; none for a frame that says nothing.
fn frames(frames: &[Value]) -> Vec<Vec<ModelEvent>> {
    let mut decoder = decoder();
    let decode = |frame: &Value| decoder.decode_frame(frame.to_string().as_bytes()).unwrap();
    frames.iter().map(decode).map(|chunk| chunk.unwrap_or_default().events).collect()
}

/// The events of each piece of a block, with its beginning first and its end last.
fn block(begin: Value, deltas: &[Value]) -> Vec<Vec<ModelEvent>> {
    let mut all = vec![json!({"type": "content_block_start", "index": 3, "content_block": begin})];
    all.extend(
        deltas
            .iter()
            .map(|delta| json!({"type": "content_block_delta", "index": 3, "delta": delta})),
    );
    all.push(json!({"type": "content_block_stop", "index": 3}));
    frames(&all)
}

fn whole(body: &Value) -> Vec<ModelEvent> {
    decoder().decode_response(body.to_string().as_bytes()).unwrap().events
}

fn error(frame: &str) -> ModelError {
    decoder().decode_frame(frame.as_bytes()).unwrap_err()
}

fn text(text: &str, index: Option<u32>) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index }
}

fn thinking(text: &str, index: u32) -> ModelEvent {
    let form = ReasoningForm::Thinking;
    ModelEvent::Reasoning { text: text.to_owned(), form, index: Some(index), details: None }
}

fn part(index: u32, part: Value) -> ModelEvent {
    ModelEvent::Part { index: Some(index), part: object(part) }
}

fn kwarg(name: &str, value: Value) -> ModelEvent {
    ModelEvent::Kwarg { name: name.to_owned(), value }
}

fn extra(path: &str, value: Value) -> ModelEvent {
    ModelEvent::Extra { path: path.to_owned(), value }
}

fn finished(reason: FinishReason, raw: &str) -> ModelEvent {
    ModelEvent::Finished { reason, raw: raw.to_owned() }
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, args: &str) -> ModelEvent {
    ModelEvent::ToolCall(ToolCallChunk {
        index: Some(index),
        id: id.map(Into::into),
        name: name.map(Into::into),
        args: Some(args.to_owned()),
        ..ToolCallChunk::default()
    })
}

fn started(id: &str, model: &str) -> ModelEvent {
    ModelEvent::Started(ResponseInfo {
        id: Some(id.to_owned()),
        model: Some(model.to_owned()),
        extra: object(json!({"model_provider": "anthropic"})),
        ..ResponseInfo::default()
    })
}

/// Counts without anything special, as LangChain's client shows them.
fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input_tokens: input,
        output_tokens: output,
        total_tokens: input + output,
        input_token_details: InputTokenDetails {
            cache_read: Some(0),
            cache_creation: Some(0),
            ..InputTokenDetails::default()
        },
        output_token_details: OutputTokenDetails::default(),
    }
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn message_start() -> Value {
    json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 12, "output_tokens": 1},
    }})
}

#[test]
fn a_stream_of_thinking_and_text() {
    let seen = frames(&[
        message_start(),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hmm"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "sig"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi \"you\""}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]);
    assert_eq!(
        seen,
        [
            vec![
                started("msg_1", "claude-x"),
                kwarg("id", json!("msg_1")),
                kwarg("type", json!("message")),
                kwarg("role", json!("assistant")),
                kwarg("model", json!("claude-x")),
                kwarg("stop_reason", Value::Null),
                kwarg("stop_sequence", Value::Null),
                ModelEvent::Usage(usage(12, 1)),
            ],
            vec![],
            vec![],
            vec![thinking("hmm", 0)],
            vec![part(0, json!({"type": "thinking", "signature": "sig"}))],
            vec![],
            vec![],
            vec![text("Hi \"you\"", Some(1))],
            vec![],
            vec![
                kwarg("stop_reason", json!("end_turn")),
                kwarg("stop_sequence", Value::Null),
                finished(FinishReason::Stop, "end_turn"),
                ModelEvent::Usage(usage(12, 9)),
            ],
            vec![],
        ]
    );
}

#[test]
fn a_tool_call_in_pieces() {
    let begin = json!({"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}, "caller": {"type": "direct"}});
    let delta = |piece: &str| json!({"type": "input_json_delta", "partial_json": piece});
    assert_eq!(
        block(begin, &[delta(""), delta("{\"city\":"), delta("\"Oslo\"}")]),
        [
            vec![call(3, Some("toolu_1"), Some("weather"), "")],
            vec![call(3, None, None, "")],
            vec![call(3, None, None, "{\"city\":")],
            vec![call(3, None, None, "\"Oslo\"}")],
            vec![part(
                3,
                json!({
                    "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"},
                    "caller": {"type": "direct"},
                })
            )],
        ]
    );
}

#[test]
fn a_tool_call_whole_at_its_beginning() {
    let begin = json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}});
    assert_eq!(
        block(begin.clone(), &[]),
        [
            vec![call(3, Some("t"), Some("f"), "")],
            vec![call(3, None, None, "{\"a\":1}"), part(3, begin)]
        ]
    );
}

#[test]
fn a_server_may_leave_the_empty_input_out() {
    let begin = json!({"type": "tool_use", "id": "t", "name": "f"});
    let piece = json!({"type": "input_json_delta", "partial_json": "{\"a\":1}"});
    for (pieces, input) in [(vec![piece], json!({"a": 1})), (vec![], json!({}))] {
        let seen = block(begin.clone(), &pieces);
        assert_eq!(seen[0], [call(3, Some("t"), Some("f"), "")]);
        let told = json!({"type": "tool_use", "id": "t", "name": "f", "input": input});
        assert_eq!(seen.last().unwrap(), &[part(3, told)]);
    }
}

#[test]
fn arguments_that_are_no_json_stay_as_they_are() {
    // Eager streaming gives what a limit of tokens cut off.
    let begin = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
    let seen = block(begin, &[json!({"type": "input_json_delta", "partial_json": "{\"a\":"})]);
    assert_eq!(
        seen[2],
        [part(3, json!({"type": "tool_use", "id": "t", "name": "f", "input": "{\"a\":"}))]
    );
}

#[test]
fn a_server_that_ends_no_blocks_still_has_them_told() {
    let seen = frames(&[
        message_start(),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}),
    ]);
    assert_eq!(
        seen[3],
        [
            part(0, json!({"type": "tool_use", "id": "t", "name": "f", "input": {}})),
            kwarg("stop_reason", json!("tool_use")),
            finished(FinishReason::ToolCalls, "tool_use"),
        ]
    );
}

#[test]
fn the_providers_tools_and_their_results_are_parts() {
    for begin in [
        json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}),
        json!({"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "echo", "server_name": "s", "input": {}}),
        json!({"type": "brand_new_use", "input": {}}),
    ] {
        let mut whole = begin.clone();
        whole["input"] = json!({"query": "x"});
        let delta = json!({"type": "input_json_delta", "partial_json": "{\"query\":\"x\"}"});
        assert_eq!(block(begin, &[delta]), [vec![], vec![], vec![part(3, whole)]]);
    }
    for result in [
        json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "e", "page_age": null}]}),
        json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}}),
        json!({"type": "web_fetch_tool_result", "tool_use_id": "s", "content": {"type": "web_fetch_result", "url": "u"}}),
        json!({"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"type": "code_execution_result", "stdout": "", "return_code": 0, "content": []}}),
        json!({"type": "bash_code_execution_tool_result", "tool_use_id": "s", "content": {"stdout": "x"}}),
        json!({"type": "text_editor_code_execution_tool_result", "tool_use_id": "s", "content": {}}),
        json!({"type": "tool_search_tool_result", "tool_use_id": "s", "content": {"tool_references": [{"type": "tool_reference", "tool_name": "f"}]}}),
        json!({"type": "mcp_tool_result", "tool_use_id": "m", "is_error": false, "content": [{"type": "text", "text": "x"}]}),
        json!({"type": "container_upload", "file_id": "file_1"}),
        json!({"type": "redacted_thinking", "data": "abc"}),
        json!({"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}}),
        json!({"type": "mcp_tool_listing", "mcp_server_name": "s", "tools": []}),
        json!({"type": "brand_new", "deep": {"er": [1]}}),
    ] {
        assert_eq!(block(result.clone(), &[]), [vec![part(3, result)], vec![]]);
    }
}

#[test]
fn citations_belong_to_their_text() {
    let citation = json!({"type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "c", "encrypted_index": "e"});
    let seen = block(
        json!({"type": "text", "text": "", "citations": []}),
        &[
            json!({"type": "citations_delta", "citation": citation}),
            json!({"type": "text_delta", "text": "Said."}),
        ],
    );
    assert_eq!(
        seen,
        [
            vec![],
            vec![part(3, json!({"type": "text", "citations": [citation]}))],
            vec![text("Said.", Some(3))],
            vec![],
        ]
    );
}

#[test]
fn a_compaction_comes_in_one_piece() {
    let begin = json!({"type": "compaction", "content": null});
    let delta = json!({"type": "compaction_delta", "content": "Summary", "encrypted_content": "e"});
    assert_eq!(
        block(begin.clone(), &[delta]),
        [
            vec![part(3, begin)],
            vec![part(
                3,
                json!({"type": "compaction", "content": "Summary", "encrypted_content": "e"})
            )],
            vec![],
        ]
    );
}

#[test]
fn what_is_new_is_kept() {
    let seen = block(
        json!({"type": "text", "text": "a", "mood": "glad"}),
        &[
            json!({"type": "thinking_delta", "thinking": "x", "estimated_tokens": 50}),
            json!({"type": "text_delta", "text": "b", "logprob": -0.5}),
            json!({"type": "sound_delta", "text": "la", "pitch": 3}),
            json!({"text": "typeless"}),
        ],
    );
    assert_eq!(
        seen,
        [
            vec![text("a", Some(3)), part(3, json!({"type": "text", "mood": "glad"}))],
            vec![thinking("x", 3), extra("content.3.delta.estimated_tokens", json!(50))],
            vec![text("b", Some(3)), extra("content.3.delta.logprob", json!(-0.5))],
            vec![extra(
                "content.3.delta",
                json!({"type": "sound_delta", "text": "la", "pitch": 3})
            )],
            vec![extra("content.3.delta", json!({"text": "typeless"}))],
            vec![],
        ]
    );
    let seen = frames(&[
        json!({"type": "ping", "cost": 0}),
        json!({"type": "weather_report", "index": 1, "sun": true}),
        json!({"type": "message_delta", "delta": {}, "context_management": {"applied_edits": []}}),
        json!({"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 1}}),
    ]);
    assert_eq!(
        seen,
        [
            vec![extra("ping.cost", json!(0))],
            vec![extra("weather_report", json!({"index": 1, "sun": true}))],
            vec![extra("context_management", json!({"applied_edits": []}))],
            vec![extra(
                "message_stop.amazon-bedrock-invocationMetrics",
                json!({"inputTokenCount": 1})
            )],
        ]
    );
}

#[test]
fn members_may_stand_in_any_order() {
    let piece =
        r#"{"delta":{"text":"a","type":"text_delta"},"index":2,"type":"content_block_delta"}"#;
    let seen = decoder().decode_frame(piece.as_bytes()).unwrap().unwrap().events;
    assert_eq!(seen, [text("a", Some(2))]);
    let piece =
        r#"{"type":"content_block_delta","delta":{"text":"a","type":"text_delta"},"index":2}"#;
    let seen = decoder().decode_frame(piece.as_bytes()).unwrap().unwrap().events;
    assert_eq!(seen, [text("a", Some(2))]);
}

#[test]
fn each_stop_reason_has_its_meaning() {
    for (raw, reason) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("tool_use", FinishReason::ToolCalls),
        ("pause_turn", FinishReason::Paused),
        ("compaction", FinishReason::Paused),
        ("refusal", FinishReason::Refusal),
        ("brand_new", FinishReason::Other),
    ] {
        let details = json!({"type": "refusal", "category": "cyber", "explanation": "No."});
        let seen = frames(&[json!({"type": "message_delta", "delta": {
            "stop_reason": raw, "stop_sequence": "x", "stop_details": details,
            "container": {"id": "c", "expires_at": "z"},
        }})]);
        assert_eq!(
            seen[0],
            [
                kwarg("stop_reason", json!(raw)),
                kwarg("stop_sequence", json!("x")),
                kwarg("stop_details", details),
                kwarg("container", json!({"id": "c", "expires_at": "z"})),
                finished(reason, raw),
            ]
        );
    }
}

#[test]
fn usage_is_the_providers() {
    let mut start = message_start();
    start["message"]["usage"] = json!({
        "input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "service_tier": "priority", "inference_geo": "eu",
    });
    let end = json!({"type": "message_delta", "delta": {}, "usage": {
        "input_tokens": 10, "output_tokens": 40, "cache_read_input_tokens": 200,
        "cache_creation_input_tokens": 0, "output_tokens_details": {"thinking_tokens": 25},
        "server_tool_use": {"web_search_requests": 2}, "service_tier": "priority",
        "iterations": [{"type": "message", "input_tokens": 1}], "speed": null,
    }});
    let seen = frames(&[start, end]);
    let mut counts = usage(240, 1);
    counts.input_token_details = InputTokenDetails {
        cache_read: Some(200),
        cache_creation: Some(30),
        ephemeral_5m_input_tokens: Some(10),
        ephemeral_1h_input_tokens: Some(20),
        ..InputTokenDetails::default()
    };
    assert_eq!(
        seen[0][7..],
        [
            ModelEvent::Usage(counts.clone()),
            extra("usage.service_tier", json!("priority")),
            extra("usage.inference_geo", json!("eu")),
        ]
    );
    counts.output_tokens = 40;
    counts.total_tokens = 280;
    counts.output_token_details.reasoning = Some(25);
    assert_eq!(
        seen[1],
        [
            ModelEvent::Usage(counts),
            extra("usage.server_tool_use", json!({"web_search_requests": 2})),
            extra("usage.iterations", json!([{"type": "message", "input_tokens": 1}])),
        ]
    );
}

#[test]
fn a_whole_answer() {
    let seen = whole(&json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "", "signature": "sig"},
            {"type": "text", "text": "Let me see."},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 2},
    }));
    assert_eq!(
        seen,
        [
            started("msg_1", "claude-x"),
            part(0, json!({"type": "thinking", "signature": "sig"})),
            text("Let me see.", Some(1)),
            call(2, Some("t"), Some("f"), ""),
            part(2, json!({"type": "tool_use", "id": "t", "name": "f", "input": {}})),
            kwarg("id", json!("msg_1")),
            kwarg("type", json!("message")),
            kwarg("role", json!("assistant")),
            kwarg("model", json!("claude-x")),
            kwarg("stop_reason", json!("tool_use")),
            kwarg("stop_sequence", Value::Null),
            finished(FinishReason::ToolCalls, "tool_use"),
            ModelEvent::Usage(usage(1, 2)),
        ]
    );
}

#[test]
fn a_text_alone_is_the_content_of_a_whole_answer() {
    let body = |content: Value| json!({"id": "m", "model": "c", "content": content});
    let said = |content: Value| whole(&body(content)).remove(1);
    assert_eq!(said(json!([{"type": "text", "text": "Hi", "citations": null}])), text("Hi", None));
    assert_eq!(
        said(json!([{"type": "text", "text": "Hi", "citations": [{"type": "page_location"}]}])),
        text("Hi", Some(0))
    );
}

#[test]
fn an_answer_that_can_only_be_text_has_no_blocks() {
    let begin = |index: u32, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let said = |index: u32, text: &str| json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}});
    let seen: Vec<ModelEvent> = {
        let mut decoder = AnthropicDecoder::of_text(AnthropicDialect::ANTHROPIC);
        let events = [
            begin(0, json!({"type": "text", "text": "a"})),
            said(0, "b"),
            begin(1, json!({"type": "redacted_thinking", "data": "x"})),
            begin(2, json!({"type": "text", "text": ""})),
            said(2, "c"),
        ];
        let decode = |event: &Value| decoder.decode_frame(event.to_string().as_bytes()).unwrap();
        events.iter().filter_map(decode).flat_map(|chunk| chunk.events).collect()
    };
    assert_eq!(
        seen,
        [
            text("a", None),
            text("b", None),
            part(1, json!({"type": "redacted_thinking", "data": "x"})),
            text("c", Some(2)),
        ]
    );
}

#[test]
fn errors_are_the_providers() {
    for (kind, expected) in [
        ("overloaded_error", ModelErrorKind::Overloaded),
        ("api_error", ModelErrorKind::Overloaded),
        ("rate_limit_error", ModelErrorKind::RateLimit),
        ("invalid_request_error", ModelErrorKind::InvalidRequest),
        ("authentication_error", ModelErrorKind::Auth),
        ("permission_error", ModelErrorKind::Auth),
        ("billing_error", ModelErrorKind::Quota),
        ("not_found_error", ModelErrorKind::InvalidRequest),
    ] {
        let body = json!({"type": "error", "error": {"type": kind, "message": "Words"}, "request_id": "req_1"});
        let streamed = error(&body.to_string());
        let by_name = decoder()
            .decode(Frame { kind: "error", data: body.to_string().as_bytes() })
            .unwrap_err();
        let whole = decoder().decode_response(body.to_string().as_bytes()).unwrap_err();
        for error in [streamed, by_name, whole] {
            assert_eq!(error.kind, expected, "{kind}");
            assert_eq!(error.message, "Words");
            assert_eq!(error.provider_code.as_deref(), Some(kind));
        }
    }
    let headers = reqwest::header::HeaderMap::new();
    let wire = Anthropic::new(AnthropicDialect::ANTHROPIC);
    let body = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let error = wire.error(529, &headers, body, moss_protocol::Provider::Anthropic);
    assert_eq!(error.kind, ModelErrorKind::Overloaded);
    assert_eq!(error.to_string(), "529 Overloaded");
    let body = br#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#;
    let error = wire.error(400, &headers, body, moss_protocol::Provider::Anthropic);
    assert_eq!(error.kind, ModelErrorKind::ContextOverflow);
}

#[test]
fn what_is_no_event_is_told() {
    for (frame, why) in [
        ("{", "EOF"),
        ("[]", "invalid type"),
        ("{}", "it has no `type`"),
        (r#"{"type":"message_start"}"#, "`message_start` has no `message`"),
        (r#"{"type":"content_block_start","index":0}"#, "has no `content_block`"),
        (r#"{"type":"content_block_start","content_block":{}}"#, "the block has no `index`"),
        (r#"{"type":"content_block_delta","index":0}"#, "has no `delta`"),
        (
            r#"{"type":"content_block_delta","index":-1,"delta":{"type":"text_delta","text":"a"}}"#,
            "invalid value",
        ),
        (
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{"}}"#,
            "belongs to no block",
        ),
        (
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":7}}"#,
            "invalid type",
        ),
    ] {
        let error = error(frame);
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{frame}");
        assert!(error.message.contains(why), "{frame}: {}", error.message);
    }
    for body in ["{}", r#"{"id":"m"}"#, "", "<html>"] {
        let error = decoder().decode_response(body.as_bytes()).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{body}");
    }
}

#[test]
fn an_answer_that_stops_amid_is_truncated() {
    let mut empty = decoder();
    assert_eq!(empty.finish().unwrap_err().kind, ModelErrorKind::Truncated);
    let mut cut = decoder();
    cut.decode_frame(message_start().to_string().as_bytes()).unwrap();
    assert_eq!(cut.finish().unwrap_err().kind, ModelErrorKind::Truncated);
    // A stop reason is enough: some servers say no more.
    cut.decode_frame(br#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#).unwrap();
    assert!(!cut.is_done());
    cut.finish().unwrap();
    cut.decode_frame(br#"{"type":"message_stop"}"#).unwrap();
    assert!(cut.is_done());
}

#[test]
fn halves_of_characters_are_mended() {
    let piece = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\ud83d"}}"#;
    let seen = decoder().decode_frame(piece.as_bytes()).unwrap().unwrap().events;
    assert_eq!(seen, [text("a\u{FFFD}", Some(0))]);
}

#[test]
fn a_flood_of_open_blocks_is_refused() {
    let mut decoder = decoder();
    let mut refused = None;
    for index in 0..100_000 {
        let begin = json!({"type": "content_block_start", "index": index, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}});
        if let Err(error) = decoder.decode_frame(begin.to_string().as_bytes()) {
            refused = Some((index, error.kind));
            break;
        }
    }
    assert_eq!(refused, Some((256, ModelErrorKind::Protocol)));
}

/// A stream with everything in it, as bytes.
fn rich_stream() -> String {
    let mut events = vec![message_start()];
    let blocks = [
        (
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            vec![
                json!({"type": "thinking_delta", "thinking": "hm \u{1F600}"}),
                json!({"type": "signature_delta", "signature": "c2ln"}),
            ],
        ),
        (
            json!({"type": "text", "text": ""}),
            vec![
                json!({"type": "text_delta", "text": "Say \"hi\"\n"}),
                json!({"type": "citations_delta", "citation": {"type": "char_location", "cited_text": "q"}}),
            ],
        ),
        (
            json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}),
            vec![json!({"type": "input_json_delta", "partial_json": "{\"query\": \"x\"}"})],
        ),
        (
            json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}),
            vec![],
        ),
        (
            json!({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}),
            vec![
                json!({"type": "input_json_delta", "partial_json": "{\"a\":"}),
                json!({"type": "input_json_delta", "partial_json": " [1, 2]}"}),
            ],
        ),
    ];
    for (index, (begin, deltas)) in blocks.into_iter().enumerate() {
        events.push(json!({"type": "content_block_start", "index": index, "content_block": begin}));
        events.extend(
            deltas.into_iter().map(
                |delta| json!({"type": "content_block_delta", "index": index, "delta": delta}),
            ),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 9}}));
    events.push(json!({"type": "message_stop"}));
    sse(&events)
}

fn sse(events: &[Value]) -> String {
    let frame = |event: &Value| {
        format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("message"))
    };
    events.iter().map(frame).collect()
}

/// The chunks of a stream that comes in pieces, and whether it was whole.
fn decode<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<ModelChunk>, Result<(), ModelError>) {
    let wire = Anthropic::new(AnthropicDialect::ANTHROPIC);
    let (mut frames, mut decoder) = (wire.framing().decoder(), wire.decoder());
    let mut chunks = Vec::new();
    for piece in pieces {
        frames.push(piece);
        while let Some(piece) = frames.next_frame().unwrap() {
            match decoder.decode(piece.frame) {
                Ok(chunk) => chunks.extend(chunk),
                Err(error) => return (chunks, Err(error)),
            }
            if decoder.is_done() {
                return (chunks, decoder.finish());
            }
        }
    }
    (chunks, decoder.finish())
}

/// The inputs of calls that an answer reports as whole. Each is what its pieces say, joined.
fn whole_calls(chunks: &[ModelChunk]) -> Vec<Value> {
    let mut args = std::collections::BTreeMap::<u32, String>::new();
    let mut inputs = Vec::new();
    for event in chunks.iter().flat_map(|chunk| &chunk.events) {
        match event {
            ModelEvent::ToolCall(piece) => {
                let args = args.entry(piece.index.unwrap()).or_default();
                if piece.id.is_some() || piece.name.is_some() {
                    args.clear();
                }
                args.push_str(piece.args.as_deref().unwrap_or_default());
            }
            ModelEvent::Part { index: Some(index), part }
                if part.get("type").is_some_and(|kind| kind == "tool_use") =>
            {
                let Some(input @ Value::Object(_)) = part.get("input") else { continue };
                let said = args.get(index).filter(|args| !args.is_empty());
                let said = said.map_or(json!({}), |args| serde_json::from_str(args).unwrap());
                assert_eq!(*input, said);
                inputs.push(input.clone());
            }
            _ => {}
        }
    }
    inputs
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_events(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let stream = rich_stream();
        let bytes = stream.as_bytes();
        let whole = decode([bytes]);
        prop_assert!(whole.1.is_ok());
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut start = 0;
        for place in places {
            pieces.push(&bytes[start..place]);
            start = place;
        }
        pieces.push(&bytes[start..]);
        prop_assert_eq!(decode(pieces).0, whole.0);
    }

    #[test]
    fn a_cut_stream_is_never_taken_for_a_whole_one(cut in any::<prop::sample::Index>()) {
        let stream = rich_stream();
        let end = stream.find("event: message_delta").unwrap();
        let (_, result) = decode([&stream.as_bytes()[..cut.index(end)]]);
        prop_assert_eq!(result.unwrap_err().kind, ModelErrorKind::Truncated);
    }

    #[test]
    fn damage_never_panics_and_never_makes_half_a_call(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut bytes = rich_stream().into_bytes();
        for (place, byte, how) in changes {
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => { bytes.remove(place); }
                _ => bytes.insert(place, byte),
            }
        }
        let (chunks, result) = decode([&bytes[..]]);
        if let Err(error) = &result {
            prop_assert!(error.message.chars().count() < 2_500);
        }
        whole_calls(&chunks);
        let again = decode([&bytes[..]]);
        prop_assert_eq!(again.0, chunks);
    }

    #[test]
    fn lost_and_repeated_frames_never_panic(
        order in prop::collection::vec(0..24_usize, 0..40),
    ) {
        let stream = rich_stream();
        let frames: Vec<&str> = stream.split_inclusive("\n\n").collect();
        let shuffled: String = order.iter().map(|at| frames[at % frames.len()]).collect();
        let (chunks, result) = decode([shuffled.as_bytes()]);
        let told = shuffled.contains("\"stop_reason\":\"tool_use\"") || shuffled.contains("event: message_stop");
        if result.is_ok() {
            prop_assert!(told, "an end of nothing");
        }
        // Arguments of which pieces were lost are no object, or the tool's parser would be fooled.
        for input in whole_calls(&chunks) {
            prop_assert!(input == json!({"a": [1, 2]}) || input == json!({}), "{}", input);
        }
    }

    #[test]
    fn any_text_comes_through(said in "\\PC*|[\\x00-\\x7f\u{2028}\u{1F600}\"\\\\]*") {
        for (kind, name) in [("text_delta", "text"), ("thinking_delta", "thinking")] {
            let frame = json!({"type": "content_block_delta", "index": 0, "delta": {"type": kind, name: said}});
            let seen = frames(&[frame]).remove(0);
            let expected = if name == "text" { text(&said, Some(0)) } else { thinking(&said, 0) };
            if said.is_empty() {
                prop_assert_eq!(seen, []);
            } else {
                prop_assert_eq!(seen, [expected]);
            }
        }
    }
}

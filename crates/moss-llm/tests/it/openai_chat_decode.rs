//! Chat-completions answers become events.

use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChatDecoder};
use moss_llm::wire::{Frame, WireDecoder};
use moss_llm::{FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ResponseInfo};
use moss_protocol::{
    InputTokenDetails, OutputTokenDetails, Provider, ReasoningKey, ToolCallChunk, Usage,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn decoder() -> OpenAiChatDecoder {
    OpenAiChatDecoder::new(ChatDialect::OPENAI)
}

/// The events of each frame.
fn frames(frames: &[Value]) -> Vec<Vec<ModelEvent>> {
    let mut decoder = decoder();
    let decode = |frame: &Value| decoder.decode_frame(frame.to_string().as_bytes());
    frames.iter().map(decode).map(|chunk| chunk.unwrap().unwrap().events).collect()
}

/// The events of a frame with this delta, after the answer has begun.
fn delta(delta: Value) -> Vec<ModelEvent> {
    let start = json!({"id": "x", "choices": []});
    frames(&[start, json!({"choices": [{"index": 0, "delta": delta}]})]).remove(1)
}

fn whole(body: &Value) -> Vec<ModelEvent> {
    decoder().decode_response(body.to_string().as_bytes()).unwrap().events
}

fn error(frame: &str) -> ModelError {
    decoder().decode_frame(frame.as_bytes()).unwrap_err()
}

fn text(text: &str) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index: None }
}

fn reasoning(text: &str, key: ReasoningKey) -> ModelEvent {
    ModelEvent::Reasoning { text: text.to_owned(), form: key.into(), index: None, details: None }
}

fn extra(path: &str, value: Value) -> ModelEvent {
    ModelEvent::Extra { path: path.to_owned(), value }
}

fn finished(reason: FinishReason, raw: &str) -> ModelEvent {
    ModelEvent::Finished { reason, raw: raw.to_owned() }
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, args: Option<&str>) -> ModelEvent {
    ModelEvent::ToolCall(ToolCallChunk {
        index: Some(index),
        id: id.map(Into::into),
        name: name.map(Into::into),
        args: args.map(Into::into),
        ..ToolCallChunk::default()
    })
}

fn object(value: Value) -> moss_protocol::JsonObject {
    value.as_object().unwrap().clone()
}

#[test]
fn a_stream_of_text() {
    let envelope = |choices: Value| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "gpt-x",
            "service_tier": "default", "system_fingerprint": null, "choices": choices,
            "obfuscation": "abc"})
    };
    let said = |delta: Value, finish: Value| {
        envelope(json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]))
    };
    let mut usage = envelope(json!([]));
    usage["usage"] = json!({"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18});
    let seen = frames(&[
        said(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null),
        said(json!({"content": "Hel"}), Value::Null),
        said(json!({"content": "lo \"you\"\n"}), Value::Null),
        said(json!({}), json!("stop")),
        usage,
    ]);
    let info = ResponseInfo {
        id: Some("chatcmpl-1".to_owned()),
        model: Some("gpt-x".to_owned()),
        extra: object(
            json!({"object": "chat.completion.chunk", "created": 7, "service_tier": "default"}),
        ),
        ..ResponseInfo::default()
    };
    let tokens = Usage { input_tokens: 11, output_tokens: 7, total_tokens: 18, ..Usage::default() };
    assert_eq!(
        seen,
        [
            vec![ModelEvent::Started(info)],
            vec![text("Hel")],
            vec![text("lo \"you\"\n")],
            vec![finished(FinishReason::Stop, "stop")],
            vec![ModelEvent::Usage(tokens.clone())],
        ]
    );
    // What the Run interface shows for it.
    assert_eq!(
        serde_json::to_string(&tokens).unwrap(),
        r#"{"input_tokens":11,"output_tokens":7,"total_tokens":18,"input_token_details":{},"output_token_details":{}}"#
    );
}

#[test]
fn an_answer_in_one_piece_has_the_documented_order() {
    let seen = whole(&json!({
        "choices": [{
            "finish_reason": "tool_calls",
            "logprobs": {"content": []},
            "message": {
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{\"x\":1}"}},
                ],
                "refusal": "No.", "content": "Well", "reasoning_content": "Hm", "role": "assistant",
                "annotations": [{"type": "url_citation"}],
            },
            "index": 0,
        }],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.5},
        "id": "c1", "model": "m",
    }));
    let info = ResponseInfo {
        id: Some("c1".to_owned()),
        model: Some("m".to_owned()),
        ..ResponseInfo::default()
    };
    let tokens = Usage { input_tokens: 1, output_tokens: 2, total_tokens: 3, ..Usage::default() };
    assert_eq!(
        seen,
        [
            ModelEvent::Started(info),
            reasoning("Hm", ReasoningKey::ReasoningContent),
            text("Well"),
            ModelEvent::Refusal { text: "No.".to_owned() },
            call(0, Some("a"), Some("f"), Some("{}")),
            call(1, Some("b"), Some("g"), Some("{\"x\":1}")),
            finished(FinishReason::ToolCalls, "tool_calls"),
            ModelEvent::Usage(tokens),
            extra("choices.0.message.annotations", json!([{"type": "url_citation"}])),
            extra("choices.0.logprobs", json!({"content": []})),
            extra("usage.cost", json!(0.5)),
        ]
    );
}

#[test]
fn tool_calls_keep_index_and_id() {
    let piece = |call: Value| json!({"id": "x", "choices": [{"delta": {"tool_calls": [call]}}]});
    let seen = frames(&[
        piece(json!({"index": 3, "id": "call_a", "type": "function",
            "function": {"name": "f", "arguments": ""}})),
        piece(json!({"index": 3, "function": {"arguments": "{\"x\""}})),
        // A name and an id that repeat.
        piece(json!({"index": 3, "id": "call_a", "function": {"name": "f", "arguments": ":1}"}})),
        piece(json!({"index": 1, "id": "call_b", "function": {"name": "f", "arguments": "{}"}})),
        // Empty ids say nothing.
        piece(json!({"index": 1, "id": "", "function": {"name": "", "arguments": " "}})),
    ]);
    let calls: Vec<_> = seen.into_iter().map(|mut events| events.pop().unwrap()).collect();
    assert_eq!(
        calls,
        [
            call(3, Some("call_a"), Some("f"), Some("")),
            call(3, None, None, Some("{\"x\"")),
            call(3, Some("call_a"), None, Some(":1}")),
            call(1, Some("call_b"), Some("f"), Some("{}")),
            call(1, None, None, Some(" ")),
        ]
    );
}

#[test]
fn a_missing_index_is_inferred() {
    let piece = |call: Value| json!({"id": "x", "choices": [{"delta": {"tool_calls": [call]}}]});
    let seen = frames(&[
        piece(json!({"id": "a", "function": {"name": "f", "arguments": "{"}})),
        piece(json!({"function": {"arguments": "}"}})),
        piece(json!({"id": "b", "function": {"name": "f", "arguments": "{"}})),
        piece(json!({"id": "b", "function": {"name": "f", "arguments": "}"}})),
        piece(json!({"function": {"name": "f", "arguments": "{}"}})),
        piece(json!({"id": "a", "function": {"arguments": " "}})),
    ]);
    let calls: Vec<_> = seen.into_iter().map(|mut events| events.pop().unwrap()).collect();
    assert_eq!(
        calls,
        [
            call(0, Some("a"), Some("f"), Some("{")),
            call(0, None, None, Some("}")),
            call(1, Some("b"), Some("f"), Some("{")),
            call(1, Some("b"), None, Some("}")),
            call(2, None, Some("f"), Some("{}")),
            call(0, Some("a"), None, Some(" ")),
        ]
    );
}

#[test]
fn arguments_may_be_json_instead_of_text() {
    let seen = delta(json!({"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": [1, "é"]}}},
        {"index": 1, "id": "b", "function": {"name": "g", "arguments": null}},
        {"index": 2, "id": "c", "type": "custom", "custom": {"name": "h"},
            "extra_content": {"signature": "s"}},
    ]}));
    assert_eq!(
        seen,
        [
            call(0, Some("a"), Some("f"), Some("{\"x\":[1,\"é\"]}")),
            call(1, Some("b"), Some("g"), None),
            call(2, Some("c"), None, None),
            extra("choices.0.delta.tool_calls.2.type", json!("custom")),
            extra("choices.0.delta.tool_calls.2.custom", json!({"name": "h"})),
            extra("choices.0.delta.tool_calls.2.extra_content", json!({"signature": "s"})),
        ]
    );
}

#[test]
fn reasoning_keeps_the_providers_name_for_it() {
    assert_eq!(
        delta(json!({"content": null, "reasoning_content": "Hm"})),
        [reasoning("Hm", ReasoningKey::ReasoningContent)]
    );
    assert_eq!(delta(json!({"reasoning": "Hm"})), [reasoning("Hm", ReasoningKey::Reasoning)]);
    assert_eq!(
        delta(json!({"content": "", "reasoning": "", "reasoning_content": null})),
        [],
        "empty reasoning says nothing"
    );
    // Said under both names, it is one thought.
    assert_eq!(
        delta(json!({"reasoning": "Hm", "reasoning_content": "Hm", "content": "So"})),
        [reasoning("Hm", ReasoningKey::ReasoningContent), text("So")]
    );
}

#[test]
fn reasoning_details_stay_as_they_are() {
    let details = json!([{"type": "reasoning.text", "text": "Hm", "signature": null, "index": 0}]);
    assert_eq!(
        delta(json!({"reasoning": "Hm", "reasoning_details": details})),
        [ModelEvent::Reasoning {
            text: "Hm".to_owned(),
            form: ReasoningKey::Reasoning.into(),
            index: None,
            details: Some(details),
        }]
    );
    let sealed = json!([{"type": "reasoning.encrypted", "data": "…"}]);
    assert_eq!(
        delta(json!({"reasoning": null, "reasoning_details": sealed})),
        [ModelEvent::Reasoning {
            text: String::new(),
            form: ReasoningKey::Reasoning.into(),
            index: None,
            details: Some(sealed),
        }]
    );
}

#[test]
fn content_may_be_parts() {
    assert_eq!(
        delta(json!({"content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"},
                {"type": "reference", "reference_ids": [1]}], "closed": true},
            {"type": "text", "text": "So", "annotations": [1]},
            {"type": "image_url", "image_url": "data:"},
            {"type": "thinking", "thinking": "Ah"},
            "plain",
            {"type": "text", "text": ""},
            null,
        ]})),
        [
            reasoning("Hm", ReasoningKey::ReasoningContent),
            text("So"),
            reasoning("Ah", ReasoningKey::ReasoningContent),
            text("plain"),
            extra(
                "choices.0.delta.content.0.thinking.1",
                json!({"type": "reference", "reference_ids": [1]})
            ),
            extra("choices.0.delta.content.0.closed", json!(true)),
            extra("choices.0.delta.content.1.annotations", json!([1])),
            extra("choices.0.delta.content.2", json!({"type": "image_url", "image_url": "data:"})),
        ]
    );
}

#[test]
fn other_choices_and_unknown_fields_are_kept() {
    let second = json!({"index": 1, "delta": {"content": "b"}, "finish_reason": null});
    let seen = frames(&[
        json!({"id": "x", "choices": [second, {"delta": {"content": "a"}, "index": 0}]}),
        json!({"id": "x", "choices": [{"index": 0, "delta": {"audio": {"id": "a"}},
            "native_finish_reason": "STOP", "content_filter_results": {}}]}),
    ]);
    assert_eq!(seen[0][1..], [text("a"), extra("choices.1", second)]);
    assert_eq!(
        seen[1],
        [
            extra("choices.0.delta.audio", json!({"id": "a"})),
            extra("choices.0.native_finish_reason", json!("STOP")),
            extra("choices.0.content_filter_results", json!({})),
        ]
    );
}

#[test]
fn the_envelope_is_told_once_and_when_it_changes() {
    let raw = [
        r#"{"id":"x","model":"m","object":"o","created":1,"choices":[]}"#,
        r#"{"id":"x","model":"m","object":"o","created":1,"choices":[]}"#,
        // Another order and spelling is no change.
        r#"{"choices":[],"object":"\u006f","created": 1,"model":"m","id":"x"}"#,
        r#"{"id":"y","model":"m","object":"o","created":1,"choices":[],"timings":{"ms":3}}"#,
        r#"{"id":"y","created":2,"timings":{"ms":3},"choices":[]}"#,
    ];
    let mut decoder = decoder();
    let seen: Vec<_> = raw
        .iter()
        .map(|raw| decoder.decode_frame(raw.as_bytes()).unwrap().unwrap().events)
        .collect();
    assert!(matches!(seen[0][..], [ModelEvent::Started(_)]));
    assert_eq!(seen[1..3], [vec![], vec![]]);
    assert_eq!(seen[3], [extra("id", json!("y")), extra("timings", json!({"ms": 3}))]);
    assert_eq!(seen[4], [extra("created", json!(2))]);
}

#[test]
fn azures_first_frame_does_not_begin_the_answer() {
    let seen = frames(&[
        json!({"choices": [], "created": 0, "id": "", "model": "", "object": "",
            "prompt_filter_results": [{"prompt_index": 0}]}),
        json!({"choices": [{"index": 0, "delta": {"content": "Hi"}}], "created": 5, "id": "x",
            "model": "gpt", "object": "chat.completion.chunk"}),
    ]);
    let extra = object(json!({"created": 5, "object": "chat.completion.chunk",
        "prompt_filter_results": [{"prompt_index": 0}]}));
    let info = ResponseInfo {
        id: Some("x".to_owned()),
        model: Some("gpt".to_owned()),
        extra,
        ..ResponseInfo::default()
    };
    assert_eq!(seen, [vec![], vec![ModelEvent::Started(info), text("Hi")]]);
}

#[test]
fn usage_details_of_all_dialects() {
    let seen = |usage: Value| {
        frames(&[json!({"id": "x", "choices": []}), json!({"choices": [], "usage": usage})])
            .remove(1)
    };
    let usage = |input, output, total, input_token_details, output_token_details| {
        ModelEvent::Usage(Usage {
            input_tokens: input,
            output_tokens: output,
            total_tokens: total,
            input_token_details,
            output_token_details,
        })
    };
    assert_eq!(
        seen(json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0, "cache_write_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": null,
                "accepted_prediction_tokens": 1}})),
        [
            usage(
                10,
                5,
                15,
                InputTokenDetails {
                    audio: Some(0),
                    cache_read: Some(4),
                    cache_creation: Some(3),
                    ..InputTokenDetails::default()
                },
                OutputTokenDetails { audio: None, reasoning: Some(2) }
            ),
            extra("usage.completion_tokens_details.accepted_prediction_tokens", json!(1)),
        ]
    );
    // DeepSeek, and no total.
    assert_eq!(
        seen(json!({"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 8,
            "prompt_cache_miss_tokens": 2, "prompt_tokens_details": null})),
        [
            usage(
                10,
                5,
                15,
                InputTokenDetails { cache_read: Some(8), ..InputTokenDetails::default() },
                OutputTokenDetails::default()
            ),
            extra("usage.prompt_cache_miss_tokens", json!(2)),
        ]
    );
    // Counts that are none are kept and break nothing.
    assert_eq!(
        seen(json!({"prompt_tokens": -1, "completion_tokens": "five"})),
        [extra("usage.prompt_tokens", json!(-1)), extra("usage.completion_tokens", json!("five"))]
    );
    assert_eq!(seen(json!("free")), [extra("usage", json!("free"))]);
    assert_eq!(seen(Value::Null), []);
}

#[test]
fn groqs_usage_is_told_once() {
    let usage =
        json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "queue_time": 0.5});
    let seen = frames(&[
        json!({"id": "x", "choices": []}),
        json!({"choices": [], "x_groq": {"id": "req", "usage": usage}}),
        json!({"choices": [], "usage": usage}),
    ]);
    let tokens = Usage { input_tokens: 1, output_tokens: 2, total_tokens: 3, ..Usage::default() };
    assert_eq!(
        seen[1..],
        [
            vec![
                ModelEvent::Usage(tokens),
                extra("x_groq.id", json!("req")),
                extra("x_groq.usage.queue_time", json!(0.5)),
            ],
            vec![extra("usage.queue_time", json!(0.5))],
        ]
    );
}

#[test]
fn perplexitys_running_total_is_not_said_twice() {
    let frame = |delta: &str, total: &str| {
        json!({"id": "x", "choices": [{"index": 0, "delta": {"role": "assistant", "content": delta},
            "message": {"role": "assistant", "content": total, "mood": 1}}]})
    };
    let seen = frames(&[frame("Hel", "Hel"), frame("lo", "Hello")]);
    assert_eq!(seen[1], [text("lo"), extra("choices.0.message.mood", json!(1))]);
    // A server that answers a stream in one frame.
    let whole =
        json!({"id": "x", "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]});
    let seen = frames(&[whole]).remove(0);
    assert_eq!(seen[1..], [text("Hello"), finished(FinishReason::Stop, "stop")]);
}

#[test]
fn a_finish_reason_is_told_once() {
    let frame =
        |reason: &str| json!({"id": "x", "choices": [{"delta": {}, "finish_reason": reason}]});
    let seen = frames(&[frame(""), frame("stop"), frame("stop")]);
    assert_eq!(seen[1..], [vec![finished(FinishReason::Stop, "stop")], vec![]]);
    for (raw, reason) in [
        ("length", FinishReason::Length),
        ("model_length", FinishReason::Length),
        ("function_call", FinishReason::ToolCalls),
        ("content_filter", FinishReason::ContentFilter),
        ("insufficient_system_resource", FinishReason::Other),
    ] {
        assert_eq!(frames(&[frame(raw)]).remove(0).pop(), Some(finished(reason, raw)));
    }
}

#[test]
fn an_answer_ends_with_done_or_a_finish_reason() {
    let begun = json!({"id": "x", "choices": [{"delta": {"content": "a"}}]}).to_string();
    let ended = json!({"id": "x", "choices": [{"delta": {}, "finish_reason": "stop"}]}).to_string();
    let finish = |frames: &[&str]| {
        let mut decoder = decoder();
        for frame in frames {
            decoder.decode_frame(frame.as_bytes()).unwrap();
        }
        (decoder.is_done(), decoder.finish().map_err(|error| error.kind))
    };
    assert_eq!(finish(&[&begun, &ended, " [DONE] "]), (true, Ok(())));
    assert_eq!(finish(&[&begun, &ended]), (false, Ok(())));
    assert_eq!(finish(&[&begun, "[DONE]"]), (true, Ok(())));
    assert_eq!(finish(&[&begun, ""]), (false, Err(ModelErrorKind::Truncated)));
    assert_eq!(finish(&["[DONE]"]), (true, Err(ModelErrorKind::Truncated)));
    assert_eq!(finish(&[]), (false, Err(ModelErrorKind::Truncated)));
}

#[test]
fn an_error_in_the_stream_is_the_providers() {
    let openai = error(
        r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#,
    );
    assert_eq!(
        (openai.kind, openai.to_string().as_str(), openai.provider_code.as_deref(), openai.status),
        (ModelErrorKind::Overloaded, "The server had an error", Some("server_error"), None)
    );
    let openrouter = error(
        r#"{"id":"gen-1","error":{"code":429,"message":"Rate limited"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
    );
    assert_eq!(
        (openrouter.kind, openrouter.message.as_str(), openrouter.provider_code.as_deref()),
        (ModelErrorKind::RateLimit, "Rate limited", Some("429"))
    );
    let in_choice = error(
        r#"{"id":"gen-1","choices":[{"index":0,"message":{},"error":{"code":502,"message":"Upstream broke"}}]}"#,
    );
    assert_eq!(in_choice.kind, ModelErrorKind::Overloaded);
    let mistral = error(
        r#"{"object":"error","message":"Prompt contains 9 tokens, too large for model with 8 maximum context length","type":"invalid_request_error","code":"3051"}"#,
    );
    assert_eq!(mistral.kind, ModelErrorKind::ContextOverflow);
    assert_eq!(error(r#"{"detail":"No credits"}"#).message, "No credits");
    let named = WireDecoder::decode(
        &mut decoder(),
        Frame { kind: "error", data: br#"{"message":"Gone wrong"}"# },
    );
    assert_eq!(named.unwrap_err().message, "Gone wrong");
}

#[test]
fn what_is_no_frame_is_a_protocol_error_that_quotes_a_little() {
    let long = format!("{{\"choices\": \"{}\"}}", "x".repeat(10_000));
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let thinking = format!(
        "{{\"choices\":[{{\"delta\":{{\"content\":{}{}}}}}]}}",
        "[{\"type\":\"thinking\",\"thinking\":".repeat(20_000),
        "}]".repeat(20_000)
    );
    for frame in [
        "hello",
        "<!DOCTYPE html><html>\u{7}\r\n</html>",
        "[]",
        "5",
        "\"text\"",
        "{\"choices\": [{\"delta\": {\"content\": 5}}]}",
        "{\"choices\": [{\"delta\": {\"tool_calls\": [{\"index\": -1}]}}]}",
        "{\"choices\": [{\"delta\": {\"tool_calls\": [5]}}]}",
        "{\"choices\": [5]}",
        "{\"choices\": {}}",
        "{\"choices\": [",
        "{} {}",
        "{\"id\": \"\\ud800\\q\"}",
        &long,
        &deep,
        &thinking,
    ] {
        let error = error(frame);
        let start: String = frame.chars().take(20).collect();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{start}");
        assert_eq!(error.provider, Provider::OpenAi);
        assert!(error.message.chars().count() < 450, "{}", error.message);
        assert!(!error.message.contains(char::is_control), "{}", error.message);
    }
    let error = decoder().decode_frame(b"{\"id\": \"\xFF\"}").unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Protocol);
    let error = decoder().decode_response(b"{\"id\": \"x\", \"choices\": []}").unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Protocol);
}

#[test]
fn a_frame_in_error_changes_nothing() {
    let mut decoder = decoder();
    decoder.decode_frame(br#"{"id":"x","choices":[]}"#).unwrap();
    decoder
        .decode_frame(br#"{"id":"y","choices":[{"delta":{"content":"a"},"finish_reason":"stop"}],"#)
        .unwrap_err();
    let chunk = decoder.decode_frame(br#"{"id":"x","choices":[]}"#).unwrap().unwrap();
    assert_eq!(chunk, ModelChunk::default());
    assert_eq!(decoder.finish().unwrap_err().kind, ModelErrorKind::Truncated);
}

#[test]
fn half_characters_are_replaced() {
    let mut decoder = decoder();
    let frame =
        br#"{"id":"x","choices":[{"delta":{"content":"a\ud83d \ude00\ud83d\ude00\\ud83d"}}]}"#;
    let chunk = decoder.decode_frame(frame).unwrap().unwrap();
    assert_eq!(chunk.events[1], text("a\u{fffd} \u{fffd}\u{1f600}\\ud83d"));
}

#[test]
fn of_a_key_given_twice_the_last_counts() {
    let mut decoder = decoder();
    let frame = br#"{"id":"x","choices":[{"delta":{"content":"a","content":"b"}}]}"#;
    let chunk = decoder.decode_frame(frame).unwrap().unwrap();
    assert_eq!(chunk.events[1], text("b"));
}

const DAMAGED: &[&str] = &[
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a\u00e9\n"},"logprobs":null,"finish_reason":null}],"usage":null}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]}}],"x_groq":{"id":"r","usage":{"prompt_tokens":1}}}"#,
    r#"{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}],"reasoning_details":[{"a":1}]},"finish_reason":"stop"},{"index":1}],"usage":{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":2}}}"#,
    r#"{"error":{"message":"m","metadata":{"raw":"{\"error\":\"x\"}"}}}"#,
];

proptest! {
    #[test]
    fn damage_never_panics(
        frame in prop::sample::select(DAMAGED),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut bytes = frame.as_bytes().to_vec();
        for (place, byte, how) in changes {
            let place = place.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 if !bytes.is_empty() => { bytes.remove(place); }
                _ => bytes.insert(place, byte),
            }
        }
        let mut streamed = decoder();
        let first = streamed.decode_frame(&bytes);
        if let Err(error) = &first {
            prop_assert!(error.message.chars().count() < 2_500);
        }
        // The same damage always has the same result.
        prop_assert_eq!(
            first.map_err(|error| error.to_string()),
            decoder().decode_frame(&bytes).map_err(|error| error.to_string())
        );
        let _ = decoder().decode_response(&bytes);
    }

    #[test]
    fn any_text_comes_through(said in "\\PC*|[\\x00-\\x7f\u{2028}\u{1F600}\"\\\\]*") {
        let seen = delta(json!({"content": said}));
        if said.is_empty() {
            prop_assert_eq!(seen, []);
        } else {
            prop_assert_eq!(seen, [text(&said)]);
        }
    }
}

//! Responses become events: each kind of event that the protocol documents, and what servers make of it.

mod damage;
mod servers;
mod tools;

use moss_llm::wire::WireDecoder;
use moss_llm::wire::responses::{ResponsesDecoder, ResponsesDialect};
use moss_llm::{
    FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ReasoningForm, ResponseInfo,
};
use moss_protocol::{InputTokenDetails, JsonObject, OutputTokenDetails, ToolCallChunk, Usage};
use serde_json::{Value, json};

fn decoder() -> ResponsesDecoder {
    ResponsesDecoder::new(ResponsesDialect::OPENAI)
}

/// The events of a stream of frames, chunk by chunk.
fn chunks(frames: &[Value]) -> Result<Vec<ModelChunk>, ModelError> {
    let mut decoder = decoder();
    let mut chunks = Vec::new();
    for frame in frames {
        chunks.extend(decoder.decode_frame("", frame.to_string().as_bytes())?);
    }
    decoder.finish()?;
    Ok(chunks)
}

/// The events of some frames between a response's beginning and its end, without those of these two.
fn events(frames: &[Value]) -> Vec<ModelEvent> {
    let mut all = vec![created()];
    all.extend(frames.iter().cloned());
    let mut decoder = decoder();
    let mut events = Vec::new();
    for frame in &all {
        let chunk = decoder.decode_frame("", frame.to_string().as_bytes()).unwrap();
        events.extend(chunk.into_iter().flat_map(|chunk| chunk.events));
    }
    assert!(matches!(events.remove(0), ModelEvent::Started(_)));
    events
}

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "resp_1", "model": "m", "status": "in_progress"}})
}

fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": {
        "id": "resp_1", "model": "m", "status": "completed", "output": output,
    }})
}

fn object(value: Value) -> JsonObject {
    serde_json::from_value(value).unwrap()
}

fn text(text: &str, index: u32) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index: Some(index) }
}

fn thought(text: &str, index: u32) -> ModelEvent {
    ModelEvent::Reasoning {
        text: text.to_owned(),
        form: ReasoningForm::Summary,
        index: Some(index),
        details: None,
    }
}

fn part(part: Value, index: u32) -> ModelEvent {
    ModelEvent::Part { index: Some(index), part: object(part) }
}

fn kwarg(name: &str, value: Value) -> ModelEvent {
    ModelEvent::Kwarg { name: name.to_owned(), value }
}

fn extra(path: &str, value: Value) -> ModelEvent {
    ModelEvent::Extra { path: path.to_owned(), value }
}

fn begins(id: &str, name: &str, index: u32) -> ModelEvent {
    ModelEvent::ToolCall(ToolCallChunk {
        id: Some(id.to_owned()),
        name: Some(name.to_owned()),
        index: Some(index),
        ..ToolCallChunk::default()
    })
}

fn args(args: &str, index: u32) -> ModelEvent {
    let args = Some(args.to_owned());
    ModelEvent::ToolCall(ToolCallChunk { args, index: Some(index), ..ToolCallChunk::default() })
}

fn finished(reason: FinishReason, raw: &str) -> ModelEvent {
    ModelEvent::Finished { reason, raw: raw.to_owned() }
}

/// A streamed answer with reasoning, text and a call, as OpenAI sends it.
fn answer() -> Vec<Value> {
    let reasoning = json!({"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed",
        "summary": [{"type": "summary_text", "text": "Hmm"}]});
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}]});
    let call = json!({"id": "fc_1", "type": "function_call", "status": "completed",
        "call_id": "call_1", "name": "weather", "arguments": "{\"city\":\"Köln\"}"});
    vec![
        json!({"type": "response.created", "sequence_number": 0, "response": {
            "id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress", "model": "gpt-x",
            "error": null, "output": [], "usage": null, "service_tier": "auto"}}),
        json!({"type": "response.in_progress", "sequence_number": 1, "response": {
            "id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress", "model": "gpt-x",
            "error": null, "output": [], "usage": null, "service_tier": "auto"}}),
        json!({"type": "response.output_item.added", "output_index": 0, "item":
            {"id": "rs_1", "type": "reasoning", "encrypted_content": "half", "summary": []}}),
        json!({"type": "response.reasoning_summary_part.added", "item_id": "rs_1", "output_index": 0,
            "summary_index": 0, "part": {"type": "summary_text", "text": ""}}),
        json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0,
            "summary_index": 0, "delta": "H", "obfuscation": "x"}),
        json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0,
            "summary_index": 0, "delta": "mm"}),
        json!({"type": "response.reasoning_summary_text.done", "item_id": "rs_1", "output_index": 0,
            "summary_index": 0, "text": "Hmm"}),
        json!({"type": "response.reasoning_summary_part.done", "item_id": "rs_1", "output_index": 0,
            "summary_index": 0, "part": {"type": "summary_text", "text": "Hmm"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": reasoning}),
        json!({"type": "response.output_item.added", "output_index": 1, "item":
            {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}),
        json!({"type": "response.content_part.added", "item_id": "msg_1", "output_index": 1,
            "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": []}}),
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 1,
            "content_index": 0, "delta": "Hel", "logprobs": []}),
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 1,
            "content_index": 0, "delta": "lo", "logprobs": []}),
        json!({"type": "response.output_text.done", "item_id": "msg_1", "output_index": 1,
            "content_index": 0, "text": "Hello", "logprobs": []}),
        json!({"type": "response.content_part.done", "item_id": "msg_1", "output_index": 1,
            "content_index": 0, "part": {"type": "output_text", "text": "Hello", "annotations": []}}),
        json!({"type": "response.output_item.done", "output_index": 1, "item": message}),
        json!({"type": "response.output_item.added", "output_index": 2, "item":
            {"id": "fc_1", "type": "function_call", "status": "in_progress", "call_id": "call_1",
                "name": "weather", "arguments": ""}}),
        json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 2,
            "delta": "{\"city\":"}),
        json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 2,
            "delta": "\"Köln\"}"}),
        json!({"type": "response.function_call_arguments.done", "item_id": "fc_1", "output_index": 2,
            "name": "weather", "arguments": "{\"city\":\"Köln\"}"}),
        json!({"type": "response.output_item.done", "output_index": 2, "item": call}),
        json!({"type": "response.completed", "response": {
            "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "gpt-x",
            "error": null, "output": [reasoning, message, call], "service_tier": "default", "usage": {
                "input_tokens": 10, "output_tokens": 5, "total_tokens": 15,
                "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
                "output_tokens_details": {"reasoning_tokens": 2}}}}),
    ]
}

#[test]
fn an_answer_with_reasoning_text_and_a_call() {
    let said: Vec<Vec<ModelEvent>> =
        chunks(&answer()).unwrap().into_iter().map(|chunk| chunk.events).collect();
    let started = ResponseInfo {
        id: Some("resp_1".to_owned()),
        model: Some("gpt-x".to_owned()),
        extra: object(json!({
            "id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress",
            "model": "gpt-x", "service_tier": "auto", "model_provider": "openai",
        })),
        ..ResponseInfo::default()
    };
    let usage = Usage {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        input_token_details: InputTokenDetails {
            cache_read: Some(4),
            cache_creation: Some(3),
            ..InputTokenDetails::default()
        },
        output_token_details: OutputTokenDetails { reasoning: Some(2), audio: None },
    };
    let end = &answer()[21]["response"];
    let expected = vec![
        vec![ModelEvent::Started(started)],
        vec![],
        vec![],
        vec![],
        vec![thought("H", 0)],
        vec![thought("mm", 0)],
        vec![],
        vec![],
        vec![kwarg(
            "reasoning",
            json!({"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed", "summary": []}),
        )],
        vec![],
        vec![],
        vec![text("Hel", 0)],
        vec![text("lo", 0)],
        vec![],
        vec![],
        vec![],
        vec![
            begins("call_1", "weather", 2),
            kwarg("__openai_function_call_ids__", json!({"call_1": "fc_1"})),
        ],
        vec![args("{\"city\":", 2)],
        vec![args("\"Köln\"}", 2)],
        vec![],
        vec![],
        vec![
            finished(FinishReason::ToolCalls, "completed"),
            ModelEvent::Usage(usage),
            extra("status", json!("completed")),
            extra("service_tier", json!("default")),
            extra("usage", end["usage"].clone()),
            extra("output", end["output"].clone()),
        ],
    ];
    assert_eq!(said, expected);
}

/// What a stream says is what the same response says in one piece.
#[test]
fn an_answer_in_one_piece() {
    let response = &answer()[21]["response"];
    let whole = decoder().decode_response(response.to_string().as_bytes()).unwrap();
    let said: Vec<&ModelEvent> = whole.events.iter().collect();
    assert!(matches!(said[0], ModelEvent::Started(info) if info.id.as_deref() == Some("resp_1")));
    let expected = [
        thought("Hmm", 0),
        kwarg(
            "reasoning",
            json!({"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed", "summary": []}),
        ),
        text("Hello", 0),
        begins("call_1", "weather", 2),
        args("{\"city\":\"Köln\"}", 2),
        kwarg("__openai_function_call_ids__", json!({"call_1": "fc_1"})),
        finished(FinishReason::ToolCalls, "completed"),
    ];
    assert_eq!(said[1..8], expected.iter().collect::<Vec<_>>());
    assert!(matches!(said[8], ModelEvent::Usage(usage) if usage.total_tokens == 15));
    assert_eq!(*said[9], extra("usage", response["usage"].clone()));
    assert_eq!(*said[10], extra("output", response["output"].clone()));
    assert_eq!(said.len(), 11);
}

#[test]
fn texts_of_several_messages_stay_apart() {
    let delta = |item: &str, output: u32, content: u32, delta: &str| {
        json!({"type": "response.output_text.delta", "item_id": item, "output_index": output,
            "content_index": content, "delta": delta})
    };
    let frames = [
        delta("msg_1", 0, 0, "a"),
        delta("msg_1", 0, 1, "b"),
        delta("msg_2", 1, 0, "c"),
        delta("msg_1", 0, 1, "d"),
    ];
    assert_eq!(events(&frames), [text("a", 0), text("b", 1), text("c", 2), text("d", 1)]);
}

#[test]
fn what_stands_beside_a_text_is_a_piece_of_its_part() {
    let citation =
        json!({"type": "url_citation", "url": "https://x", "start_index": 0, "end_index": 2});
    let token = json!({"token": "Hi", "logprob": -0.1, "top_logprobs": []});
    let file = json!({"type": "file_citation", "file_id": "f", "index": 2});
    let frames = [
        json!({"type": "response.output_text.delta", "item_id": "m", "content_index": 0, "delta": "Hi",
            "logprobs": [token]}),
        json!({"type": "response.output_text.annotation.added", "item_id": "m", "content_index": 0,
            "annotation_index": 0, "annotation": citation}),
        json!({"type": "response.output_text.done", "item_id": "m", "content_index": 0, "text": "Hi",
            "logprobs": [token]}),
        json!({"type": "response.content_part.done", "item_id": "m", "content_index": 0, "part":
            {"type": "output_text", "text": "Hi", "annotations": [citation, file], "logprobs": [token]}}),
    ];
    let piece = |name: &str, list: Value| part(json!({"type": "text", "text": "", name: list}), 0);
    assert_eq!(
        events(&frames),
        [
            text("Hi", 0),
            piece("logprobs", json!([token])),
            piece("annotations", json!([citation])),
            piece("annotations", json!([file])),
        ]
    );
}

#[test]
fn a_refusal() {
    let frames = [
        json!({"type": "response.refusal.delta", "item_id": "m", "content_index": 0, "delta": "I can"}),
        json!({"type": "response.refusal.delta", "item_id": "m", "content_index": 0, "delta": "not"}),
        json!({"type": "response.refusal.done", "item_id": "m", "content_index": 0, "refusal": "I cannot"}),
        completed(json!([{"id": "m", "type": "message",
            "content": [{"type": "refusal", "refusal": "I cannot"}]}])),
    ];
    let said = events(&frames);
    let refusal = |text: &str| ModelEvent::Refusal { text: text.to_owned() };
    assert_eq!(
        said[..3],
        [refusal("I can"), refusal("not"), finished(FinishReason::Refusal, "completed")]
    );
}

#[test]
fn open_reasoning_is_told_as_summaries_are() {
    let item = json!({"id": "rs", "type": "reasoning", "summary": [],
        "content": [{"type": "reasoning_text", "text": "Let me see"}]});
    let frames = [
        json!({"type": "response.reasoning_text.delta", "item_id": "rs", "content_index": 0, "delta": "Let me"}),
        json!({"type": "response.reasoning_text.done", "item_id": "rs", "content_index": 0, "text": "Let me see"}),
        json!({"type": "response.content_part.done", "item_id": "rs", "content_index": 0,
            "part": {"type": "reasoning_text", "text": "Let me see"}}),
        json!({"type": "response.output_item.done", "item": item}),
        json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_2", "summary_index": 0, "delta": "b"}),
    ];
    assert_eq!(
        events(&frames),
        [
            thought("Let me", 0),
            thought(" see", 0),
            kwarg("reasoning", item.clone()),
            thought("b", 1),
        ]
    );
}

#[test]
fn how_a_response_ends() {
    let end = |kind: &str, response: Value| {
        let frame = json!({"type": kind, "response": response});
        let mut said = events(&[frame]);
        said.retain(|event| matches!(event, ModelEvent::Finished { .. }));
        said
    };
    for (kind, response, reason, raw) in [
        ("response.completed", json!({"status": "completed"}), FinishReason::Stop, "completed"),
        ("response.done", json!({}), FinishReason::Stop, "completed"),
        (
            "response.incomplete",
            json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
            FinishReason::Length,
            "max_output_tokens",
        ),
        (
            "response.incomplete",
            json!({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}),
            FinishReason::ContentFilter,
            "content_filter",
        ),
        ("response.incomplete", json!({}), FinishReason::Other, "incomplete"),
        ("response.cancelled", json!({}), FinishReason::Other, "cancelled"),
    ] {
        assert_eq!(end(kind, response), [finished(reason, raw)], "{kind}");
    }
}

#[test]
fn errors_within_the_stream() {
    for (frame, kind, message, code) in [
        (
            json!({"type": "error", "code": "rate_limit_exceeded", "message": "Slow down", "param": null}),
            ModelErrorKind::RateLimit,
            "Slow down",
            Some("rate_limit_exceeded"),
        ),
        (
            json!({"type": "error", "error": {"type": "invalid_request_error",
                "code": "context_length_exceeded", "message": "Too long"}}),
            ModelErrorKind::ContextOverflow,
            "Too long",
            Some("context_length_exceeded"),
        ),
        (
            json!({"type": "response.failed", "response": {"id": "r", "status": "failed",
                "error": {"code": "server_error", "message": "Oh no"}}}),
            ModelErrorKind::Overloaded,
            "Oh no",
            Some("server_error"),
        ),
        (
            json!({"error": {"message": "Bad key", "code": "invalid_api_key"}}),
            ModelErrorKind::Auth,
            "Bad key",
            Some("invalid_api_key"),
        ),
    ] {
        let error = decoder().decode_frame("", frame.to_string().as_bytes()).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (kind, message), "{frame}");
        assert_eq!(error.provider_code.as_deref(), code, "{frame}");
    }
    let failed = json!({"status": "failed", "output": [], "error": {"code": "x", "message": "No"}});
    let error = decoder().decode_response(failed.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.message, "No");
}

#[test]
fn an_error_without_words_is_one_all_the_same() {
    let failed = json!({"type": "response.failed", "response": {"id": "r", "status": "failed"}});
    let error = decoder().decode_frame("", failed.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Overloaded);
}

#[test]
fn what_is_no_response_is_told() {
    for (body, why) in [
        ("{}", "it has no output"),
        ("[]", "invalid type"),
        ("{\"output\":", "EOF"),
        ("<html>", "expected value"),
    ] {
        let error = decoder().decode_response(body.as_bytes()).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{body}");
        assert!(error.message.contains(why), "{error}");
    }
    let error = decoder().decode_frame("", b"{\"type\":\"response.created\"}").unwrap_err();
    assert!(error.message.contains("has no response"), "{error}");
}

#[test]
fn a_stream_that_was_cut_is_not_whole() {
    let mut frames = answer();
    frames.pop();
    let error = chunks(&frames).unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Truncated);
    assert!(error.message.starts_with("The answer stopped"), "{error}");
    let error = decoder().finish().unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Truncated);
    // The end mark of chat completions ends no response.
    frames.push(json!("[DONE]"));
    let mut decoder = decoder();
    assert_eq!(decoder.decode_frame("", b"[DONE]").unwrap(), None);
    assert!(WireDecoder::finish(&mut decoder).is_err());
}

#[test]
fn what_is_not_known_is_kept() {
    let frames = [
        json!({"type": "response.new_thing.delta", "item_id": "x", "output_index": 4, "delta": {"a": 1}, "b": "c"}),
        json!({"type": "response.output_text.delta", "item_id": "m", "delta": "Hi", "mood": "fine"}),
        json!({"type": "response.content_part.done", "item_id": "m", "content_index": 1,
            "part": {"type": "hologram", "data": "…"}}),
        json!({"type": "response.output_item.done", "output_index": 2, "item": {"type": "hologram_call", "id": "h"}}),
    ];
    assert_eq!(
        events(&frames),
        [
            extra(
                "response.new_thing.delta",
                json!({"item_id": "x", "output_index": 4, "delta": {"a": 1}, "b": "c"})
            ),
            text("Hi", 0),
            extra("response.output_text.delta.mood", json!("fine")),
            part(json!({"type": "hologram", "data": "…"}), 1),
            kwarg("tool_outputs", json!([{"type": "hologram_call", "id": "h"}])),
        ]
    );
}

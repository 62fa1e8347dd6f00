//! Converse answers become events.

use moss_llm::wire::bedrock::{Bedrock, BedrockDecoder, BedrockDialect};
use moss_llm::wire::{Frame, Wire, WireDecoder};
use moss_llm::{
    FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ReasoningForm, ResponseInfo,
};
use moss_protocol::{JsonObject, Provider, ToolCallChunk, Usage};
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::asking::object;
use crate::aws::{error as error_message, event, exception};

type Events<'a> = &'a [(&'a str, Value)];

/// Decodes events as they come in a stream.
fn decode(events: Events<'_>) -> Result<Vec<ModelEvent>, ModelError> {
    let mut decoder = BedrockDecoder::new();
    let mut seen = Vec::new();
    for (kind, data) in events {
        let chunk = decoder.decode_frame(kind, data.to_string().as_bytes())?;
        seen.extend(chunk.unwrap_or_default().events);
    }
    decoder.finish()?;
    Ok(seen)
}

/// The events of blocks, without those of the start and the end.
fn blocks(events: Events<'_>) -> Vec<ModelEvent> {
    blocks_until("end_turn", events)
}

fn blocks_until(reason: &str, events: Events<'_>) -> Vec<ModelEvent> {
    let mut all = vec![("messageStart", json!({"role": "assistant"}))];
    all.extend(events.iter().cloned());
    all.push(("messageStop", json!({"stopReason": reason})));
    let mut seen = decode(&all).unwrap();
    assert_eq!(seen.remove(0), ModelEvent::Started(ResponseInfo::default()));
    let end = seen.split_off(seen.len() - 2);
    assert!(matches!(&end[0], ModelEvent::Finished { raw, .. } if raw == reason));
    assert_eq!(end[1], extra("messageStop", json!({"stopReason": reason})));
    seen
}

fn start(index: u32, start: Value) -> (&'static str, Value) {
    ("contentBlockStart", json!({"contentBlockIndex": index, "start": start, "p": "abc"}))
}

fn delta(index: u32, delta: Value) -> (&'static str, Value) {
    ("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta, "p": "abc"}))
}

fn stop(index: u32) -> (&'static str, Value) {
    ("contentBlockStop", json!({"contentBlockIndex": index, "p": "a"}))
}

fn text(text: &str, index: Option<u32>) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index }
}

fn thought(text: &str, index: u32) -> ModelEvent {
    let (text, form) = (text.to_owned(), ReasoningForm::ReasoningContent);
    ModelEvent::Reasoning { text, form, index: Some(index), details: None }
}

fn part(index: u32, part: Value) -> ModelEvent {
    ModelEvent::Part { index: Some(index), part: object(part) }
}

fn extra(path: &str, value: Value) -> ModelEvent {
    ModelEvent::Extra { path: path.to_owned(), value }
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, args: Option<&str>) -> ModelEvent {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    ModelEvent::ToolCall(ToolCallChunk {
        id: owned(id),
        name: owned(name),
        args: owned(args),
        index: Some(index),
        ..ToolCallChunk::default()
    })
}

#[test]
fn a_text_from_start_to_end() {
    let usage = json!({
        "inputTokens": 10, "outputTokens": 5, "totalTokens": 115, "cacheReadInputTokens": 60,
        "cacheWriteInputTokens": 40,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 30}, {"ttl": "5m", "inputTokens": 10}],
    });
    let metadata = json!({
        "usage": usage, "metrics": {"latencyMs": 7}, "serviceTier": {"type": "flex"},
        "performanceConfig": {"latency": "standard"}, "trace": {"guardrail": {"actionReason": "No action."}},
    });
    let mut padded = metadata.clone();
    padded["p"] = json!("abcdef");
    let mut counted =
        Usage { input_tokens: 110, output_tokens: 5, total_tokens: 115, ..Usage::default() };
    counted.input_token_details.cache_read = Some(60);
    counted.input_token_details.cache_creation = Some(40);
    counted.input_token_details.ephemeral_1h_input_tokens = Some(30);
    counted.input_token_details.ephemeral_5m_input_tokens = Some(10);
    let stopped =
        json!({"stopReason": "end_turn", "additionalModelResponseFields": {"stop_sequence": "x"}});
    assert_eq!(
        decode(&[
            ("messageStart", json!({"role": "assistant", "p": "abcd"})),
            delta(0, json!({"text": "Hel"})),
            delta(0, json!({"text": ""})),
            delta(0, json!({"text": "lo"})),
            stop(0),
            ("messageStop", stopped.clone()),
            ("metadata", padded),
        ])
        .unwrap(),
        [
            ModelEvent::Started(ResponseInfo::default()),
            text("Hel", None),
            text("lo", None),
            ModelEvent::Finished { reason: FinishReason::Stop, raw: "end_turn".to_owned() },
            extra("messageStop", stopped),
            ModelEvent::Usage(counted),
            extra("metadata", metadata),
        ]
    );
}

#[test]
fn the_stream_is_over_with_its_metadata() {
    let mut decoder = BedrockDecoder::new();
    let mut take = |kind: &str, data: Value| {
        decoder.decode_frame(kind, data.to_string().as_bytes()).unwrap();
        (decoder.is_done(), decoder.clone().finish().map_err(|error| error.kind))
    };
    let truncated = Err(ModelErrorKind::Truncated);
    assert_eq!(take("messageStart", json!({"role": "assistant"})), (false, truncated));
    assert_eq!(
        take("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "a"}})),
        (false, truncated)
    );
    assert_eq!(take("messageStop", json!({"stopReason": "end_turn"})), (false, Ok(())));
    assert_eq!(take("metadata", json!({"usage": {}})), (true, Ok(())));
    assert_eq!(BedrockDecoder::new().finish().unwrap_err().kind, ModelErrorKind::Truncated);
}

#[test]
fn texts_are_numbered_from_the_second_block_on() {
    assert_eq!(
        blocks(&[
            delta(0, json!({"text": "a"})),
            stop(0),
            delta(1, json!({"reasoningContent": {"text": "b"}})),
            stop(1),
            delta(2, json!({"text": "c"})),
            stop(2),
        ]),
        [text("a", None), thought("b", 1), text("c", Some(2))]
    );
}

#[test]
fn reasoning_with_its_signature_and_reasoning_that_only_amazon_reads() {
    assert_eq!(
        blocks(&[
            delta(0, json!({"reasoningContent": {"text": "Let me "}})),
            delta(0, json!({"reasoningContent": {"text": "think"}})),
            delta(0, json!({"reasoningContent": {"signature": "sig="}})),
            stop(0),
            delta(1, json!({"reasoningContent": {"redactedContent": "YQ=="}})),
            delta(1, json!({"reasoningContent": {"redactedContent": "YmM="}})),
            stop(1),
            delta(2, json!({"reasoningContent": {"text": "", "new": 1}})),
            stop(2),
        ]),
        [
            thought("Let me ", 0),
            thought("think", 0),
            part(0, json!({"type": "reasoning_content", "reasoningText": {"signature": "sig="}})),
            part(1, json!({"type": "reasoning_content", "redactedContent": "YWJj"})),
            part(2, json!({"type": "non_standard", "value": {"reasoningContent.new": 1}})),
        ]
    );
}

#[test]
fn tool_calls_keep_their_index_and_id() {
    assert_eq!(
        blocks_until(
            "tool_use",
            &[
                delta(0, json!({"text": "a"})),
                stop(0),
                start(1, json!({"toolUse": {"toolUseId": "t1", "name": "add"}})),
                delta(1, json!({"toolUse": {"input": "{\"x\""}})),
                delta(1, json!({"toolUse": {"input": ""}})),
                delta(1, json!({"toolUse": {"input": ":1}"}})),
                stop(1),
                start(
                    2,
                    json!({"toolUse": {"toolUseId": "t2", "name": "now", "type": "tool_use"}})
                ),
                stop(2),
            ]
        ),
        [
            text("a", None),
            call(1, Some("t1"), Some("add"), None),
            call(1, None, None, Some("{\"x\"")),
            call(1, None, None, Some(":1}")),
            call(2, Some("t2"), Some("now"), None),
            extra("contentBlockStart.2.start.toolUse.type", json!("tool_use")),
        ]
    );
}

#[test]
fn amazons_own_tools_are_parts_and_no_calls() {
    assert_eq!(
        blocks(&[
            start(
                0,
                json!({"toolUse": {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use"}})
            ),
            delta(0, json!({"toolUse": {"input": "{\"q\":"}})),
            delta(0, json!({"toolUse": {"input": "1}"}})),
            stop(0),
            start(
                1,
                json!({"toolResult": {"toolUseId": "s", "type": "nova_grounding_result", "status": "success"}})
            ),
            delta(1, json!({"toolResult": [{"text": "a"}]})),
            delta(1, json!({"toolResult": [{"json": {"b": 2}}]})),
            stop(1),
            delta(2, json!({"text": "c"})),
            delta(
                2,
                json!({"citation": {"location": {"web": {"url": "https://x", "domain": "x"}}}})
            ),
            delta(2, json!({"citation": {"title": "T"}})),
            stop(2),
        ]),
        [
            part(
                0,
                json!({"type": "server_tool_use", "toolUse": {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use"}})
            ),
            part(0, json!({"type": "server_tool_use", "toolUse": {"input": {"q": 1}}})),
            part(
                1,
                json!({"type": "tool_result", "toolResult": {"toolUseId": "s", "type": "nova_grounding_result", "status": "success"}})
            ),
            part(1, json!({"type": "tool_result", "toolResult": {"content": [{"text": "a"}]}})),
            part(
                1,
                json!({"type": "tool_result", "toolResult": {"content": [{"json": {"b": 2}}]}})
            ),
            text("c", Some(2)),
            part(
                2,
                json!({"type": "text", "citations": [{"location": {"web": {"url": "https://x", "domain": "x"}}}]})
            ),
            part(2, json!({"type": "text", "citations": [{"title": "T"}]})),
        ]
    );
}

#[test]
fn a_text_that_is_cited_is_numbered_from_then_on() {
    assert_eq!(
        blocks(&[
            delta(0, json!({"text": "a"})),
            delta(0, json!({"citation": {"title": "T"}})),
            delta(0, json!({"text": "b"})),
        ]),
        [
            text("a", None),
            part(0, json!({"type": "text", "citations": [{"title": "T"}]})),
            text("b", Some(0)),
        ]
    );
}

#[test]
fn images_come_as_one() {
    assert_eq!(
        blocks(&[
            start(0, json!({"image": {"format": "png"}})),
            delta(0, json!({"image": {"source": {"bytes": "YWJj"}}})),
            delta(0, json!({"image": {"source": {"bytes": "ZA=="}}})),
            delta(0, json!({"image": {"source": {"bytes": "ZQ=="}, "error": {"message": "cut"}}})),
            stop(0),
            delta(1, json!({"image": {"source": {"s3Location": {"uri": "s3://b/i.png"}}}})),
        ]),
        [
            part(0, json!({"type": "image", "image": {"format": "png"}})),
            part(0, json!({"type": "image", "image": {"error": {"message": "cut"}}})),
            part(0, json!({"type": "image", "image": {"source": {"bytes": "YWJjZGU="}}})),
            part(
                1,
                json!({"type": "image", "image": {"source": {"s3Location": {"uri": "s3://b/i.png"}}}})
            ),
        ]
    );
}

#[test]
fn what_is_new_is_kept() {
    assert_eq!(
        decode(&[
            ("messageStart", json!({"role": "user", "id": 1})),
            start(0, json!({"scent": {"of": "roses"}, "nothing": null})),
            delta(0, json!({"scent": "sweet", "nothing": null})),
            (
                "contentBlockDelta",
                json!({"contentBlockIndex": 0, "delta": {"text": "a"}, "new": [1], "no": null})
            ),
            ("contentBlockStop", json!({"contentBlockIndex": 0, "why": "done"})),
            ("messagePause", json!({"p": "abc", "for": 3})),
            ("messageStop", json!({"stopReason": "tired", "p": 5})),
        ])
        .unwrap(),
        [
            ModelEvent::Started(ResponseInfo {
                extra: object(json!({"role": "user", "id": 1})),
                ..ResponseInfo::default()
            }),
            part(0, json!({"type": "non_standard", "value": {"scent": {"of": "roses"}}})),
            part(0, json!({"type": "non_standard", "value": {"scent": "sweet"}})),
            text("a", None),
            extra("contentBlockDelta.0.new", json!([1])),
            extra("contentBlockStop.0.why", json!("done")),
            extra("messagePause", json!({"for": 3})),
            ModelEvent::Finished { reason: FinishReason::Other, raw: "tired".to_owned() },
            extra("messageStop", json!({"stopReason": "tired", "p": 5})),
        ]
    );
}

#[test]
fn reasons_to_stop() {
    for (raw, reason) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("tool_use", FinishReason::ToolCalls),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("guardrail_intervened", FinishReason::ContentFilter),
        ("content_filtered", FinishReason::ContentFilter),
        ("malformed_model_output", FinishReason::Other),
        ("malformed_tool_use", FinishReason::Other),
        ("refusal", FinishReason::Refusal),
        ("pause_turn", FinishReason::Paused),
        ("brand_new", FinishReason::Other),
    ] {
        let seen = decode(&[("messageStop", json!({"stopReason": raw}))]).unwrap();
        assert_eq!(seen[1], ModelEvent::Finished { reason, raw: raw.to_owned() });
    }
}

fn whole(body: &Value) -> Result<Vec<ModelEvent>, ModelError> {
    let chunk = BedrockDecoder::new().decode_response(body.to_string().as_bytes())?;
    Ok(chunk.events)
}

#[test]
fn a_whole_answer() {
    let seen = whole(&json!({
        "output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig", "gone": null}}},
            {"reasoningContent": {"redactedContent": "YQ=="}},
            {"text": "a"},
            {"text": ""},
            {"toolUse": {"toolUseId": "t", "name": "add", "input": {"x": 1.0}}},
            {"toolUse": {"toolUseId": "s", "name": "web", "type": "server_tool_use", "input": {"q": 1}}},
            {"toolResult": {"toolUseId": "s", "content": [{"text": "r"}]}},
            {"citationsContent": {"content": [{"text": "c"}], "citations": [{"title": "T"}]}},
            {"image": {"format": "png", "source": {"bytes": "YQ=="}}},
            {"scent": {"of": "roses"}},
        ]}},
        "stopReason": "tool_use",
        "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "serverToolUsage": {"web": 1}},
        "metrics": {"latencyMs": 4},
        "trace": {"promptRouter": {"invokedModelId": "m"}},
        "additionalModelResponseFields": null,
    }))
    .unwrap();
    let usage = Usage { input_tokens: 1, output_tokens: 2, total_tokens: 3, ..Usage::default() };
    assert_eq!(
        seen,
        [
            ModelEvent::Started(ResponseInfo::default()),
            thought("hm", 0),
            part(0, json!({"type": "reasoning_content", "reasoningText": {"signature": "sig"}})),
            part(1, json!({"type": "reasoning_content", "redactedContent": "YQ=="})),
            text("a", Some(2)),
            call(4, Some("t"), Some("add"), Some("{\"x\":1.0}")),
            part(
                5,
                json!({"type": "server_tool_use", "toolUse": {"toolUseId": "s", "name": "web", "type": "server_tool_use", "input": {"q": 1}}})
            ),
            part(
                6,
                json!({"type": "tool_result", "toolResult": {"toolUseId": "s", "content": [{"text": "r"}]}})
            ),
            part(
                7,
                json!({"type": "citations_content", "citationsContent": {"content": [{"text": "c"}], "citations": [{"title": "T"}]}})
            ),
            part(
                8,
                json!({"type": "image", "image": {"format": "png", "source": {"bytes": "YQ=="}}})
            ),
            part(9, json!({"type": "non_standard", "value": {"scent": {"of": "roses"}}})),
            ModelEvent::Finished { reason: FinishReason::ToolCalls, raw: "tool_use".to_owned() },
            ModelEvent::Usage(usage),
            extra("stopReason", json!("tool_use")),
            extra(
                "usage",
                json!({"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "serverToolUsage": {"web": 1}})
            ),
            extra("metrics", json!({"latencyMs": 4})),
            extra("trace", json!({"promptRouter": {"invokedModelId": "m"}})),
        ]
    );
}

#[test]
fn a_whole_answer_of_one_text_is_a_text() {
    let body = json!({"output": {"message": {"role": "assistant", "content": [{"text": "a"}]}}});
    assert_eq!(
        whole(&body).unwrap(),
        [ModelEvent::Started(ResponseInfo::default()), text("a", None)]
    );
}

#[test]
fn what_is_no_answer_is_a_protocol_error_that_quotes_a_little() {
    let long = "x".repeat(10_000);
    for body in [
        json!({}),
        json!({"output": 5}),
        json!({"output": {"message": {}}}),
        json!({"output": {"message": {"content": {}}}}),
        json!({"output": {"message": {"content": [5]}}}),
        json!({"output": {"message": {"content": [{"toolUse": {"name": "f"}}]}}}),
        json!([long]),
    ] {
        let error = whole(&body).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{error}");
        assert!(error.message.chars().count() < 450, "{error}");
    }
    for (kind, data) in [
        ("", "{}"),
        ("contentBlockDelta", "[]"),
        ("contentBlockDelta", "null"),
        ("contentBlockDelta", "{\"delta\": {\"text\": \"a\"}}"),
        ("contentBlockDelta", "{\"contentBlockIndex\": -1, \"delta\": {\"text\": \"a\"}}"),
        ("contentBlockDelta", "{\"contentBlockIndex\": 0, \"delta\": {\"text\": 5}}"),
        ("contentBlockDelta", "{\"contentBlockIndex\": 0, \"delta\": {\"text\": \"a\"}"),
        ("contentBlockDelta", "{\"contentBlockIndex\": 0} {}"),
        ("contentBlockStart", "{\"contentBlockIndex\": 0, \"start\": 5}"),
        (
            "contentBlockStart",
            "{\"contentBlockIndex\": 0, \"start\": {\"toolUse\": {\"name\": \"f\"}}}",
        ),
        ("contentBlockStop", "{}"),
        ("messageStop", "{}"),
        ("metadata", "5"),
    ] {
        let error = BedrockDecoder::new().decode_frame(kind, data.as_bytes()).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{kind} {data}");
        assert_eq!(error.provider, Provider::Bedrock);
    }
    let error = BedrockDecoder::new().decode_frame("metadata", b"{\"a\": \"\xFF\"}").unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Protocol);
}

#[test]
fn frames_that_contradict_each_other_are_no_answer() {
    let tool = || start(0, json!({"toolUse": {"toolUseId": "t", "name": "f"}}));
    let input = || delta(0, json!({"toolUse": {"input": "{}"}}));
    let said = || delta(0, json!({"text": "a"}));
    let ends = |reason: &str| ("messageStop", json!({"stopReason": reason}));
    let begins = || ("messageStart", json!({"role": "assistant"}));
    for (events, problem) in [
        (vec![begins(), begins()], "a second answer begins"),
        (vec![tool(), tool()], "a block begins twice"),
        (vec![input()], "a tool call goes on that did not begin"),
        (vec![said(), input()], "a tool call goes on that did not begin"),
        (vec![tool(), said()], "a tool call goes on as something else"),
        (vec![tool(), stop(0), input()], "a block goes on after its end"),
        (vec![said(), stop(0), said()], "a block goes on after its end"),
        (vec![said(), stop(0), stop(0)], "a block ends twice"),
        (vec![ends("end_turn"), said()], "a block goes on after the answer's end"),
        (vec![ends("end_turn"), ends("end_turn")], "the answer ends twice"),
        (vec![tool(), input(), ends("tool_use")], "the answer ends within a tool call"),
    ] {
        let error = decode(&events).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol);
        assert!(error.message.contains(problem), "{problem}: {error}");
    }
    // The limit of tokens may cut it.
    let cut = [tool(), delta(0, json!({"toolUse": {"input": "{\"x"}})), ends("max_tokens")];
    assert!(decode(&cut).is_ok());
}

#[test]
fn an_endless_number_of_blocks_is_not_kept() {
    let mut decoder = BedrockDecoder::new();
    let error = (0..20_000)
        .find_map(|index| {
            let (kind, data) = delta(index, json!({"text": "a"}));
            decoder.decode_frame(kind, data.to_string().as_bytes()).err()
        })
        .unwrap();
    assert_eq!(error.kind, ModelErrorKind::TooLarge);

    let mut decoder = BedrockDecoder::new();
    let (kind, data) = delta(0, json!({"image": {"source": {"bytes": "a".repeat(8 << 20)}}}));
    let data = data.to_string();
    let error = (0..20).find_map(|_| decoder.decode_frame(kind, data.as_bytes()).err()).unwrap();
    assert_eq!(error.kind, ModelErrorKind::TooLarge);
}

#[test]
fn exceptions_in_a_stream_are_the_providers_errors() {
    for (kind, words, expected) in [
        (
            "throttlingException",
            "Too many tokens, please wait before trying again.",
            ModelErrorKind::RateLimit,
        ),
        ("throttlingException", "Too many requests", ModelErrorKind::RateLimit),
        ("validationException", "Bad request", ModelErrorKind::InvalidRequest),
        (
            "validationException",
            "The model returned the following errors: Input is too long for requested model.",
            ModelErrorKind::ContextOverflow,
        ),
        ("modelStreamErrorException", "The model broke", ModelErrorKind::Overloaded),
        (
            "modelStreamErrorException",
            "prompt is too long: 200001 tokens > 200000 maximum",
            ModelErrorKind::ContextOverflow,
        ),
        ("internalServerException", "Oops", ModelErrorKind::Overloaded),
        ("serviceUnavailableException", "Later", ModelErrorKind::Overloaded),
        ("modelTimeoutException", "Slow", ModelErrorKind::Timeout),
        ("accessDeniedException", "No", ModelErrorKind::Auth),
        ("serviceQuotaExceededException", "No more", ModelErrorKind::Quota),
        ("brandNewException", "Eh", ModelErrorKind::Overloaded),
    ] {
        let data = json!({"message": words, "originalStatusCode": 500}).to_string();
        let mut decoder = BedrockDecoder::new();
        let error =
            decoder.decode_frame(&format!("exception:{kind}"), data.as_bytes()).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (expected, words), "{kind}");
        assert_eq!(error.provider_code.as_deref(), Some(kind));
        assert_eq!((error.status, error.provider), (None, Provider::Bedrock));
    }
    let front =
        BedrockDecoder::new().decode_frame("error:InternalFailure", b"It broke").unwrap_err();
    assert_eq!(front.kind, ModelErrorKind::Overloaded);
    assert_eq!(
        (front.message.as_str(), front.provider_code.as_deref()),
        ("It broke", Some("InternalFailure"))
    );
}

fn refused(status: u16, header: Option<&str>, body: &str) -> ModelError {
    let mut headers = HeaderMap::new();
    if let Some(value) = header {
        headers.insert("x-amzn-errortype", HeaderValue::from_str(value).unwrap());
    }
    let wire = Bedrock(BedrockDialect::default());
    wire.error(status, &headers, body.as_bytes(), Provider::Bedrock)
}

#[test]
fn answers_with_an_error_status_are_classified() {
    let named = "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/";
    for (status, header, body, kind, code) in [
        (
            400,
            Some(named),
            r#"{"message":"Bad"}"#,
            ModelErrorKind::InvalidRequest,
            Some("ValidationException"),
        ),
        (
            400,
            Some(named),
            r#"{"message":"Input is too long for requested model."}"#,
            ModelErrorKind::ContextOverflow,
            Some("ValidationException"),
        ),
        (
            403,
            Some("UnrecognizedClientException"),
            r#"{"message":"The security token included in the request is invalid."}"#,
            ModelErrorKind::Auth,
            Some("UnrecognizedClientException"),
        ),
        (403, None, r#"{"Message":"Bearer Token has expired"}"#, ModelErrorKind::Auth, None),
        (
            429,
            Some("ThrottlingException"),
            r#"{"message":"Too many tokens per day"}"#,
            ModelErrorKind::RateLimit,
            Some("ThrottlingException"),
        ),
        (
            429,
            Some("ModelNotReadyException"),
            r#"{"message":"Wait"}"#,
            ModelErrorKind::Overloaded,
            Some("ModelNotReadyException"),
        ),
        (
            400,
            Some("ServiceQuotaExceededException"),
            r#"{"message":"Full"}"#,
            ModelErrorKind::Quota,
            Some("ServiceQuotaExceededException"),
        ),
        (
            424,
            Some("ModelErrorException"),
            r#"{"message":"Broke"}"#,
            ModelErrorKind::Overloaded,
            Some("ModelErrorException"),
        ),
        (
            408,
            Some("ModelTimeoutException"),
            r#"{"message":"Slow"}"#,
            ModelErrorKind::Timeout,
            Some("ModelTimeoutException"),
        ),
        (
            404,
            None,
            r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#,
            ModelErrorKind::InvalidRequest,
            Some("UnknownOperationException"),
        ),
        (503, None, "", ModelErrorKind::Overloaded, None),
        (502, None, "<html><title>Bad Gateway</title></html>", ModelErrorKind::Overloaded, None),
    ] {
        let error = refused(status, header, body);
        assert_eq!((error.kind, error.provider_code.as_deref()), (kind, code), "{status} {body}");
        assert_eq!(error.status, Some(status));
    }
    assert_eq!(
        refused(403, None, r#"{"Message":"Bearer Token has expired"}"#).to_string(),
        "403 Bearer Token has expired"
    );
}

#[test]
fn a_refused_signature_is_told_without_the_session_token() {
    let body = json!({"message": "The Canonical String should have been\n'POST\n/model\n\nhost:x\nX-Amz-Security-Token:TOKEN/1+2==\n\nhost;x-amz-security-token\n'"});
    let error = refused(403, Some("InvalidSignatureException"), &body.to_string());
    assert!(!error.message.contains("TOKEN"), "{error}");
    assert!(
        error.message.contains("X-Amz-Security-Token:[redacted]\n\nhost;x-amz-security-token"),
        "{error}"
    );
}

/// A stream with something of everything.
fn sample() -> Vec<Vec<u8>> {
    let mut events = vec![("messageStart", json!({"role": "assistant", "p": "abc"}))];
    events.extend([
        delta(0, json!({"reasoningContent": {"text": "hm \u{e9}"}})),
        delta(0, json!({"reasoningContent": {"signature": "sig"}})),
        stop(0),
        delta(1, json!({"text": "Hello \"you\"\n"})),
        delta(1, json!({"citation": {"title": "T"}})),
        stop(1),
        start(2, json!({"toolUse": {"toolUseId": "t", "name": "f"}})),
        delta(2, json!({"toolUse": {"input": "{\"city\":"}})),
        delta(2, json!({"toolUse": {"input": "\"Rome\"}"}})),
        stop(2),
        start(3, json!({"toolUse": {"toolUseId": "s", "name": "web", "type": "server_tool_use"}})),
        delta(3, json!({"toolUse": {"input": "{}"}})),
        stop(3),
        ("messageStop", json!({"stopReason": "tool_use"})),
        ("metadata", json!({"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}})),
    ]);
    events.iter().map(|(kind, data)| event(kind, data)).collect()
}

/// What a client makes of a stream in pieces.
fn receive<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<ModelEvent>, String> {
    let wire = Bedrock(BedrockDialect::default());
    let mut frames = wire.framing().decoder();
    let mut decoder = wire.decoder();
    let mut chunks: Vec<ModelChunk> = Vec::new();
    let mut take = |frame: Frame<'_>| {
        if !decoder.is_done() {
            chunks.extend(decoder.decode(frame).map_err(|error| error.to_string())?);
        }
        Ok::<_, String>(())
    };
    for piece in pieces {
        frames.push(piece);
        while let Some(piece) = frames.next_frame().map_err(|error| error.to_string())? {
            take(piece.frame)?;
        }
    }
    while let Some(piece) = frames.finish().map_err(|error| error.to_string())? {
        take(piece.frame)?;
    }
    decoder.finish().map_err(|error| error.to_string())?;
    Ok(chunks.into_iter().flat_map(|chunk| chunk.events).collect())
}

/// The arguments of the calls for the host, by their index.
fn arguments(events: &[ModelEvent]) -> JsonObject {
    let mut calls = JsonObject::new();
    for event in events {
        if let ModelEvent::ToolCall(call) = event {
            let known = calls.entry(call.index.unwrap().to_string()).or_insert(json!(""));
            let more = call.args.as_deref().unwrap_or_default();
            *known = format!("{}{more}", known.as_str().unwrap()).into();
        }
    }
    calls
}

#[test]
fn a_stream_that_is_cut_anywhere_is_no_answer() {
    let stream = sample().concat();
    let whole = receive([&stream[..]]).unwrap();
    assert_eq!(arguments(&whole), object(json!({"2": "{\"city\":\"Rome\"}"})));
    let metadata = sample().pop().unwrap().len();
    for end in 0..stream.len() {
        let seen = receive([&stream[..end]]);
        // Only the usage may be missing.
        assert_eq!(seen.is_ok(), end == stream.len() - metadata, "{end}: {seen:?}");
    }
}

#[test]
fn exceptions_end_a_stream() {
    let mut stream = sample();
    stream.insert(5, exception("throttlingException", &json!({"message": "Slow down"})));
    assert_eq!(receive([&stream.concat()[..]]), Err("Slow down".to_owned()));
    stream[5] = error_message("InternalFailure", "It broke");
    assert_eq!(receive([&stream.concat()[..]]), Err("It broke".to_owned()));
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let stream = sample().concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]);
        prop_assert_eq!(receive(pieces), receive([&stream[..]]));
    }

    /// A byte that is changed is found by the checksums: what came of the stream is an error.
    #[test]
    fn a_changed_byte_is_an_error(place in any::<prop::sample::Index>(), change in 1..=255_u8) {
        let mut stream = sample().concat();
        let place = place.index(stream.len());
        stream[place] ^= change;
        prop_assert!(receive([&stream[..]]).is_err());
    }

    /// Frames that are lost, or come twice, or change places: an error, or an answer whose calls are whole or
    /// cannot be read.
    #[test]
    fn lost_and_repeated_frames_make_no_half_call(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3_u8), 1..5),
    ) {
        let mut stream = sample();
        for (from, to, how) in changes {
            let (from, to) = (from.index(stream.len()), to.index(stream.len()));
            match how {
                0 if stream.len() > 1 => { stream.remove(from); }
                1 => stream.insert(to, stream[from].clone()),
                _ => stream.swap(from, to),
            }
        }
        if let Ok(events) = receive([&stream.concat()[..]]) {
            for (_, args) in arguments(&events) {
                let args = args.as_str().unwrap();
                let is_whole = args == "{\"city\":\"Rome\"}" || args.is_empty();
                prop_assert!(is_whole || serde_json::from_str::<Value>(args).is_err(), "{args}");
            }
        }
    }

    #[test]
    fn damage_in_the_json_never_panics(
        frame in 0..15_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let wire = Bedrock(BedrockDialect::default());
        let mut frames = wire.framing().decoder();
        frames.push(&sample()[frame]);
        let piece = frames.next_frame().unwrap().unwrap();
        let (kind, mut bytes) = (piece.frame.kind.to_owned(), piece.frame.data.to_vec());
        for (place, byte, how) in changes {
            let place = place.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 if !bytes.is_empty() => { bytes.remove(place); }
                _ => bytes.insert(place, byte),
            }
        }
        let first = BedrockDecoder::new().decode_frame(&kind, &bytes).map_err(|it| it.to_string());
        let again = BedrockDecoder::new().decode_frame(&kind, &bytes).map_err(|it| it.to_string());
        prop_assert_eq!(first, again);
        let _ = BedrockDecoder::new().decode_response(&bytes);
    }
}

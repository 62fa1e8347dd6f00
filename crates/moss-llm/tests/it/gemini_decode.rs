//! Gemini's answers become events.

use moss_llm::wire::gemini::{Gemini, GeminiDecoder};
use moss_llm::wire::{Wire, WireDecoder};
use moss_llm::{
    FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ReasoningForm, ResponseInfo,
};
use moss_protocol::{
    InputTokenDetails, JsonObject, OutputTokenDetails, ReasoningKey, ToolCallChunk, Usage,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

/// The events of the frames of a stream, which needs not be whole.
fn events(wire: Gemini, frames: &[Value]) -> Result<Vec<ModelEvent>, ModelError> {
    let mut decoder = GeminiDecoder::new(wire);
    let mut events = Vec::new();
    for frame in frames {
        let chunk = decoder.decode_frame(frame.to_string().as_bytes())?;
        events.extend(chunk.map(|chunk| chunk.events).unwrap_or_default());
    }
    Ok(events)
}

/// A frame whose candidate says these parts.
fn parts(parts: Value) -> Value {
    json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}], "responseId": "r-1"})
}

fn ends(reason: &str) -> Value {
    json!({"candidates": [{"finishReason": reason, "index": 0}], "responseId": "r-1"})
}

/// The events of some parts, without the start.
fn said(frames: &[Value]) -> Vec<ModelEvent> {
    events(Gemini::GOOGLE, frames).unwrap().split_off(1)
}

fn text(text: &str) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index: None }
}

fn thought(text: &str, form: ReasoningForm) -> ModelEvent {
    ModelEvent::Reasoning { text: text.to_owned(), form, index: None, details: None }
}

fn part(part: Value) -> ModelEvent {
    ModelEvent::Part { index: None, part: object(part) }
}

fn kwarg(name: &str, value: Value) -> ModelEvent {
    ModelEvent::Kwarg { name: name.to_owned(), value }
}

fn extra(path: &str, value: Value) -> ModelEvent {
    ModelEvent::Extra { path: path.to_owned(), value }
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, args: Option<&str>) -> ModelEvent {
    ModelEvent::ToolCall(ToolCallChunk {
        name: name.map(str::to_owned),
        args: args.map(str::to_owned),
        id: id.map(str::to_owned),
        index: Some(index),
        ..ToolCallChunk::default()
    })
}

fn finished(reason: FinishReason, raw: &str) -> ModelEvent {
    ModelEvent::Finished { reason, raw: raw.to_owned() }
}

#[test]
fn an_answer_with_thoughts_and_text() {
    let frames = [
        json!({
            "candidates": [{"content": {"parts": [{"text": "Hm", "thought": true}], "role": "model"}, "index": 0}],
            "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5},
            "modelVersion": "gemini-3-pro", "responseId": "r-1", "createTime": "now",
        }),
        parts(json!([{"text": "Hel", "thought": false}])),
        parts(json!([{"text": "lo"}, {"text": "", "thoughtSignature": "sig"}])),
        json!({
            "candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {
                "promptTokenCount": 5, "toolUsePromptTokenCount": 2, "candidatesTokenCount": 3,
                "thoughtsTokenCount": 4, "cachedContentTokenCount": 1, "totalTokenCount": 14,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 2}, {"modality": "AUDIO", "tokenCount": 3},
                ],
            },
        }),
    ];
    let form = ReasoningForm::Field(ReasoningKey::Reasoning);
    let expected = |form| {
        vec![
            ModelEvent::Started(ResponseInfo {
                id: Some("r-1".to_owned()),
                model: Some("gemini-3-pro".to_owned()),
                extra: object(json!({"createTime": "now"})),
                ..ResponseInfo::default()
            }),
            thought("Hm", form),
            ModelEvent::Usage(Usage { input_tokens: 5, total_tokens: 5, ..Usage::default() }),
            text("Hel"),
            text("lo"),
            part(json!({"type": "text", "text": "", "thoughtSignature": "sig"})),
            finished(FinishReason::Stop, "STOP"),
            ModelEvent::Usage(Usage {
                input_tokens: 7,
                output_tokens: 7,
                total_tokens: 14,
                input_token_details: InputTokenDetails {
                    audio: Some(3),
                    cache_read: Some(1),
                    ..InputTokenDetails::default()
                },
                output_token_details: OutputTokenDetails { audio: None, reasoning: Some(4) },
            }),
            extra("usageMetadata.toolUsePromptTokenCount", json!(2)),
            extra(
                "usageMetadata.promptTokensDetails",
                json!([{"modality": "TEXT", "tokenCount": 2}, {"modality": "AUDIO", "tokenCount": 3}]),
            ),
        ]
    };
    assert_eq!(events(Gemini::GOOGLE, &frames).unwrap(), expected(form));
    let vertex = events(Gemini::VERTEX, &frames).unwrap();
    assert_eq!(vertex, expected(ReasoningForm::Reasoning));
}

#[test]
fn calls_are_whole_and_signed() {
    let frames = [
        parts(json!([
            {"functionCall": {"name": "f", "args": {"a": "x y", "n": 1.0}}, "thoughtSignature": "s"},
            {"functionCall": {"name": "g", "id": "call_7"}},
        ])),
        parts(json!([{"functionCall": {"name": "f", "args": {}}}])),
        ends("STOP"),
    ];
    assert_eq!(
        said(&frames),
        [
            call(0, Some("gemini_call_r-1_0"), Some("f"), Some(r#"{"a":"x y","n":1.0}"#)),
            call(1, Some("call_7"), Some("g"), Some("{}")),
            kwarg("signatures", json!(["s", ""])),
            call(2, Some("gemini_call_r-1_2"), Some("f"), Some("{}")),
            kwarg("signatures", json!(["s", "", ""])),
            finished(FinishReason::ToolCalls, "STOP"),
        ]
    );
}

#[test]
fn arguments_keep_their_digits_and_lose_their_indentation() {
    let body = "{\"candidates\": [{\"content\": {\"parts\": [{\"functionCall\": {\n  \"name\": \"f\",\n  \"args\": {\n    \"big\": 123456789012345678901234567890,\n    \"t\": \"a \\\" b\\n\"\n  }\n}}]}}]}";
    let chunk = GeminiDecoder::new(Gemini::GOOGLE).decode_response(body.as_bytes()).unwrap();
    let args = r#"{"big":123456789012345678901234567890,"t":"a \" b\n"}"#;
    // Without the answer's id there is none to make the call's of.
    assert_eq!(chunk.events[1], call(0, None, Some("f"), Some(args)));
}

#[test]
fn a_call_streams_its_arguments() {
    let piece = |call: Value| parts(json!([{"functionCall": call}]));
    let arg = |arg: Value| piece(json!({"partialArgs": [arg], "willContinue": true}));
    let frames = [
        parts(json!([
            {"functionCall": {"name": "book", "willContinue": true}, "thoughtSignature": "s"},
        ])),
        arg(json!({"jsonPath": "$.city", "stringValue": "Ly", "willContinue": true})),
        arg(json!({"jsonPath": "$.city", "stringValue": "on", "willContinue": true})),
        arg(json!({"jsonPath": "$.city", "stringValue": ""})),
        arg(json!({"jsonPath": "$.stops[0]['a b']", "numberValue": 2})),
        arg(json!({"jsonPath": "$.stops[1]", "boolValue": true})),
        arg(json!({"jsonPath": "$.note", "nullValue": "NULL_VALUE"})),
        piece(json!({})),
        ends("STOP"),
    ];
    assert_eq!(
        said(&frames),
        [
            call(0, Some("gemini_call_r-1_0"), Some("book"), None),
            kwarg("signatures", json!(["s"])),
            call(0, None, None, Some(r#"{"city":"Lyon","stops":[{"a b":2},true],"note":null}"#)),
            finished(FinishReason::ToolCalls, "STOP"),
        ]
    );
}

#[test]
fn a_call_that_is_cut_off_is_never_whole() {
    let begins = parts(json!([
        {"functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a", "numberValue": 1}], "willContinue": true}},
    ]));
    let frames = [begins.clone(), ends("MAX_TOKENS")];
    let events = said(&frames);
    assert_eq!(events[1], call(0, None, None, Some(r#"{"a":1"#)));
    assert_eq!(events[2], finished(FinishReason::Length, "MAX_TOKENS"));

    // After the reason, or without one in an answer in one piece.
    let mut decoder = GeminiDecoder::new(Gemini::VERTEX);
    for frame in [ends("STOP"), begins.clone()] {
        decoder.decode_frame(frame.to_string().as_bytes()).unwrap();
    }
    assert_eq!(decoder.finish().unwrap_err().kind, ModelErrorKind::Truncated);
    let mut decoder = GeminiDecoder::new(Gemini::VERTEX);
    let chunk = decoder.decode_response(begins.to_string().as_bytes()).unwrap();
    assert_eq!(chunk.events.last(), Some(&call(0, None, None, Some(r#"{"a":1"#))));

    let next = parts(json!([{"functionCall": {"name": "g", "args": {}}}]));
    let events = said(&[begins, next]);
    assert_eq!(events[1], call(0, None, None, Some(r#"{"a":1"#)));
}

#[test]
fn what_is_no_call_is_an_error() {
    let piece = |path: &str| json!({"functionCall": {"name": "f", "partialArgs": [{"jsonPath": path, "numberValue": 1}]}});
    for wrong in [
        json!({"functionCall": {"args": {}}}),
        json!({"functionCall": {}}),
        json!({"functionCall": "f"}),
        piece("a"),
        piece("$"),
        piece("$[0]"),
        piece("$.a[7]"),
        piece("$.a[99999999999999999999]"),
        piece("$.a['b"),
        piece(&format!("$.a{}", "[0]".repeat(500))),
    ] {
        let error = events(Gemini::VERTEX, &[parts(json!([wrong]))]).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{wrong}");
    }
}

#[test]
fn other_parts_are_kept_as_they_are() {
    let code = json!({"language": "PYTHON", "code": "print(1)"});
    let data = json!({"mimeType": "image/png", "data": "AA=="});
    let frame = parts(json!([
        {"executableCode": code, "thoughtSignature": "s"},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"inlineData": data, "thought": true},
        {"partMetadata": {"a": 1}, "toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t"}},
        {"brandNew": {"x": [1]}, "type": "odd"},
        {"thoughtSignature": "alone"},
        {"text": "Hm", "thought": true, "thoughtSignature": "u"},
        {"text": "T", "partMetadata": {"b": 2}},
        {},
    ]));
    let form = ReasoningForm::Field(ReasoningKey::Reasoning);
    assert_eq!(
        said(&[frame]),
        [
            part(
                json!({"type": "executableCode", "executableCode": code, "thoughtSignature": "s"})
            ),
            part(json!({
                "type": "codeExecutionResult",
                "codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"},
            })),
            part(json!({"type": "inlineData", "thought": true, "inlineData": data})),
            part(json!({
                "type": "toolCall", "partMetadata": {"a": 1},
                "toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t"},
            })),
            part(json!({"type": "brandNew", "brandNew": {"x": [1]}})),
            part(json!({"type": "text", "text": "", "thoughtSignature": "alone"})),
            thought("Hm", form),
            part(json!({"type": "reasoning", "reasoning": "", "thoughtSignature": "u"})),
            text("T"),
            part(json!({"type": "text", "text": "", "partMetadata": {"b": 2}})),
            extra("candidates.0.content.parts.4.type", json!("odd")),
        ]
    );
}

#[test]
fn what_stands_beside_the_content_is_kept() {
    let frame = |beside: Value| {
        let mut candidate = object(beside);
        candidate.insert("index".to_owned(), 0.into());
        json!({"candidates": [candidate], "responseId": "r-1"})
    };
    let ratings = json!([{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]);
    let frames = [
        frame(json!({
            "safetyRatings": ratings, "groundingMetadata": {},
            "citationMetadata": {"citations": [{"uri": "a"}]},
        })),
        frame(json!({
            "safetyRatings": ratings, "groundingMetadata": {"webSearchQueries": ["q"]},
            "citationMetadata": {"citations": [{"uri": "b"}]},
            "urlContextMetadata": {"urlMetadata": []},
        })),
        frame(json!({
            "groundingMetadata": {"webSearchQueries": ["q"]}, "avgLogprobs": -0.5,
            "logprobsResult": {"chosenCandidates": []}, "finishMessage": "m",
            "content": {"role": "odd"},
        })),
        json!({"promptFeedback": {"safetyRatings": ratings}, "responseId": "r-2"}),
    ];
    assert_eq!(
        said(&frames),
        [
            kwarg("citationMetadata", json!({"citations": [{"uri": "a"}]})),
            extra("candidates.0.safetyRatings", ratings.clone()),
            extra("candidates.0.groundingMetadata", json!({})),
            kwarg("groundingMetadata", json!({"webSearchQueries": ["q"]})),
            kwarg("citationMetadata", json!({"citations": [{"uri": "a"}, {"uri": "b"}]})),
            kwarg("urlContextMetadata", json!({"urlMetadata": []})),
            extra("candidates.0.content.role", json!("odd")),
            extra("candidates.0.avgLogprobs", json!(-0.5)),
            extra("candidates.0.logprobsResult", json!({"chosenCandidates": []})),
            extra("candidates.0.finishMessage", json!("m")),
            extra("responseId", json!("r-2")),
            extra("promptFeedback", json!({"safetyRatings": ratings})),
        ]
    );
}

#[test]
fn other_candidates_are_kept() {
    let other = json!({"content": {"parts": [{"text": "o"}]}, "index": 1, "finishReason": "STOP"});
    let frame = json!({"candidates": [
        other, {"content": {"parts": [{"text": "a"}]}, "index": 0},
    ]});
    assert_eq!(said(&[frame]), [text("a"), extra("candidates.1", other)]);
}

#[test]
fn finish_reasons() {
    use FinishReason as Reason;
    for (raw, reason) in [
        ("STOP", Reason::Stop),
        ("MAX_TOKENS", Reason::Length),
        ("SAFETY", Reason::ContentFilter),
        ("RECITATION", Reason::ContentFilter),
        ("BLOCKLIST", Reason::ContentFilter),
        ("PROHIBITED_CONTENT", Reason::ContentFilter),
        ("SPII", Reason::ContentFilter),
        ("MODEL_ARMOR", Reason::ContentFilter),
        ("IMAGE_SAFETY", Reason::ContentFilter),
        ("MALFORMED_FUNCTION_CALL", Reason::Other),
        ("UNEXPECTED_TOOL_CALL", Reason::Other),
        ("TOO_MANY_TOOL_CALLS", Reason::Other),
        ("FINISH_REASON_UNSPECIFIED", Reason::Other),
        ("BRAND_NEW", Reason::Other),
    ] {
        assert_eq!(said(&[ends(raw)]), [finished(reason, raw)]);
    }
}

#[test]
fn an_answer_may_go_on_after_a_finish_reason() {
    let frames =
        [parts(json!([{"text": "a"}])), ends("STOP"), parts(json!([{"text": "b"}])), ends("STOP")];
    assert_eq!(said(&frames), [text("a"), finished(FinishReason::Stop, "STOP"), text("b")]);
}

#[test]
fn a_blocked_prompt_is_an_error() {
    let frame = json!({
        "promptFeedback": {
            "blockReason": "SAFETY", "blockReasonMessage": "no",
            "safetyRatings": [
                {"category": "HARM_CATEGORY_A", "probability": "HIGH"},
                {"category": "HARM_CATEGORY_B", "probability": "LOW"},
            ],
        },
        "usageMetadata": {"promptTokenCount": 1},
    });
    let error = events(Gemini::GOOGLE, std::slice::from_ref(&frame)).unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::ContentFilter);
    assert_eq!(error.message, "The prompt was blocked: SAFETY (no); HARM_CATEGORY_A: HIGH");
    assert_eq!(error.provider_code.as_deref(), Some("SAFETY"));
    let whole = GeminiDecoder::new(Gemini::GOOGLE).decode_response(frame.to_string().as_bytes());
    assert_eq!(whole.unwrap_err().kind, ModelErrorKind::ContentFilter);
}

#[test]
fn errors_in_a_stream_are_the_providers() {
    let error = json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}});
    let found = events(Gemini::GOOGLE, &[parts(json!([{"text": "a"}])), error]).unwrap_err();
    assert_eq!(found.kind, ModelErrorKind::Overloaded);
    assert_eq!(found.message, "The model is overloaded.");
    assert_eq!(found.provider_code.as_deref(), Some("UNAVAILABLE"));
}

#[test]
fn a_stream_without_a_reason_is_truncated() {
    let mut decoder = GeminiDecoder::new(Gemini::GOOGLE);
    assert_eq!(decoder.finish().unwrap_err().kind, ModelErrorKind::Truncated);
    decoder.decode_frame(parts(json!([{"text": "a"}])).to_string().as_bytes()).unwrap();
    assert!(!decoder.is_done());
    assert_eq!(decoder.finish().unwrap_err().kind, ModelErrorKind::Truncated);
    decoder.decode_frame(ends("STOP").to_string().as_bytes()).unwrap();
    decoder.finish().unwrap();
    assert!(!decoder.is_done());
    assert_eq!(decoder.decode_frame(b" ").unwrap(), None);
}

#[test]
fn a_whole_answer_may_be_a_list_of_frames() {
    let body = json!([parts(json!([{"text": "a"}])), parts(json!([{"text": "b"}])), ends("STOP")]);
    let mut decoder = GeminiDecoder::new(Gemini::GOOGLE);
    let chunk = decoder.decode_response(body.to_string().as_bytes()).unwrap();
    assert_eq!(chunk.events[1..], [text("a"), text("b"), finished(FinishReason::Stop, "STOP")]);
    assert!(decoder.is_done());
    let list =
        json!([{"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}}]);
    let error = GeminiDecoder::new(Gemini::GOOGLE)
        .decode_response(list.to_string().as_bytes())
        .unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::RateLimit);
}

#[test]
fn what_is_no_answer_is_an_error() {
    for body in
        ["", "null", "[]", "7", "{}", "{\"candidates\":[]}", "{\"candidates\":7}", "\u{fffd}"]
    {
        let error =
            GeminiDecoder::new(Gemini::GOOGLE).decode_response(body.as_bytes()).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{body}");
        assert!(error.message.contains("Gemini's protocol"), "{error}");
    }
    let half = br#"{"candidates":[{"content":{"parts":[{"text":"a\ud800"}]}}]}"#;
    let chunk = GeminiDecoder::new(Gemini::GOOGLE).decode_response(half).unwrap();
    assert_eq!(chunk.events[1], text("a\u{fffd}"));
}

/// All chunks of a stream that comes in these pieces, up to the first error.
fn stream<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<ModelChunk>, Option<ModelErrorKind>) {
    let wire = Gemini::VERTEX;
    let mut frames = wire.framing().decoder();
    let mut decoder: Box<dyn WireDecoder> = wire.decoder();
    let mut chunks = Vec::new();
    for piece in pieces {
        frames.push(piece);
        while let Ok(Some(piece)) = frames.next_frame() {
            match decoder.decode(piece.frame) {
                Ok(chunk) => chunks.extend(chunk),
                Err(error) => return (chunks, Some(error.kind)),
            }
        }
    }
    (chunks, decoder.finish().err().map(|error| error.kind))
}

/// One of everything.
fn everything() -> Vec<String> {
    let frames = [
        parts(json!([{"text": "Hm \"ü\"", "thought": true, "thoughtSignature": "a"}])),
        parts(json!([{"text": "So\n"}, {"executableCode": {"code": "1"}}])),
        parts(json!([{"functionCall": {"name": "f", "willContinue": true}}])),
        parts(
            json!([{"functionCall": {"partialArgs": [{"jsonPath": "$.a[0].b", "stringValue": "x"}], "willContinue": true}}]),
        ),
        parts(
            json!([{"functionCall": {}}, {"functionCall": {"name": "g", "args": {"k": [1, null]}}, "thoughtSignature": "s"}]),
        ),
        json!({
            "candidates": [{"finishReason": "STOP", "index": 0, "safetyRatings": []}, {"index": 1}],
            "usageMetadata": {"promptTokenCount": 1, "x": [2]},
        }),
    ];
    frames.iter().map(|frame| format!("data: {frame}\r\n\r\n")).collect()
}

/// Calls whose arguments are whole objects.
fn whole_calls(chunks: &[ModelChunk]) -> Vec<String> {
    let pieces = chunks.iter().flat_map(|chunk| &chunk.events).filter_map(|event| match event {
        ModelEvent::ToolCall(call) => call.args.clone(),
        _ => None,
    });
    pieces.filter(|args| serde_json::from_str::<JsonObject>(args).is_ok()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_cut_gives_the_same_events(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let body = everything().concat();
        let body = body.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len())).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &body[pair[0]..pair[1]]);
        prop_assert_eq!(stream(pieces), stream([body]));
    }

    #[test]
    fn damage_is_an_error_or_a_result(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
        frames in prop::collection::vec(0_usize..6, 0..10),
    ) {
        let known = everything();
        let mut body: Vec<u8> = frames.iter().flat_map(|frame| known[*frame].bytes()).collect();
        if flips.is_empty() {
            // Frames that are missing, doubled or in another order: no call is half.
            let (chunks, error) = stream([&body[..]]);
            let allowed = [r#"{"a":[{"b":"x"}]}"#, r#"{"k":[1,null]}"#, "{}"];
            for call in whole_calls(&chunks) {
                prop_assert!(error.is_some() || allowed.contains(&call.as_str()), "{}", call);
            }
        }
        for (position, byte) in flips {
            if !body.is_empty() {
                let position = position.index(body.len());
                body[position] = byte;
            }
        }
        let end = if body.is_empty() { 0 } else { end.index(body.len()) };
        stream([&body[..end]]);
        stream([&body[..]]);
        let _ = GeminiDecoder::new(Gemini::GOOGLE).decode_response(&body);
    }
}

//! Ollama's answers become events.

use moss_llm::wire::ollama::{Ollama, OllamaDecoder};
use moss_llm::wire::{Frame, Wire, WireDecoder};
use moss_llm::{
    FinishReason, FrameError, Framing, ModelChunk, ModelError, ModelErrorKind, ModelEvent,
    ResponseInfo,
};
use moss_protocol::{ReasoningKey, ToolCallChunk, ToolCallChunkKind, Usage};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::asking::object;

/// The events of each frame of a stream, up to the first error.
fn stream<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<ModelChunk>, Option<ModelError>) {
    let mut frames = Ollama.framing().decoder();
    let mut decoder = Ollama.decoder();
    let mut chunks = Vec::new();
    for piece in pieces {
        frames.push(piece);
        while let Ok(Some(piece)) = frames.next_frame() {
            match decoder.decode(piece.frame) {
                Ok(chunk) => chunks.extend(chunk),
                Err(error) => return (chunks, Some(error)),
            }
        }
    }
    while let Ok(Some(piece)) = frames.finish() {
        match decoder.decode(piece.frame) {
            Ok(chunk) => chunks.extend(chunk),
            Err(error) => return (chunks, Some(error)),
        }
    }
    (chunks, decoder.finish().err())
}

fn lines(frames: &[Value]) -> String {
    frames.iter().map(|frame| format!("{frame}\n")).collect()
}

fn events(frames: &[Value]) -> Vec<Vec<ModelEvent>> {
    let (chunks, error) = stream([lines(frames).as_bytes()]);
    assert!(error.is_none(), "{error:?}");
    chunks.into_iter().map(|chunk| chunk.events).collect()
}

fn started(extra: Value) -> ModelEvent {
    let (model, extra) = (Some("qwen3:4b".to_owned()), object(extra));
    ModelEvent::Started(ResponseInfo { model, extra, ..ResponseInfo::default() })
}

fn text(text: &str) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index: None }
}

fn extra(path: &str, value: Value) -> ModelEvent {
    ModelEvent::Extra { path: path.to_owned(), value }
}

fn call(index: u32, id: &str, name: &str, args: &str) -> ModelEvent {
    ModelEvent::ToolCall(ToolCallChunk {
        name: Some(name.to_owned()),
        args: Some(args.to_owned()),
        id: Some(id.to_owned()),
        index: Some(index),
        kind: ToolCallChunkKind::ToolCallChunk,
    })
}

fn finished(reason: FinishReason, raw: &str) -> ModelEvent {
    ModelEvent::Finished { reason, raw: raw.to_owned() }
}

/// An answer of every kind of frame.
fn whole_stream() -> Vec<Value> {
    vec![
        json!({"model": "qwen3:4b", "created_at": "t1", "message": {"role": "assistant", "content": "", "thinking": "Hm"}, "done": false}),
        json!({"model": "qwen3:4b", "created_at": "t2", "message": {"role": "assistant", "content": "So \u{1F600}", "images": null}, "logprobs": [{"token": "So", "logprob": -0.5}], "done": false}),
        json!({"model": "qwen3:4b", "created_at": "t3", "message": {"role": "assistant", "content": "", "tool_calls": [
            {"id": "call_1", "function": {"index": 0, "name": "f", "arguments": {"a": [1, "\"x\""]}}},
            {"id": "call_2", "type": "function", "function": {"index": 1, "name": "g", "arguments": {}}, "note": 1},
        ]}, "done": false}),
        json!({"model": "qwen3:4b", "created_at": "t4", "message": {"role": "assistant", "content": ""}, "done_reason": "stop", "done": true,
            "total_duration": 9, "load_duration": 1, "prompt_eval_count": 20, "prompt_eval_duration": 2, "eval_count": 5, "eval_duration": 3}),
    ]
}

#[test]
fn a_streamed_answer() {
    assert_eq!(
        events(&whole_stream()),
        [
            vec![
                started(json!({"created_at": "t1"})),
                ModelEvent::Reasoning {
                    text: "Hm".to_owned(),
                    form: ReasoningKey::ReasoningContent.into(),
                    index: None,
                    details: None,
                },
            ],
            vec![
                text("So \u{1F600}"),
                extra("logprobs", json!([{"token": "So", "logprob": -0.5}])),
            ],
            vec![
                call(0, "call_1", "f", r#"{"a":[1,"\"x\""]}"#),
                call(1, "call_2", "g", "{}"),
                extra("message.tool_calls.1.note", json!(1)),
            ],
            vec![
                finished(FinishReason::ToolCalls, "stop"),
                ModelEvent::Usage(Usage {
                    input_tokens: 20,
                    output_tokens: 5,
                    total_tokens: 25,
                    ..Usage::default()
                }),
                extra("created_at", json!("t4")),
                extra("total_duration", json!(9)),
                extra("load_duration", json!(1)),
                extra("prompt_eval_duration", json!(2)),
                extra("eval_duration", json!(3)),
            ],
        ]
    );
}

#[test]
fn an_answer_in_one_piece() {
    let body = json!({"model": "qwen3:4b", "created_at": "t", "done": true, "done_reason": "length",
        "message": {"role": "assistant", "content": "Hi"}, "eval_count": 5});
    let mut decoder = OllamaDecoder::default();
    let chunk = decoder.decode_response(body.to_string().as_bytes()).unwrap();
    let usage = Usage { output_tokens: 5, total_tokens: 5, ..Usage::default() };
    assert_eq!(
        chunk.events,
        [
            started(json!({"created_at": "t"})),
            text("Hi"),
            finished(FinishReason::Length, "length"),
            ModelEvent::Usage(usage),
        ]
    );
    assert!(decoder.is_done());
    let unfinished = json!({"model": "m", "message": {"content": "Hi"}, "done": false});
    let error = OllamaDecoder::default().decode_response(unfinished.to_string().as_bytes());
    assert_eq!(error.unwrap_err().kind, ModelErrorKind::Protocol);
}

#[test]
fn reasons_to_stop() {
    for (done_reason, reason, raw) in [
        (json!("stop"), FinishReason::Stop, "stop"),
        (json!("length"), FinishReason::Length, "length"),
        (json!("load"), FinishReason::Other, "load"),
        // Older servers say only that they are done, and leave the message out.
        (Value::Null, FinishReason::Stop, "stop"),
    ] {
        let frame = json!({"model": "qwen3:4b", "done": true, "done_reason": done_reason});
        assert_eq!(events(&[frame]), [vec![started(json!({})), finished(reason, raw)]]);
    }
}

fn ids_and_indices(frames: &[Value]) -> Vec<(String, u32)> {
    let events = events(frames).into_iter().flatten();
    events
        .filter_map(|event| match event {
            ModelEvent::ToolCall(call) => Some((call.id.unwrap(), call.index.unwrap())),
            _ => None,
        })
        .collect()
}

#[test]
fn calls_without_ids_get_some_of_their_own() {
    let call = |number: u32| json!({"function": {"name": "f", "arguments": {"n": number}}});
    let frame = |created_at: &str, calls: Value| json!({"model": "m", "created_at": created_at, "message": {"tool_calls": calls}});
    let done = json!({"done": true});
    let one = [frame("t1", json!([call(1), call(1)])), frame("t2", json!([call(2)])), done.clone()];
    let ids = ids_and_indices(&one);
    assert_eq!(ids.iter().map(|(_, index)| *index).collect::<Vec<_>>(), [0, 1, 2]);
    // The same call in a later answer is another one.
    let later = ids_and_indices(&[frame("t3", json!([call(1)])), done]);
    let mut all: Vec<&String> = ids.iter().chain(&later).map(|(id, _)| id).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
    // And reading the same again gives the same.
    assert_eq!(ids_and_indices(&one), ids);
}

#[test]
fn an_index_is_taken_once() {
    let frame = |index: u32| json!({"model": "m", "message": {"tool_calls": [{"id": "x", "function": {"index": index, "name": "f", "arguments": {}}}]}});
    let frames = [frame(0), frame(0), frame(5), json!({"done": true})];
    let indices: Vec<u32> = ids_and_indices(&frames).into_iter().map(|(_, index)| index).collect();
    assert_eq!(indices, [0, 1, 5]);
}

#[test]
fn arguments_of_those_who_imitate_ollama() {
    let function = |arguments: Value| {
        let call = json!({"id": "a", "function": {"name": "f", "arguments": arguments}});
        let frame = json!({"model": "qwen3:4b", "message": {"tool_calls": [call]}, "done": true});
        events(&[frame])[0][1].clone()
    };
    assert_eq!(function(json!("{\"a\":1}")), call(0, "a", "f", "{\"a\":1}"));
    assert_eq!(function(Value::Null), call(0, "a", "f", "{}"));
}

#[test]
fn what_is_not_known_is_kept_and_what_repeats_is_told_once() {
    let frame = |content: &str, host: &str| json!({"model": "qwen3:4b", "remote_host": host, "message": {"role": "tool", "content": content, "mood": 1}, "done": false});
    let frames = [
        frame("a", "x"),
        frame("b", "x"),
        frame("c", "y"),
        json!({"done": true, "eval_count": -1}),
    ];
    assert_eq!(
        events(&frames),
        [
            vec![
                started(json!({})),
                text("a"),
                extra("remote_host", json!("x")),
                extra("message.role", json!("tool")),
                extra("message.mood", json!(1))
            ],
            vec![text("b"), extra("message.role", json!("tool")), extra("message.mood", json!(1))],
            vec![
                text("c"),
                extra("remote_host", json!("y")),
                extra("message.role", json!("tool")),
                extra("message.mood", json!(1))
            ],
            vec![finished(FinishReason::Stop, "stop"), extra("eval_count", json!(-1))],
        ]
    );
}

fn error(body: &str) -> ModelError {
    stream([body.as_bytes()]).1.unwrap()
}

#[test]
fn errors_within_a_stream() {
    let first = json!({"model": "m", "message": {"content": "Hi"}, "done": false});
    let failed =
        error(&format!("{first}\n{{\"error\":\"the model runner has unexpectedly stopped\"}}\n"));
    assert_eq!(failed.message, "the model runner has unexpectedly stopped");
    let overflow = error("{\"error\":\"the input length exceeds the context length\"}\n");
    assert_eq!(overflow.kind, ModelErrorKind::ContextOverflow);
    assert_eq!(error("").kind, ModelErrorKind::Truncated);
    assert_eq!(error(&format!("{first}\n")).kind, ModelErrorKind::Truncated);
    for damaged in [
        "{}",
        "[]",
        "{\"message\":7}",
        "{\"message\":{\"content\":7}}",
        "nonsense",
        "{\"done\":tru",
    ] {
        assert_eq!(error(damaged).kind, ModelErrorKind::Protocol, "{damaged}");
    }
}

#[test]
fn halves_of_characters_are_read_as_javascript_reads_them() {
    let frame = r#"{"model":"qwen3:4b","message":{"content":"a\ud83d"},"done":true}"#;
    let (chunks, error) = stream([frame.as_bytes()]);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(chunks[0].events[1], text("a\u{FFFD}"));
}

#[test]
fn lines_of_all_kinds() {
    let mut lines = Framing::Lines.decoder();
    let mut seen = Vec::new();
    lines.push(b"one\r\n\n  \ntwo\nth");
    while let Some(piece) = lines.next_frame().unwrap() {
        seen.push((piece.frame.data.to_vec(), piece.terminated));
    }
    lines.push(b"ree");
    assert_eq!(lines.next_frame().unwrap(), None);
    while let Some(piece) = lines.finish().unwrap() {
        seen.push((piece.frame.data.to_vec(), piece.terminated));
    }
    assert_eq!(
        seen,
        [(b"one".to_vec(), true), (b"two".to_vec(), true), (b"three".to_vec(), false)]
    );
    assert_eq!(lines.finish().unwrap(), None);
}

#[test]
fn a_line_without_end_is_refused() {
    let mut lines = Framing::Lines.decoder();
    let piece = vec![b'x'; 1 << 20];
    let refused = (0..64).find_map(|_| {
        lines.push(&piece);
        lines.next_frame().err()
    });
    assert_eq!(refused, Some(FrameError::TooLarge { limit: 8 << 20 }));
    // And nothing is read from then on.
    lines.push(b"\n{}\n");
    assert!(lines.next_frame().is_err() && lines.finish().is_err());
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let body = lines(&whole_stream());
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len())).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &body.as_bytes()[cut[0]..cut[1]]);
        let (chunks, error) = stream(pieces);
        prop_assert!(error.is_none());
        prop_assert_eq!(chunks, stream([body.as_bytes()]).0);
    }

    /// Damage gives an error or an answer, and never a panic or a call that cannot be read.
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
        end: prop::sample::Index,
    ) {
        let mut bytes = lines(&whole_stream()).into_bytes();
        for (place, byte, how) in changes {
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => { bytes.remove(place); }
                2 => bytes.insert(place, byte),
                // Frames come twice, or not at all.
                _ => {
                    let line = bytes[place..].iter().position(|byte| *byte == b'\n').unwrap_or(0);
                    let copy = bytes[place..place + line].to_vec();
                    bytes.splice(place..place, copy);
                }
            }
        }
        let (chunks, error) = stream([&bytes[..]]);
        for call in chunks.iter().flat_map(|chunk| &chunk.events) {
            if let ModelEvent::ToolCall(call) = call {
                let args: Result<Value, _> = serde_json::from_str(call.args.as_deref().unwrap());
                prop_assert!(args.is_ok());
            }
        }
        // The same damage always has the same result.
        let again = stream([&bytes[..]]);
        prop_assert_eq!(again.0, chunks);
        prop_assert_eq!(
            again.1.map(|error| error.to_string()),
            error.map(|error| error.to_string())
        );
        // What is cut off is never taken for whole.
        let whole = lines(&whole_stream());
        let end = end.index(whole.len() - 1);
        prop_assert!(stream([&whole.as_bytes()[..end]]).1.is_some());
        let _ = OllamaDecoder::default().decode_response(&bytes);
        let _ = OllamaDecoder::default().decode(Frame { kind: "", data: &bytes });
    }
}

//! How fast a streamed answer of 500 tokens is decoded, beside parsing the same frames into
//! `serde_json::Value`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use moss_llm::Framing;
use moss_llm::wire::Wire;
use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChat};
use moss_llm::wire::responses::{Responses, ResponsesDialect};
use serde_json::Value;

/// A frame of a kind that the hot path is made of.
struct Shape {
    name: &'static str,
    wire: &'static dyn Wire,
    /// What comes before it, so that the decoder knows the block that it belongs to.
    before: &'static [&'static str],
    frame: &'static str,
}

const OPENAI: &dyn Wire = &OpenAiChat(ChatDialect::OPENAI);
const RESPONSES: &dyn Wire = &Responses(ResponsesDialect::OPENAI);

/// The beginning of a response with an item of each kind.
const RESPONSES_BEGINS: &[&str] = &[
    r#"{"type":"response.created","response":{"id":"resp_0a7dc5b01b4a1d7a00697f3c2a","model":"gpt-5-nano","status":"in_progress"}}"#,
    r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_0a7dc5b01b4a1d7a00697f3c2b1a4c819a8d1f2f4a0d5c9e77"}}"#,
    r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_0a7dc5b01b4a1d7a00697f3c2e0d3c819aa4b0f52cba3d8a53"}}"#,
    r#"{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc_0a7dc5b01b4a1d7a00697f3c2fb2c0819a92d43b7f9d0e1c44","call_id":"call_1","name":"f"}}"#,
];

const SHAPES: &[Shape] = &[
    Shape {
        name: "openai",
        wire: OPENAI,
        before: &[],
        frame: r#"{"id":"chatcmpl-CxJ4mvE3nZ1y8hQvT0u3s0cXkQz5R","object":"chat.completion.chunk","created":1767225600,"model":"gpt-5-nano-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}],"usage":null,"obfuscation":"q8sLk2"}"#,
    },
    Shape {
        name: "deepseek_reasoning",
        wire: OPENAI,
        before: &[],
        frame: r#"{"id":"930c60df-bf64-41c9-a88e-3ec75f81e00e","object":"chat.completion.chunk","created":1767225600,"model":"deepseek-reasoner","system_fingerprint":"fp_ffc7281d48_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":null,"reasoning_content":" token"},"logprobs":null,"finish_reason":null}]}"#,
    },
    Shape {
        name: "tool_call",
        wire: OPENAI,
        before: &[],
        frame: r#"{"id":"chatcmpl-CxJ4mvE3nZ1y8hQvT0u3s0cXkQz5R","object":"chat.completion.chunk","created":1767225600,"model":"gpt-5-nano-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\":\""}}]},"finish_reason":null}]}"#,
    },
    Shape {
        name: "openrouter_details",
        wire: OPENAI,
        before: &[],
        frame: r#"{"id":"gen-1767225600-a1b2c3d4e5f6","provider":"OpenAI","model":"openai/gpt-5-nano","object":"chat.completion.chunk","created":1767225600,"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":" token","reasoning_details":[{"type":"reasoning.summary","summary":" token","format":"openai-responses-v1","index":0}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}"#,
    },
    Shape {
        name: "responses_text",
        wire: RESPONSES,
        before: RESPONSES_BEGINS,
        frame: r#"{"type":"response.output_text.delta","sequence_number":204,"item_id":"msg_0a7dc5b01b4a1d7a00697f3c2e0d3c819aa4b0f52cba3d8a53","output_index":1,"content_index":0,"delta":" token","logprobs":[],"obfuscation":"q8sLk2Zx4Vt"}"#,
    },
    Shape {
        name: "responses_reasoning",
        wire: RESPONSES,
        before: RESPONSES_BEGINS,
        frame: r#"{"type":"response.reasoning_summary_text.delta","sequence_number":17,"item_id":"rs_0a7dc5b01b4a1d7a00697f3c2b1a4c819a8d1f2f4a0d5c9e77","output_index":0,"summary_index":0,"delta":" token","obfuscation":"q8sLk2Zx4Vt"}"#,
    },
    Shape {
        name: "responses_tool_call",
        wire: RESPONSES,
        before: RESPONSES_BEGINS,
        frame: r#"{"type":"response.function_call_arguments.delta","sequence_number":310,"item_id":"fc_0a7dc5b01b4a1d7a00697f3c2fb2c0819a92d43b7f9d0e1c44","output_index":2,"delta":"\":\"","obfuscation":"q8sLk2Zx4Vt"}"#,
    },
];

const TOKENS: usize = 500;

/// How many bytes of the network come at once.
const PIECE: usize = 16 << 10;

/// Frames as they come over the network.
fn stream(wire: &dyn Wire, frames: &[String]) -> String {
    let written = frames.iter().map(|frame| match (wire.framing(), event_name(frame)) {
        (Framing::EventStream, Some(name)) => format!("event: {name}\ndata: {frame}\n\n"),
        (Framing::EventStream, None) => format!("data: {frame}\n\n"),
    });
    written.collect()
}

/// The event that some protocols name beside the data: its `type`.
fn event_name(frame: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(frame).ok()?;
    frame["type"].as_str().map(str::to_owned)
}

fn decode(criterion: &mut Criterion) {
    for Shape { name, wire, before, frame } in SHAPES {
        let frames: Vec<String> = (0..TOKENS)
            .map(|token| frame.replacen(" token", &format!(" token{token}"), 1))
            .collect();
        let before: Vec<String> = before.iter().map(|frame| (*frame).to_owned()).collect();
        let before = stream(*wire, &before);
        let stream = stream(*wire, &frames);
        let mut group = criterion.benchmark_group(format!("decode_{TOKENS}_tokens/{name}"));

        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(BenchmarkId::from_parameter("frames"), |bench| {
            bench.iter(|| {
                let mut cutter = wire.framing().decoder();
                let mut bytes = 0;
                for piece in stream.as_bytes().chunks(PIECE) {
                    cutter.push(piece);
                    while let Ok(Some(piece)) = cutter.next_frame() {
                        bytes += black_box(piece.frame.data).len();
                    }
                }
                bytes
            });
        });
        group.bench_function(BenchmarkId::from_parameter("frames_and_events"), |bench| {
            bench.iter(|| {
                let mut cutter = wire.framing().decoder();
                let mut decoder = wire.decoder();
                let mut chunks = 0;
                for piece in [before.as_bytes()].into_iter().chain(stream.as_bytes().chunks(PIECE))
                {
                    cutter.push(piece);
                    while let Ok(Some(piece)) = cutter.next_frame() {
                        chunks += usize::from(black_box(decoder.decode(piece.frame)).is_ok());
                    }
                }
                assert!(chunks >= TOKENS);
            });
        });
        group.bench_function(BenchmarkId::from_parameter("value"), |bench| {
            bench.iter(|| {
                for frame in &frames {
                    let value: Result<Value, _> = serde_json::from_slice(frame.as_bytes());
                    assert!(black_box(value).is_ok());
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);

//! How fast a streamed answer of 500 tokens is decoded, beside parsing the same frames into
//! `serde_json::Value`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use moss_llm::wire::Wire;
use moss_llm::wire::anthropic::{Anthropic, AnthropicDialect};
use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChat};
use serde_json::Value;

/// A frame of each kind that the hot path is made of.
const CHAT: &[(&str, &str)] = &[
    (
        "openai",
        r#"{"id":"chatcmpl-CxJ4mvE3nZ1y8hQvT0u3s0cXkQz5R","object":"chat.completion.chunk","created":1767225600,"model":"gpt-5-nano-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}],"usage":null,"obfuscation":"q8sLk2"}"#,
    ),
    (
        "deepseek_reasoning",
        r#"{"id":"930c60df-bf64-41c9-a88e-3ec75f81e00e","object":"chat.completion.chunk","created":1767225600,"model":"deepseek-reasoner","system_fingerprint":"fp_ffc7281d48_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":null,"reasoning_content":" token"},"logprobs":null,"finish_reason":null}]}"#,
    ),
    (
        "tool_call",
        r#"{"id":"chatcmpl-CxJ4mvE3nZ1y8hQvT0u3s0cXkQz5R","object":"chat.completion.chunk","created":1767225600,"model":"gpt-5-nano-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\":\""}}]},"finish_reason":null}]}"#,
    ),
    (
        "openrouter_details",
        r#"{"id":"gen-1767225600-a1b2c3d4e5f6","provider":"OpenAI","model":"openai/gpt-5-nano","object":"chat.completion.chunk","created":1767225600,"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":" token","reasoning_details":[{"type":"reasoning.summary","summary":" token","format":"openai-responses-v1","index":0}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}"#,
    ),
];

/// The same of Anthropic's Messages.
const ANTHROPIC: &[(&str, &str)] = &[
    (
        "anthropic_text",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}}"#,
    ),
    (
        "anthropic_thinking",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" token"}}"#,
    ),
    (
        "anthropic_tool_call",
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\":\""}}"#,
    ),
];

/// What has to come before, so that a piece of a call has one.
const ANTHROPIC_START: &str = r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}"#;

const TOKENS: usize = 500;

/// How many bytes of the network come at once.
const PIECE: usize = 16 << 10;

/// An event of an event stream, as the provider writes it.
type Written = fn(&str) -> String;

fn data_only(frame: &str) -> String {
    format!("data: {frame}\n\n")
}

fn named(frame: &str) -> String {
    format!("event: content_block_delta\ndata: {frame}\n\n")
}

fn decode(criterion: &mut Criterion) {
    let chat = OpenAiChat(ChatDialect::OPENAI);
    for (name, frame) in CHAT {
        shape(criterion, name, &chat, None, frame, data_only);
    }
    let anthropic = Anthropic::new(AnthropicDialect::ANTHROPIC);
    for (name, frame) in ANTHROPIC {
        shape(criterion, name, &anthropic, Some(ANTHROPIC_START), frame, named);
    }
}

fn shape(
    criterion: &mut Criterion,
    name: &str,
    wire: &dyn Wire,
    start: Option<&str>,
    frame: &str,
    written: Written,
) {
    let frames: Vec<String> =
        (0..TOKENS).map(|token| frame.replacen(" token", &format!(" token{token}"), 1)).collect();
    let start: String = start.into_iter().map(written).collect();
    let stream: String = frames.iter().map(|frame| written(frame)).collect();
    let whole = start.clone() + &stream;
    let started = usize::from(!start.is_empty());
    let mut group = criterion.benchmark_group(format!("decode_{TOKENS}_tokens/{name}"));

    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function(BenchmarkId::from_parameter("sse"), |bench| {
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
    group.bench_function(BenchmarkId::from_parameter("sse_and_events"), |bench| {
        bench.iter(|| {
            let mut cutter = wire.framing().decoder();
            let mut decoder = wire.decoder();
            let mut chunks = 0;
            for piece in whole.as_bytes().chunks(PIECE) {
                cutter.push(piece);
                while let Ok(Some(piece)) = cutter.next_frame() {
                    let chunk = decoder.decode(piece.frame);
                    chunks += usize::from(matches!(black_box(chunk), Ok(Some(_))));
                }
            }
            assert_eq!(chunks, TOKENS + started);
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

criterion_group!(benches, decode);
criterion_main!(benches);

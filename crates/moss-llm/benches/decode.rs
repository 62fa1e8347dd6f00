//! How fast a streamed answer of 500 tokens is decoded, beside parsing the same frames into
//! `serde_json::Value`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use moss_llm::SseDecoder;
use moss_llm::wire::Wire;
use moss_llm::wire::gemini::Gemini;
use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChat};
use serde_json::Value;

const CHAT: &dyn Wire = &OpenAiChat(ChatDialect::OPENAI);

/// A frame of each kind that the hot path is made of, and the wire that it comes over.
const SHAPES: &[(&str, &dyn Wire, &str)] = &[
    (
        "openai",
        CHAT,
        r#"{"id":"chatcmpl-CxJ4mvE3nZ1y8hQvT0u3s0cXkQz5R","object":"chat.completion.chunk","created":1767225600,"model":"gpt-5-nano-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}],"usage":null,"obfuscation":"q8sLk2"}"#,
    ),
    (
        "deepseek_reasoning",
        CHAT,
        r#"{"id":"930c60df-bf64-41c9-a88e-3ec75f81e00e","object":"chat.completion.chunk","created":1767225600,"model":"deepseek-reasoner","system_fingerprint":"fp_ffc7281d48_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":null,"reasoning_content":" token"},"logprobs":null,"finish_reason":null}]}"#,
    ),
    (
        "tool_call",
        CHAT,
        r#"{"id":"chatcmpl-CxJ4mvE3nZ1y8hQvT0u3s0cXkQz5R","object":"chat.completion.chunk","created":1767225600,"model":"gpt-5-nano-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\":\""}}]},"finish_reason":null}]}"#,
    ),
    (
        "openrouter_details",
        CHAT,
        r#"{"id":"gen-1767225600-a1b2c3d4e5f6","provider":"OpenAI","model":"openai/gpt-5-nano","object":"chat.completion.chunk","created":1767225600,"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":" token","reasoning_details":[{"type":"reasoning.summary","summary":" token","format":"openai-responses-v1","index":0}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}"#,
    ),
    (
        "gemini_text",
        &Gemini::GOOGLE,
        r#"{"candidates":[{"content":{"parts":[{"text":" token"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":170,"candidatesTokenCount":26,"totalTokenCount":196,"promptTokensDetails":[{"modality":"TEXT","tokenCount":170}],"thoughtsTokenCount":183,"serviceTier":"standard"},"modelVersion":"gemini-2.5-flash","responseId":"mAy1aZ7kEOqVnsEPh6Xo2Ac"}"#,
    ),
    (
        "gemini_thought",
        &Gemini::VERTEX,
        r#"{"candidates":[{"content":{"role":"model","parts":[{"text":" token","thought":true}]}}],"usageMetadata":{"trafficType":"ON_DEMAND"},"modelVersion":"gemini-2.5-pro","createTime":"2026-01-01T00:00:00.000000Z","responseId":"mAy1aZ7kEOqVnsEPh6Xo2Ac"}"#,
    ),
];

const TOKENS: usize = 500;

/// How many bytes of the network come at once.
const PIECE: usize = 16 << 10;

fn decode(criterion: &mut Criterion) {
    for (name, spoken, frame) in SHAPES {
        let frames: Vec<String> = (0..TOKENS)
            .map(|token| frame.replacen(" token", &format!(" token{token}"), 1))
            .collect();
        let stream: String = frames.iter().map(|frame| format!("data: {frame}\n\n")).collect();
        let mut group = criterion.benchmark_group(format!("decode_{TOKENS}_tokens/{name}"));

        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(BenchmarkId::from_parameter("sse"), |bench| {
            bench.iter(|| {
                let mut sse = SseDecoder::default();
                let mut bytes = 0;
                for piece in stream.as_bytes().chunks(PIECE) {
                    sse.push(piece);
                    while let Ok(Some(event)) = sse.next_event() {
                        bytes += black_box(event.data).len();
                    }
                }
                bytes
            });
        });
        group.bench_function(BenchmarkId::from_parameter("sse_and_events"), |bench| {
            bench.iter(|| {
                let mut sse = SseDecoder::default();
                let mut wire = spoken.decoder();
                let mut chunks = 0;
                for piece in stream.as_bytes().chunks(PIECE) {
                    sse.push(piece);
                    while let Ok(Some(event)) = sse.next_event() {
                        chunks += usize::from(black_box(wire.decode(event.into())).is_ok());
                    }
                }
                assert_eq!(chunks, TOKENS);
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

//! How fast a streamed answer of 500 tokens is decoded, beside parsing the same frames into
//! `serde_json::Value`.

use std::hint::black_box;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use moss_llm::wire::Wire;
use moss_llm::wire::anthropic::{Anthropic, AnthropicDialect};
use moss_llm::wire::bedrock::{Bedrock, BedrockDialect, House};
use moss_llm::wire::gemini::Gemini;
use moss_llm::wire::ollama::Ollama;
use moss_llm::wire::openai_chat::{ChatDialect, OpenAiChat};
use moss_llm::wire::responses::{Responses, ResponsesDialect};
use moss_llm::{Framing, ToolChoice};
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
const BEDROCK: &dyn Wire = &Bedrock(BedrockDialect {
    house: House::Claude,
    prompt_cache: None,
    tool_choice: ToolChoice::Auto,
});

static ANTHROPIC: Anthropic = Anthropic::new(AnthropicDialect::ANTHROPIC);
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
        name: "ollama",
        wire: &Ollama,
        before: &[],
        frame: r#"{"model":"qwen3:4b","created_at":"2026-08-06T06:53:44.157971Z","message":{"role":"assistant","content":" token"},"done":false}"#,
    },
    Shape {
        name: "ollama_thinking",
        wire: &Ollama,
        before: &[],
        frame: r#"{"model":"qwen3:4b","created_at":"2026-08-06T06:53:44.157971Z","message":{"role":"assistant","content":"","thinking":" token"},"done":false}"#,
    },
    Shape {
        name: "gemini_text",
        wire: &Gemini::GOOGLE,
        before: &[],
        frame: r#"{"candidates":[{"content":{"parts":[{"text":" token"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":170,"candidatesTokenCount":26,"totalTokenCount":196,"promptTokensDetails":[{"modality":"TEXT","tokenCount":170}],"thoughtsTokenCount":183,"serviceTier":"standard"},"modelVersion":"gemini-2.5-flash","responseId":"mAy1aZ7kEOqVnsEPh6Xo2Ac"}"#,
    },
    Shape {
        name: "gemini_thought",
        wire: &Gemini::VERTEX,
        before: &[],
        frame: r#"{"candidates":[{"content":{"role":"model","parts":[{"text":" token","thought":true}]}}],"usageMetadata":{"trafficType":"ON_DEMAND"},"modelVersion":"gemini-2.5-pro","createTime":"2026-01-01T00:00:00.000000Z","responseId":"mAy1aZ7kEOqVnsEPh6Xo2Ac"}"#,
    },
    Shape {
        name: "anthropic_text",
        wire: &ANTHROPIC,
        before: &[],
        frame: r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}}"#,
    },
    Shape {
        name: "anthropic_thinking",
        wire: &ANTHROPIC,
        before: &[],
        frame: r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" token"}}"#,
    },
    Shape {
        name: "anthropic_tool_call",
        wire: &ANTHROPIC,
        before: &[
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}"#,
        ],
        frame: r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\":\""}}"#,
    },
    Shape {
        name: "bedrock",
        wire: BEDROCK,
        before: &[r#"{"role":"assistant","p":"abcdefghijkl"}"#],
        frame: r#"{"contentBlockIndex":0,"delta":{"text":" token"},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"}"#,
    },
    Shape {
        name: "bedrock_reasoning",
        wire: BEDROCK,
        before: &[r#"{"role":"assistant","p":"abcdefghijkl"}"#],
        frame: r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":" token"}},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"}"#,
    },
    Shape {
        name: "bedrock_tool_call",
        wire: BEDROCK,
        before: &[
            r#"{"role":"assistant","p":"abcdefghijkl"}"#,
            r#"{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"tooluse_1","name":"search"}},"p":"abc"}"#,
        ],
        frame: r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":" token"}},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"}"#,
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
fn stream(wire: &dyn Wire, frames: &[String]) -> Vec<u8> {
    let written = frames.iter().map(|frame| match (wire.framing(), event_name(frame)) {
        (Framing::AwsEventStream, _) => aws_message(frame),
        (Framing::Lines, _) => format!("{frame}\n").into_bytes(),
        (_, Some(name)) => format!("event: {name}\ndata: {frame}\n\n").into_bytes(),
        (_, None) => format!("data: {frame}\n\n").into_bytes(),
    });
    written.collect::<Vec<_>>().concat()
}

/// A message of Amazon's event stream; its members tell of what type it is.
fn aws_message(frame: &str) -> Vec<u8> {
    let kind = match frame {
        frame if frame.contains("\"delta\"") => "contentBlockDelta",
        frame if frame.contains("\"start\"") => "contentBlockStart",
        _ => "messageStart",
    };
    let header = |name: &'static str, value: &'static str| {
        Header::new(name, HeaderValue::String(value.into()))
    };
    let headers = vec![
        header(":event-type", kind),
        header(":content-type", "application/json"),
        header(":message-type", "event"),
    ];
    let message = Message::new_from_parts(headers, frame.as_bytes().to_vec());
    let mut bytes = Vec::new();
    // It has no header that is too long.
    let written = write_message_to(&message, &mut bytes);
    assert!(written.is_ok());
    bytes
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
                for piece in stream.chunks(PIECE) {
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
                for piece in [&before[..]].into_iter().chain(stream.chunks(PIECE)) {
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

//! An answer of Bedrock's Converse: the message that it becomes, and what of the message goes back.

use std::sync::Arc;

use moss_llm::wire::bedrock::{Bedrock, BedrockDecoder, BedrockDialect};
use moss_llm::wire::{Wire, WireDecoder, WireRequest};
use moss_llm::{ModelChunk, ModelRequest};
use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde_json::{Value, json};

use crate::host::answered;
use crate::model::Say;

/// The chunks of a streamed answer with these blocks' events.
fn streamed(events: &[(&str, Value)], reason: &str) -> Vec<ModelChunk> {
    let usage = json!({"inputTokens": 3, "outputTokens": 2, "totalTokens": 5});
    let mut all = vec![("messageStart", json!({"role": "assistant"}))];
    all.extend(events.iter().cloned());
    all.push(("messageStop", json!({"stopReason": reason})));
    all.push(("metadata", json!({"usage": usage, "metrics": {"latencyMs": 7}})));
    let mut decoder = BedrockDecoder::new();
    all.iter()
        .filter_map(|(kind, data)| decoder.decode_frame(kind, data.to_string().as_bytes()).unwrap())
        .collect()
}

/// What the host heard, in short, and the answer's message.
async fn heard(chunks: Vec<ModelChunk>) -> (String, Value) {
    let answer = chunks.into_iter().map(Say::Chunk).collect();
    answered(answer).await
}

/// The content of the message as the next request sends it.
fn sent_back(message: &Value) -> Value {
    let mut message = message.clone();
    message["type"] = json!("ai");
    let results = message["tool_calls"].as_array().cloned().unwrap_or_default();
    let results = results
        .iter()
        .map(|call| json!({"role": "tool", "tool_call_id": call["id"], "content": "12:00"}));
    let all = [json!({"role": "user", "content": "Hi"}), message.clone()];
    let messages = Message::list_from_json(all.into_iter().chain(results).collect()).unwrap();
    let request = ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        tools: [ToolDefinition::new("clock", "", json!({"type": "object"}))].into(),
        ..ModelRequest::default()
    };
    let model = "anthropic.claude-x";
    let body = Bedrock(BedrockDialect::of(model)).encode(&WireRequest {
        model,
        request: &request,
        stream: true,
        stream_usage: true,
        parameters: &JsonObject::new(),
        extra_body: &JsonObject::new(),
    });
    let mut body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    body["messages"][1]["content"].take()
}

fn start(index: u32, start: Value) -> (&'static str, Value) {
    ("contentBlockStart", json!({"contentBlockIndex": index, "start": start}))
}

fn delta(index: u32, delta: Value) -> (&'static str, Value) {
    ("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta}))
}

fn stop(index: u32) -> (&'static str, Value) {
    ("contentBlockStop", json!({"contentBlockIndex": index}))
}

#[tokio::test]
async fn an_answer_of_one_text_is_a_text() {
    let events = [delta(0, json!({"text": "Ra"})), delta(0, json!({"text": "in"})), stop(0)];
    let (order, message) = heard(streamed(&events, "end_turn")).await;
    assert_eq!(order, r#"ms, S(0,text), Δ(0,"Ra"), Δ(0,"in"), me, C(0)"#);
    assert_eq!(message["content"], "Rain");
    assert_eq!(
        message["response_metadata"],
        json!({
            "finish_reason": "end_turn",
            "messageStop": {"stopReason": "end_turn"},
            "metadata": {
                "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
                "metrics": {"latencyMs": 7},
            },
        })
    );
    assert_eq!(message["usage_metadata"]["total_tokens"], 5);
    assert_eq!(sent_back(&message), json!([{"text": "Rain"}]));
}

#[tokio::test]
async fn an_answer_of_many_blocks_goes_back_as_it_came() {
    let citation = json!({"title": "T", "location": {"web": {"url": "https://x"}}});
    let server = json!({"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use"});
    let events = [
        delta(0, json!({"reasoningContent": {"text": "H"}})),
        delta(0, json!({"reasoningContent": {"text": "m"}})),
        delta(0, json!({"reasoningContent": {"signature": "sig"}})),
        stop(0),
        delta(1, json!({"reasoningContent": {"redactedContent": "YQ=="}})),
        stop(1),
        start(2, json!({"toolUse": server})),
        delta(2, json!({"toolUse": {"input": "{\"q\":"}})),
        delta(2, json!({"toolUse": {"input": "1}"}})),
        stop(2),
        start(3, json!({"toolResult": {"toolUseId": "s", "status": "success"}})),
        delta(3, json!({"toolResult": [{"text": "wet"}]})),
        stop(3),
        delta(4, json!({"text": "Ra"})),
        delta(4, json!({"text": "in"})),
        delta(4, json!({"citation": citation})),
        stop(4),
        start(5, json!({"toolUse": {"toolUseId": "t", "name": "clock"}})),
        delta(5, json!({"toolUse": {"input": "{}"}})),
        stop(5),
    ];
    let (order, message) = heard(streamed(&events, "tool_use")).await;
    assert!(
        order.starts_with(
            r#"ms, S(0,think), R(0,"H"), R(0,"m"), C(0), S(1,text), Δ(1,"Ra"), Δ(1,"in"), C(1), S(2,clock {})"#
        ),
        "{order}"
    );
    let mut called = server.clone();
    called["input"] = json!({"q": 1});
    assert_eq!(
        message["content"],
        json!([
            {"index": 0, "type": "reasoning_content", "reasoningText": {"text": "Hm", "signature": "sig"}},
            {"index": 1, "type": "reasoning_content", "redactedContent": "YQ=="},
            {"index": 2, "type": "server_tool_use", "toolUse": called},
            {"index": 3, "type": "tool_result", "toolResult": {"toolUseId": "s", "status": "success", "content": [{"text": "wet"}]}},
            {"index": 4, "type": "text", "text": "Rain", "citations": [citation]},
        ])
    );
    assert_eq!(
        message["tool_calls"],
        json!([{"name": "clock", "args": {}, "id": "t", "type": "tool_call"}])
    );
    assert_eq!(
        sent_back(&message),
        json!([
            {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "sig"}}},
            {"reasoningContent": {"redactedContent": "YQ=="}},
            {"toolUse": called},
            {"toolResult": {"toolUseId": "s", "status": "success", "content": [{"text": "wet"}]}},
            {"citationsContent": {"content": [{"text": "Rain"}], "citations": [citation]}},
            {"toolUse": {"toolUseId": "t", "name": "clock", "input": {}}},
        ])
    );
}

#[tokio::test]
async fn an_answer_in_one_piece_becomes_the_same_message() {
    let blocks = json!([
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "sig"}}},
        {"reasoningContent": {"reasoningText": {"text": "So", "signature": "sag"}}},
        {"text": "Rain"},
        {"toolUse": {"toolUseId": "t", "name": "clock", "input": {}}},
    ]);
    let body = json!({"output": {"message": {"role": "assistant", "content": blocks}}, "stopReason": "tool_use"});
    let chunk = BedrockDecoder::new().decode_response(body.to_string().as_bytes()).unwrap();
    let (_, message) = heard(vec![chunk]).await;
    assert_eq!(
        message["content"],
        json!([
            {"index": 0, "type": "reasoning_content", "reasoningText": {"text": "Hm", "signature": "sig"}},
            {"index": 1, "type": "reasoning_content", "reasoningText": {"text": "So", "signature": "sag"}},
            {"index": 2, "type": "text", "text": "Rain"},
        ])
    );
    assert_eq!(sent_back(&message), blocks);
}

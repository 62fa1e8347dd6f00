//! Claude's answers become messages that go back to it as they came.

use moss_llm::wire::anthropic::{Anthropic, AnthropicDecoder, AnthropicDialect};
use moss_llm::wire::{Wire, WireRequest};
use moss_protocol::JsonObject;
use serde_json::{Value, json};

use crate::host::answered;
use crate::model::{chunk, going_back};

const DIALECT: AnthropicDialect = AnthropicDialect::ANTHROPIC;

/// The message of an answer that comes in these events.
async fn message(mut decoder: AnthropicDecoder, events: &[Value]) -> Value {
    let mut says = Vec::new();
    for event in events {
        let decoded = decoder.decode_frame(event.to_string().as_bytes()).unwrap();
        says.extend(decoded.map(|decoded| chunk(decoded.events)));
    }
    decoder.finish().unwrap();
    answered(says).await.1
}

/// A stream of these blocks: each block's beginning and its pieces.
fn stream(blocks: &[(Value, Vec<Value>)], reason: &str) -> Vec<Value> {
    let mut events = vec![json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [],
        "stop_reason": null, "usage": {"input_tokens": 1, "output_tokens": 1},
    }})];
    for (index, (begin, pieces)) in blocks.iter().enumerate() {
        events.push(json!({"type": "content_block_start", "index": index, "content_block": begin}));
        events.extend(
            pieces.iter().map(
                |piece| json!({"type": "content_block_delta", "index": index, "delta": piece}),
            ),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": {"output_tokens": 5}}));
    events.push(json!({"type": "message_stop"}));
    events
}

/// The model's turn when a message goes back to it. Its calls are answered.
fn sent(message: &Value) -> Value {
    let request = going_back(message);
    let body = Anthropic::new(DIALECT).encode(&WireRequest {
        model: "claude-sonnet-4-5",
        request: &request,
        stream: true,
        stream_usage: true,
        parameters: &JsonObject::new(),
        extra_body: &JsonObject::new(),
    });
    let mut body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    body["messages"][1]["content"].take()
}

#[tokio::test]
async fn every_block_goes_back_at_its_place() {
    let citation = json!({"type": "web_search_result_location", "url": "u", "cited_text": "c", "encrypted_index": "e"});
    let blocks = json!([
        {"type": "thinking", "thinking": "Hm, so", "signature": "sig-1"},
        {"type": "redacted_thinking", "data": "abc"},
        {"type": "thinking", "thinking": "", "signature": "sig-2"},
        {"type": "text", "text": "I search."},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result", "url": "u", "encrypted_content": "e"}]},
        {"type": "text", "text": "Found it.", "citations": [citation]},
        {"type": "tool_use", "id": "toolu_1", "name": "calculator", "input": {"expression": "1"}, "caller": {"type": "direct"}},
    ]);
    let piece = |kind: &str, name: &str, text: &str| json!({"type": kind, name: text});
    let input = |text: &str| piece("input_json_delta", "partial_json", text);
    let streamed = message(
        AnthropicDecoder::new(DIALECT),
        &stream(
            &[
                (json!({"type": "thinking", "thinking": "", "signature": ""}), vec![
                    piece("thinking_delta", "thinking", "Hm, "),
                    piece("thinking_delta", "thinking", "so"),
                    piece("signature_delta", "signature", "sig-1"),
                ]),
                (blocks[1].clone(), vec![]),
                (json!({"type": "thinking", "thinking": "", "signature": ""}), vec![
                    piece("signature_delta", "signature", "sig-2"),
                ]),
                (json!({"type": "text", "text": ""}), vec![
                    piece("text_delta", "text", "I "),
                    piece("text_delta", "text", "search."),
                ]),
                (json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}), vec![
                    input(""),
                    input("{\"query\":"),
                    input("\"x\"}"),
                ]),
                (blocks[5].clone(), vec![]),
                (json!({"type": "text", "text": "", "citations": []}), vec![
                    json!({"type": "citations_delta", "citation": citation}),
                    piece("text_delta", "text", "Found it."),
                ]),
                (json!({"type": "tool_use", "id": "toolu_1", "name": "calculator", "input": {}, "caller": {"type": "direct"}}), vec![
                    input("{\"expression\""),
                    input(": \"1\"}"),
                ]),
            ],
            "tool_use",
        ),
    )
    .await;
    assert_eq!(sent(&streamed), blocks);
    assert_eq!(streamed["content"][0]["index"], 0);
    assert_eq!(streamed["tool_calls"][0]["args"], json!({"expression": "1"}));
    assert_eq!(streamed["additional_kwargs"]["stop_reason"], "tool_use");

    let whole = AnthropicDecoder::new(DIALECT)
        .decode_response(
            json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": blocks,
                "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 5},
            })
            .to_string()
            .as_bytes(),
        )
        .unwrap();
    let whole = answered(vec![chunk(whole.events)]).await.1;
    assert_eq!(sent(&whole), blocks);
    assert_eq!(whole["tool_calls"], streamed["tool_calls"]);
    assert_eq!(whole["usage_metadata"], streamed["usage_metadata"]);
}

#[tokio::test]
async fn a_text_alone_stays_a_text_where_nothing_else_was_asked_for() {
    let text = |text: &str| json!({"type": "text_delta", "text": text});
    let blocks = [(json!({"type": "text", "text": ""}), vec![text("Hel"), text("lo")])];
    let events = stream(&blocks, "end_turn");
    let plain = message(AnthropicDecoder::of_text(DIALECT), &events).await;
    assert_eq!(plain["content"], "Hello");
    let numbered = message(AnthropicDecoder::new(DIALECT), &events).await;
    assert_eq!(numbered["content"], json!([{"index": 0, "type": "text", "text": "Hello"}]));
}

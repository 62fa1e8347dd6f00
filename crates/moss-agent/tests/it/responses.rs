//! An answer of OpenAI's Responses: the message that it becomes, and what of the message goes back.

use std::sync::Arc;

use moss_llm::ModelRequest;
use moss_llm::wire::WireRequest;
use moss_llm::wire::responses::{ResponsesDecoder, ResponsesDialect, ResponsesEncoder};
use moss_protocol::{JsonObject, Message};
use serde_json::{Value, json};

use crate::host::answered;
use crate::model::Say;

const DIALECT: ResponsesDialect = ResponsesDialect::OPENAI;

/// What the host heard of a streamed answer, in short, and the answer's message.
async fn heard(frames: &[Value]) -> (String, Value) {
    let mut decoder = ResponsesDecoder::new(DIALECT);
    let answer = frames
        .iter()
        .map(|frame| decoder.decode_frame("", frame.to_string().as_bytes()).unwrap().unwrap())
        .map(Say::Chunk)
        .collect();
    answered(answer).await
}

/// The input of the next request, with the results of the calls.
fn next_input(message: &Value, results: &[Value], parameters: &Value) -> Value {
    let mut message = message.clone();
    message["type"] = json!("ai");
    let messages = std::iter::once(message).chain(results.iter().cloned()).collect();
    let messages = Message::list_from_json(messages).unwrap();
    let request = ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        ..ModelRequest::default()
    };
    let body = ResponsesEncoder::new(DIALECT).encode(&WireRequest {
        model: "gpt-x",
        request: &request,
        stream: true,
        stream_usage: true,
        parameters: parameters.as_object().unwrap(),
        extra_body: &JsonObject::new(),
    });
    let mut body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    body["input"].take()
}

fn reasoning() -> Value {
    json!({"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed",
        "summary": [{"type": "summary_text", "text": "Hm"}, {"type": "summary_text", "text": "So"}]})
}

fn search() -> Value {
    json!({"id": "ws_1", "type": "web_search_call", "status": "completed"})
}

fn text(cites: &Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "Rain", "annotations": [cites]}]})
}

fn call() -> Value {
    json!({"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1",
        "name": "clock", "arguments": "{}"})
}

fn frames() -> Vec<Value> {
    let cites = json!({"type": "url_citation", "url": "https://x"});
    let summary = |index: u32, delta: &str| {
        json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0,
            "summary_index": index, "delta": delta})
    };
    let done = |index: u32, item: Value| json!({"type": "response.output_item.done", "output_index": index, "item": item});
    vec![
        json!({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-x",
            "status": "in_progress", "created_at": 1}}),
        summary(0, "H"),
        summary(0, "m"),
        summary(1, "So"),
        done(0, reasoning()),
        done(1, search()),
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 2,
            "content_index": 0, "delta": "Rain"}),
        json!({"type": "response.output_text.annotation.added", "item_id": "msg_1", "output_index": 2,
            "content_index": 0, "annotation": cites}),
        done(2, text(&cites)),
        json!({"type": "response.output_item.added", "output_index": 3, "item": {"id": "fc_1",
            "type": "function_call", "call_id": "call_1", "name": "clock", "arguments": ""}}),
        json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 3,
            "delta": "{}"}),
        done(3, call()),
        json!({"type": "response.completed", "response": {"id": "resp_1", "model": "gpt-x",
            "status": "completed", "created_at": 1, "output": [reasoning(), search(), text(&cites), call()],
            "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}}}),
    ]
}

fn result() -> (Value, Value) {
    (
        json!({"role": "tool", "tool_call_id": "call_1", "content": "12:00"}),
        json!({"type": "function_call_output", "call_id": "call_1", "output": "12:00"}),
    )
}

#[tokio::test]
async fn the_message_is_what_langchain_s_client_builds() {
    let cites = json!({"type": "url_citation", "url": "https://x"});
    let (order, message) = heard(&frames()).await;
    assert!(
        order.starts_with(
            r#"ms, S(0,think), R(0,"H"), R(0,"m"), R(0,"So"), C(0), S(1,text), Δ(1,"Rain"), C(1), S(2,clock {})"#
        ),
        "{order}"
    );
    assert_eq!(
        message["content"],
        json!([{"index": 0, "type": "text", "text": "Rain", "annotations": [cites]}])
    );
    assert_eq!(message["tool_calls"][0]["id"], "call_1");
    assert_eq!(
        message["additional_kwargs"],
        json!({
            "reasoning": {"id": "rs_1", "type": "reasoning", "encrypted_content": "sealed", "summary": [
                {"type": "summary_text", "text": "Hm", "index": 0},
                {"type": "summary_text", "text": "So", "index": 1},
            ]},
            "tool_outputs": [search()],
            "__openai_function_call_ids__": {"call_1": "fc_1"},
        })
    );
    assert_eq!(
        message["response_metadata"],
        json!({
            "id": "resp_1", "model": "gpt-x", "model_name": "gpt-x", "model_provider": "openai",
            "created_at": 1, "status": "completed", "finish_reason": "completed",
            "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
            "output": [reasoning(), search(), text(&cites), call()],
        })
    );
    assert_eq!(message["usage_metadata"]["total_tokens"], 5);
}

#[tokio::test]
async fn the_message_goes_back_as_it_came() {
    let cites = json!({"type": "url_citation", "url": "https://x"});
    let (_, message) = heard(&frames()).await;
    let (told, sent) = result();
    assert_eq!(
        next_input(&message, &[told], &json!({})),
        json!([reasoning(), search(), text(&cites), call(), sent])
    );
}

/// An answer that was cut has no output: what it holds beside its content serves.
#[tokio::test]
async fn a_message_that_was_cut_goes_back_with_what_is_sealed() {
    let cites = json!({"type": "url_citation", "url": "https://x"});
    let mut frames = frames();
    frames.pop();
    let (_, message) = heard(&frames).await;
    let (told, sent) = result();
    let mut rebuilt = json!([
        reasoning(),
        search(),
        {"type": "message", "role": "assistant", "content": text(&cites)["content"]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "clock", "arguments": "{}"},
        sent,
    ]);
    assert_eq!(next_input(&message, std::slice::from_ref(&told), &json!({})), rebuilt);
    for item in rebuilt.as_array_mut().unwrap() {
        item.as_object_mut().unwrap().shift_remove("id");
    }
    assert_eq!(next_input(&message, &[told], &json!({"store": false})), rebuilt);
}

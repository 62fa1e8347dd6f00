//! Gemini's answers become messages that go back to it as they came.

use moss_llm::wire::WireRequest;
use moss_llm::wire::gemini::{Gemini, GeminiDecoder, GeminiEncoder};
use moss_protocol::JsonObject;
use serde_json::{Value, json};

use crate::host::answered;
use crate::model::{chunk, going_back};

/// The message of an answer whose frames hold these parts.
async fn message(wire: Gemini, frames: &[Value]) -> Value {
    let mut decoder = GeminiDecoder::new(wire);
    let mut says = Vec::new();
    for (position, parts) in frames.iter().enumerate() {
        let reason = (position + 1 == frames.len()).then_some("STOP");
        let frame = json!({
            "candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": reason}],
            "responseId": "r-1",
        });
        let decoded = decoder.decode_frame(frame.to_string().as_bytes()).unwrap().unwrap();
        says.push(chunk(decoded.events));
    }
    answered(says).await.1
}

/// The parts of the model's turn when a message goes back to it. Its calls are answered.
fn sent(wire: Gemini, message: &Value) -> Value {
    let request = going_back(message);
    let body = GeminiEncoder::new(wire).encode(&WireRequest {
        model: "gemini-3-pro-preview",
        request: &request,
        stream: true,
        stream_usage: true,
        parameters: &JsonObject::new(),
        extra_body: &JsonObject::new(),
    });
    let mut body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    body["contents"][1]["parts"].take()
}

#[tokio::test]
async fn every_part_goes_back_with_its_signature() {
    let parts = json!([
        {"text": "Hm", "thought": true, "thoughtSignature": "a"},
        {"text": "Hmm", "thought": true},
        {"text": "So", "thoughtSignature": "b"},
        {"text": "and"},
        {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "c"},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"text": "", "thoughtSignature": "d"},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "e"},
        {"functionCall": {"name": "f", "args": {"x": 2}, "id": "own"}},
    ]);
    let whole = message(Gemini::VERTEX, std::slice::from_ref(&parts)).await;
    assert_eq!(sent(Gemini::VERTEX, &whole), parts);
    // However the parts are spread over frames.
    let frames: Vec<Value> = parts.as_array().unwrap().iter().map(|part| json!([part])).collect();
    let spread = message(Gemini::VERTEX, &frames).await;
    assert_eq!(spread["content"], whole["content"]);
    assert_eq!(sent(Gemini::VERTEX, &spread), parts);
    assert_eq!(spread["additional_kwargs"]["signatures"], json!(["e", ""]));
}

#[tokio::test]
async fn a_signature_behind_a_text_joins_it() {
    let frames = [
        json!([{"text": "Hm", "thought": true}]),
        json!([{"text": "Hel"}]),
        json!([{"text": "lo"}]),
        json!([{"text": "", "thoughtSignature": "s"}]),
    ];
    let google = message(Gemini::GOOGLE, &frames).await;
    assert_eq!(
        google["content"],
        json!([{"type": "text", "text": "Hello", "thoughtSignature": "s"}])
    );
    assert_eq!(google["additional_kwargs"], json!({"reasoning": "Hm"}));
    assert_eq!(sent(Gemini::GOOGLE, &google), json!([{"text": "Hello", "thoughtSignature": "s"}]));
    let vertex = message(Gemini::VERTEX, &frames).await;
    assert_eq!(
        vertex["content"],
        json!([
            {"type": "reasoning", "reasoning": "Hm"},
            {"type": "text", "text": "Hello", "thoughtSignature": "s"},
        ])
    );
}

#[tokio::test]
async fn plain_text_stays_a_text() {
    let frames = [json!([{"text": "Hel"}]), json!([{"text": "lo"}])];
    assert_eq!(message(Gemini::GOOGLE, &frames).await["content"], "Hello");
}

//! The Messages protocol with a real model, which `MOSS_LIVE_BASE_URL` names: a server that imitates Anthropic's, such
//! as llama.cpp's, with `MOSS_LIVE_MODEL` or any model. Its words mean nothing; the shape of its answers counts.

// What the model said is worth seeing; clippy does not know helpers as tests.
#![allow(clippy::print_stdout)]

use std::sync::Arc;

use futures::StreamExt;
use moss_llm::{ChatModel, FinishReason, LlmClient, ModelEvent, ModelRequest};
use moss_protocol::{AiMessage, Message, Provider, ToolCall, ToolDefinition};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::asking::{nothing, object, question, transport};

fn client(streaming: bool) -> Option<LlmClient> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(base) = variable("MOSS_LIVE_BASE_URL") else {
        println!("No live model: MOSS_LIVE_BASE_URL is not set. Nothing is tested.");
        return None;
    };
    let model = variable("MOSS_LIVE_MODEL").unwrap_or_else(|| "smollm2-135m".to_owned());
    let options = object(json!({
        "model": model, "maxTokens": 48, "streaming": streaming,
        "clientOptions": {"baseURL": base},
    }));
    Some(LlmClient::from_options(Provider::Anthropic, &options, &transport(), nothing).unwrap())
}

#[derive(Default)]
struct Told {
    text: String,
    id: String,
    name: String,
    args: String,
    pieces: usize,
    reason: Option<FinishReason>,
    output_tokens: u64,
}

async fn ask(client: &LlmClient, request: ModelRequest) -> Told {
    let mut told = Told::default();
    let mut answer = client.stream(request, CancellationToken::new());
    let mut starts = 0;
    while let Some(chunk) = answer.next().await {
        for event in chunk.unwrap().events {
            match event {
                ModelEvent::Started(_) => starts += 1,
                ModelEvent::Text { text, .. } => told.text.push_str(&text),
                ModelEvent::ToolCall(piece) => {
                    told.id.push_str(&piece.id.unwrap_or_default());
                    told.name.push_str(&piece.name.unwrap_or_default());
                    told.args.push_str(&piece.args.unwrap_or_default());
                    told.pieces += 1;
                }
                ModelEvent::Usage(usage) => told.output_tokens = usage.output_tokens,
                ModelEvent::Finished { reason, .. } => told.reason = Some(reason),
                _ => {}
            }
        }
    }
    assert_eq!(starts, 1);
    told
}

async fn a_call_and_its_answer(streaming: bool) {
    let Some(client) = client(streaming) else { return };
    let mut request = question("What is the weather in Oslo?");
    let schema =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    request.tools = [ToolDefinition::new("weather", "Tells the weather of a city", schema)].into();
    let told = ask(&client, request.clone()).await;
    println!(
        "streamed: {streaming}: called {} ({}) with {} in {} pieces, {} tokens",
        told.name, told.id, told.args, told.pieces, told.output_tokens
    );
    assert_eq!(told.name, "weather");
    assert_eq!(told.reason, Some(FinishReason::ToolCalls));
    assert!(!told.id.is_empty());
    let args: Value = serde_json::from_str(&told.args).unwrap();
    let called = ToolCall::new(told.id.clone(), told.name, object(args));
    let ai =
        AiMessage { content: told.text.into(), tool_calls: vec![called], ..AiMessage::default() };
    request.messages.push(Arc::new(Message::Ai(ai)));
    request.messages.push(Arc::new(Message::tool(told.id, "Sunny, 20 degrees")));

    let told = ask(&client, request).await;
    println!("then said {:?}, {} tokens", told.text, told.output_tokens);
    assert!(!told.text.is_empty());
    assert!(
        matches!(told.reason, Some(FinishReason::Stop | FinishReason::Length)),
        "{:?}",
        told.reason
    );
    assert!(told.output_tokens > 0);
}

#[tokio::test]
async fn a_streamed_call_and_its_answer() {
    a_call_and_its_answer(true).await;
}

#[tokio::test]
async fn a_whole_call_and_its_answer() {
    a_call_and_its_answer(false).await;
}

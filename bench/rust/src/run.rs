//! One run as a host does it: an agent, a handler, a conversation.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use moss_agent::{Agent, AgentRuntime, CallOptions, EventHandlerRegistry};
use moss_llm::{LlmClient, Transport};
use moss_protocol::{EventName, GraphEvent, JsonObject, Message, Provider};
use serde_json::Value;

/// The agent, made once and shared by all runs.
pub fn agent(url: &str, model: &str) -> Result<Agent> {
    let options = JsonObject::from_iter([
        ("model".to_owned(), Value::from(model)),
        ("apiKey".to_owned(), Value::from("sk-none")),
        ("baseURL".to_owned(), Value::from(format!("{url}/v1"))),
    ]);
    let client =
        LlmClient::from_options(Provider::OpenAi, &options, Transport::shared(), |_| None)?;
    Ok(Agent::new("bench", Arc::new(client)).instructions("You are a helpful assistant."))
}

/// Runs the agent, and gives how many tokens its handler saw, and the text it put together from them.
pub async fn answer(agent: &Agent) -> Result<(usize, String)> {
    let seen = Arc::new(Mutex::new((0, String::new())));
    let seen_by_handler = Arc::clone(&seen);
    let handlers = EventHandlerRegistry::new().on(EventName::MessageDelta, move |event| {
        if let GraphEvent::MessageDelta(delta) = &event.event {
            let mut seen = seen_by_handler.lock().unwrap_or_else(PoisonError::into_inner);
            seen.0 += 1;
            for text in delta.delta.content.iter().filter_map(|part| part.as_text()) {
                seen.1.push_str(text);
            }
        }
        Ok(())
    });
    let runtime = AgentRuntime::builder("bench", agent.clone()).sink(handlers).create()?;
    let outcome =
        runtime.process_stream(vec![Message::human("hi")], CallOptions::default()).await?;
    let (tokens, text) = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    let answer = outcome.answer().context("the run has no answer")?;
    anyhow::ensure!(answer == text, "the handler's text is not the answer");
    Ok((tokens, text))
}

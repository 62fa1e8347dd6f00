//! Clients and questions for tests.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use moss_llm::{
    ChatModel, LlmClient, ModelChunk, ModelError, ModelEvent, ModelRequest, ModelSetupError,
    RetryPolicy, Transport, TransportConfig,
};
use moss_protocol::{HumanMessage, JsonObject, Message, Provider};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::server::Server;

/// No variable is set.
pub fn nothing(_: &str) -> Option<String> {
    None
}

pub fn object(value: Value) -> JsonObject {
    serde_json::from_value(value).unwrap()
}

/// A client without environment and with connections of its own.
pub fn try_client(provider: Provider, options: Value) -> Result<LlmClient, ModelSetupError> {
    LlmClient::from_options(provider, &object(options), &transport(), nothing)
}

pub fn transport() -> Transport {
    Transport::new(TransportConfig { max_body: 1 << 20, ..TransportConfig::default() })
}

/// A client of a scripted server that repeats failed requests at once. `options` come on top.
pub fn client(server: &Server, options: Value) -> LlmClient {
    let mut all = object(json!({
        "model": "gpt-x",
        "apiKey": "sk-test",
        "configuration": {"baseURL": server.url()},
    }));
    let options = object(options);
    let retries = options.get("maxRetries").and_then(Value::as_u64).unwrap_or(2);
    all.extend(options);
    let mut retry = RetryPolicy::new(u32::try_from(retries).unwrap()).with_seed(1);
    retry.base = Duration::from_millis(1);
    try_client(Provider::OpenAi, Value::Object(all)).unwrap().with_retry(retry)
}

pub fn question(text: &str) -> ModelRequest {
    let message = HumanMessage { content: text.into(), ..HumanMessage::default() };
    ModelRequest { messages: vec![Arc::new(Message::Human(message))], ..ModelRequest::default() }
}

/// All that a model answers, up to the first error.
pub async fn ask(model: &(impl ChatModel + ?Sized)) -> (Vec<ModelChunk>, Option<ModelError>) {
    let mut stream = model.stream(question("Hi"), CancellationToken::new());
    let mut chunks = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(chunk) => chunks.push(chunk),
            Err(error) => {
                assert!(stream.next().await.is_none(), "an error ends the stream");
                return (chunks, Some(error));
            }
        }
    }
    (chunks, None)
}

/// The text of a whole answer.
pub async fn text(model: &(impl ChatModel + ?Sized)) -> Result<String, ModelError> {
    match ask(model).await {
        (chunks, None) => Ok(text_of(&chunks)),
        (_, Some(error)) => Err(error),
    }
}

pub fn text_of(chunks: &[ModelChunk]) -> String {
    let events = chunks.iter().flat_map(|chunk| &chunk.events);
    events
        .filter_map(|event| match event {
            ModelEvent::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// The error of a call that must fail.
pub async fn failure(model: &(impl ChatModel + ?Sized)) -> ModelError {
    ask(model).await.1.expect("the call fails")
}

//! Model clients: from a conversation to a stream of [`ModelEvent`]s, and nothing of graphs or agents.
//!
//! A [`ChatModel`] answers a [`ModelRequest`] with a stream of [`ModelChunk`]s. [`LlmClient`] asks a
//! provider that speaks OpenAI's chat protocol, over the connections of a [`Transport`]; [`DemoModel`] is
//! built in, scripted and offline. [`model_from_options`] makes either from the options that hosts write.
//!
//! ```
//! use std::sync::Arc;
//!
//! use futures::StreamExt;
//! use moss_llm::{ModelEvent, ModelRequest, Transport, model_from_options};
//! use moss_protocol::{HumanMessage, JsonObject, Message, Provider, ToolDefinition};
//! use serde_json::json;
//! use tokio_util::sync::CancellationToken;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = JsonObject::from_iter([("model".to_owned(), json!("demo"))]);
//! let environment = |name: &str| std::env::var(name).ok();
//! let model = model_from_options(Provider::Demo, &options, Transport::shared(), environment)?;
//!
//! let question = HumanMessage { content: "What is 37 * 91?".into(), ..HumanMessage::default() };
//! let calculator = ToolDefinition::new(
//!     "calculator",
//!     "Evaluates an arithmetic expression",
//!     json!({
//!         "type": "object",
//!         "properties": {"expression": {"type": "string"}},
//!         "required": ["expression"],
//!     }),
//! );
//! let request = ModelRequest {
//!     messages: vec![Arc::new(Message::Human(question))],
//!     tools: [calculator].into(),
//!     ..ModelRequest::default()
//! };
//!
//! let mut arguments = String::new();
//! let mut answer = model.stream(request, CancellationToken::new());
//! while let Some(chunk) = answer.next().await {
//!     for event in chunk?.events {
//!         if let ModelEvent::ToolCall(piece) = event {
//!             arguments.push_str(&piece.args.unwrap_or_default());
//!         }
//!     }
//! }
//! assert_eq!(arguments, r#"{"expression":"37 * 91"}"#);
//! # Ok(())
//! # }
//! ```

mod client;
mod demo;
mod endpoint;
mod error;
mod event;
mod frames;
mod model;
mod options;
mod prepare;
mod provider;
mod rate_limits;
mod request;
mod retry;
mod secret;
mod setup_error;
mod sse;
mod transport;
pub mod wire;

pub use client::{
    FallbackModel, ListedModel, LlmClient, ModelListError, list_models, model_from_options,
};
pub use demo::{DEMO_MODELS, DemoModel, DemoVariant};
pub use error::{ModelError, ModelErrorKind};
pub use event::{Fallback, FinishReason, ModelChunk, ModelEvent, ReasoningForm, ResponseInfo};
pub use frames::{AwsEventStreamDecoder, FrameDecoder, FrameError, FramePiece, Framing};
pub use model::{ChatModel, ModelInfo, ModelStream};
pub use options::ClientOptions;
pub use provider::{
    ListForm, ModelList, Need, ProviderFacts, ProviderProfile, WireName, available_providers,
};
pub use rate_limits::{RateLimit, RateLimits};
pub use request::{ModelRequest, OutputSchema, ToolChoice};
pub use retry::{Failure, RetryPolicy};
pub use secret::Secret;
pub use setup_error::ModelSetupError;
pub use sse::{SseDecoder, SseError, SseEvent};
pub use transport::{Transport, TransportConfig};

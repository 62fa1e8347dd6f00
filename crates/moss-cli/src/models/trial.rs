//! One small call to a model, and what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use moss_llm::{ChatModel, FinishReason, ModelError, ModelEvent, ModelRequest};
use moss_protocol::{JsonObject, Message, ToolDefinition, Usage};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// What the model is asked. A model that calls no tool can still answer it.
const QUESTION: &str = "Call the tool `add` to add 2 and 3. Do not calculate yourself.";

/// The tool that is offered.
pub(super) const TOOL: &str = "add";

/// What came of a call.
#[derive(Debug, Default)]
pub(super) struct Trial {
    /// The name that the provider gives the model.
    pub(super) model: Option<String>,
    /// When the answer began.
    pub(super) first: Option<Duration>,
    /// In how many chunks something was said.
    pub(super) chunks: usize,
    pub(super) text: String,
    /// The tool calls, in the order in which they began.
    pub(super) calls: Vec<Call>,
    pub(super) usage: Option<Usage>,
    pub(super) finish: Option<FinishReason>,
    pub(super) duration: Duration,
    pub(super) error: Option<ModelError>,
}

/// A tool call as it came.
#[derive(Debug, Default)]
pub(super) struct Call {
    index: Option<u32>,
    id: Option<String>,
    pub(super) name: String,
    pub(super) args: String,
}

impl Call {
    /// The arguments, if they are what a tool can be called with.
    pub(super) fn object(&self) -> Option<JsonObject> {
        serde_json::from_str(&self.args).ok()
    }
}

/// Makes the call.
pub(super) async fn make(model: Arc<dyn ChatModel>) -> Trial {
    let number = json!({"type": "number"});
    let parameters = json!({
        "type": "object",
        "properties": {"a": number, "b": number},
        "required": ["a", "b"],
    });
    let request = ModelRequest {
        messages: vec![Arc::new(Message::human(QUESTION))],
        tools: [ToolDefinition::new(TOOL, "Adds two numbers", parameters)].into(),
        ..ModelRequest::default()
    };
    let mut trial = Trial::default();
    let start = Instant::now();
    let mut answer = model.stream(request, CancellationToken::new());
    while let Some(chunk) = answer.next().await {
        match chunk {
            Ok(chunk) => {
                trial.first.get_or_insert_with(|| start.elapsed());
                trial.take(chunk.events);
            }
            Err(error) => trial.error = Some(error),
        }
    }
    trial.duration = start.elapsed();
    trial
}

impl Trial {
    fn take(&mut self, events: Vec<ModelEvent>) {
        let mut said = false;
        for event in events {
            match event {
                ModelEvent::Started(info) => self.model = info.model,
                ModelEvent::Text { text, .. } | ModelEvent::Refusal { text } => {
                    self.text.push_str(&text);
                    said = true;
                }
                ModelEvent::ToolCall(piece) => {
                    let index = piece.index;
                    // A piece with a new id begins a call, even where the provider counts none.
                    let begins = match self.calls.last() {
                        None => true,
                        Some(last) => {
                            last.index != index || (piece.id.is_some() && piece.id != last.id)
                        }
                    };
                    if begins {
                        self.calls.push(Call { index, id: piece.id, ..Call::default() });
                    }
                    if let Some(call) = self.calls.last_mut() {
                        call.name.push_str(&piece.name.unwrap_or_default());
                        call.args.push_str(&piece.args.unwrap_or_default());
                    }
                    said = true;
                }
                ModelEvent::Usage(usage) => self.usage = Some(usage),
                ModelEvent::Finished { reason, .. } => self.finish = Some(reason),
                ModelEvent::Reasoning { .. } | ModelEvent::Part { .. } => said = true,
                ModelEvent::Kwarg { .. } | ModelEvent::Extra { .. } | ModelEvent::Fallback(_) => {}
            }
        }
        self.chunks += usize::from(said);
    }
}

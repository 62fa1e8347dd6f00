//! A model that says what a test tells it to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use futures::stream::unfold;
use moss_llm::{
    ChatModel, FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ModelInfo,
    ModelRequest, ModelStream, ResponseInfo,
};
use moss_protocol::{Message, Provider, ReasoningKey, ToolCallChunk, Usage};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// One step of an answer.
pub enum Say {
    Chunk(ModelChunk),
    Fail(ModelErrorKind, &'static str),
    /// Waits for the test.
    Gate(Arc<Notify>),
    /// Says nothing more; ends when the run is cancelled, as a client's stream does.
    Hang,
    /// Says nothing more, cancelled or not.
    Deaf,
}

pub struct ScriptedModel {
    info: ModelInfo,
    answers: Mutex<VecDeque<Vec<Say>>>,
    /// What it was asked, call by call.
    pub asked: Mutex<Vec<ModelRequest>>,
    /// How many chunks were taken from it.
    pub read: Arc<AtomicUsize>,
    /// How many of its streams are gone.
    pub dropped: Arc<AtomicUsize>,
}

/// Counts when it goes.
pub struct Counted(pub Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl ScriptedModel {
    pub fn new(answers: Vec<Vec<Say>>) -> Arc<Self> {
        Arc::new(Self::of(Provider::OpenAi, true, answers))
    }

    pub fn unstreamed(answers: Vec<Vec<Say>>) -> Arc<Self> {
        Arc::new(Self::of(Provider::OpenAi, false, answers))
    }

    pub fn at(provider: Provider, answers: Vec<Vec<Say>>) -> Arc<Self> {
        Arc::new(Self::of(provider, true, answers))
    }

    fn of(provider: Provider, streaming: bool, answers: Vec<Vec<Say>>) -> Self {
        Self {
            info: ModelInfo { provider, model: "scripted".to_owned(), streaming },
            answers: Mutex::new(answers.into()),
            asked: Mutex::default(),
            read: Arc::default(),
            dropped: Arc::default(),
        }
    }

    pub fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl ChatModel for ScriptedModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, request: ModelRequest, cancel: CancellationToken) -> ModelStream {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().expect("the script has an answer");
        let guard = Counted(Arc::clone(&self.dropped));
        let (read, provider) = (Arc::clone(&self.read), self.info.provider);
        let error = move |kind, text: &str| Err(ModelError::new(kind, provider, text));
        unfold((answer.into_iter(), cancel, read, guard), move |mut state| async move {
            loop {
                let said = match state.0.next()? {
                    Say::Chunk(chunk) => {
                        state.2.fetch_add(1, Ordering::SeqCst);
                        Ok(chunk)
                    }
                    Say::Fail(kind, text) => error(kind, text),
                    Say::Gate(gate) => {
                        if state.1.run_until_cancelled(gate.notified()).await.is_some() {
                            continue;
                        }
                        error(ModelErrorKind::Cancelled, "cancelled")
                    }
                    Say::Hang => {
                        state.1.cancelled().await;
                        error(ModelErrorKind::Cancelled, "cancelled")
                    }
                    Say::Deaf => std::future::pending().await,
                };
                return Some((said, state));
            }
        })
        .boxed()
    }
}

/// A chunk of several events.
pub fn chunk(events: impl IntoIterator<Item = ModelEvent>) -> Say {
    Say::Chunk(ModelChunk { events: events.into_iter().collect() })
}

/// The frame in which a provider names its answer.
pub fn started(id: &str) -> ModelEvent {
    ModelEvent::Started(ResponseInfo { id: Some(id.to_owned()), ..ResponseInfo::default() })
}

pub fn said(text: &str) -> ModelEvent {
    ModelEvent::Text { text: text.to_owned(), index: None }
}

pub fn thought(text: &str) -> ModelEvent {
    ModelEvent::Reasoning {
        text: text.to_owned(),
        form: ReasoningKey::ReasoningContent.into(),
        index: None,
        details: None,
    }
}

/// A piece of a tool call; empty text stands for what the provider did not send.
pub fn called(index: impl Into<Option<u32>>, id: &str, name: &str, args: &str) -> ModelEvent {
    let sent = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ModelEvent::ToolCall(ToolCallChunk {
        name: sent(name),
        args: sent(args),
        id: sent(id),
        index: index.into(),
        ..ToolCallChunk::default()
    })
}

pub fn text(text: &str) -> Say {
    chunk([said(text)])
}

pub fn think(text: &str) -> Say {
    chunk([thought(text)])
}

pub fn call(index: impl Into<Option<u32>>, id: &str, name: &str, args: &str) -> Say {
    chunk([called(index, id, name, args)])
}

/// The frames with which an answer ends: why, and what it consumed.
pub fn end() -> Say {
    chunk([
        ModelEvent::Finished { reason: FinishReason::Stop, raw: "stop".to_owned() },
        ModelEvent::Usage(Usage {
            input_tokens: 10,
            output_tokens: 5,
            total_tokens: 15,
            ..Usage::default()
        }),
    ])
}

/// A request in which a model's message goes back to it. Its calls are answered.
pub fn going_back(message: &Value) -> ModelRequest {
    let mut said = message.clone();
    said["role"] = "assistant".into();
    let mut messages = vec![json!({"role": "user", "content": "Hi"}), said];
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "x"}));
    }
    let messages = Message::list_from_json(messages).unwrap();
    ModelRequest {
        messages: messages.into_iter().map(Arc::new).collect(),
        ..ModelRequest::default()
    }
}

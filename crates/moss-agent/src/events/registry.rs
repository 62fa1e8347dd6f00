//! Handlers of a Rust host, one for each event.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use moss_protocol::EventName;
use std::panic::AssertUnwindSafe;
use tokio_util::sync::CancellationToken;

use super::{Delivery, EventSink, RunEvent};

/// Any error of a host's handler.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

type SyncHandler = dyn Fn(&RunEvent) -> Result<(), HandlerError> + Send + Sync;
type AsyncHandler = dyn Fn(RunEvent) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync;

#[derive(Clone)]
enum Handler {
    Sync(Arc<SyncHandler>),
    Async(Arc<AsyncHandler>),
}

/// The handlers of a run: at most one for each event, and one for all.
///
/// They are called in the order of the events and awaited one by one. What a failing handler does is the Run
/// interface's rule: the run fails with the handler's error, except that a failing `on_run_step_closed` is
/// ignored, and a failing `on_run_step_completed`, `on_agent_log`, `on_context_usage`, `on_summarize_…` or
/// `on_subagent_update` is logged.
///
/// ```
/// use moss_agent::EventHandlerRegistry;
/// use moss_protocol::{EventName, GraphEvent};
///
/// let handlers = EventHandlerRegistry::new().on(EventName::MessageDelta, |event| {
///     if let GraphEvent::MessageDelta(delta) = &event.event {
///         let text: String = delta.delta.content.iter().filter_map(|part| part.as_text()).collect();
///         // … show it
///         # let _ = text;
///     }
///     Ok(())
/// });
/// ```
#[derive(Clone, Default)]
pub struct EventHandlerRegistry {
    handlers: BTreeMap<EventName, Handler>,
    all: Option<Handler>,
}

impl EventHandlerRegistry {
    /// No handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a handler for one event, in place of an earlier one.
    #[must_use]
    pub fn on(
        mut self,
        name: EventName,
        handler: impl Fn(&RunEvent) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Self {
        self.handlers.insert(name, Handler::Sync(Arc::new(handler)));
        self
    }

    /// Registers an asynchronous handler for one event, in place of an earlier one. It is awaited before
    /// the next event is handled.
    #[must_use]
    pub fn on_async<F, R>(mut self, name: EventName, handler: F) -> Self
    where
        F: Fn(RunEvent) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handler = move |event| handler(event).boxed();
        self.handlers.insert(name, Handler::Async(Arc::new(handler)));
        self
    }

    /// Registers a handler for every event; it is called before the event's own handler.
    #[must_use]
    pub fn on_all(
        mut self,
        handler: impl Fn(&RunEvent) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Self {
        self.all = Some(Handler::Sync(Arc::new(handler)));
        self
    }

    async fn handle(&self, event: &RunEvent) -> Result<(), HandlerError> {
        let own = self.handlers.get(&event.event.name());
        for handler in self.all.iter().chain(own) {
            handler.call(event).await?;
        }
        Ok(())
    }
}

impl Handler {
    /// Calls it; a panic is an error like any other.
    async fn call(&self, event: &RunEvent) -> Result<(), HandlerError> {
        let outcome = match self {
            Self::Sync(handler) => std::panic::catch_unwind(AssertUnwindSafe(|| handler(event))),
            Self::Async(handler) => {
                AssertUnwindSafe(async { handler(event.clone()).await }).catch_unwind().await
            }
        };
        outcome.unwrap_or_else(|_| Err("the event handler panicked".into()))
    }
}

impl fmt::Debug for EventHandlerRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.handlers.keys().collect();
        f.debug_struct("EventHandlerRegistry")
            .field("handlers", &names)
            .field("all", &self.all.is_some())
            .finish()
    }
}

#[async_trait]
impl EventSink for EventHandlerRegistry {
    fn wants(&self, name: EventName) -> bool {
        self.all.is_some() || self.handlers.contains_key(&name)
    }

    async fn deliver(&self, batch: &[RunEvent], cancel: &CancellationToken) -> Delivery {
        for (position, event) in batch.iter().enumerate() {
            if cancel.is_cancelled() {
                return Delivery { handled: position, failure: None };
            }
            let Err(error) = self.handle(event).await else { continue };
            match event.event.name() {
                EventName::RunStepClosed => {}
                name @ (EventName::RunStepCompleted
                | EventName::AgentLog
                | EventName::ContextUsage
                | EventName::SummarizeStart
                | EventName::SummarizeDelta
                | EventName::SummarizeComplete
                | EventName::SubagentUpdate) => {
                    tracing::error!(%error, event = %name, "an event handler failed");
                }
                _ => return Delivery { handled: position + 1, failure: Some(error) },
            }
        }
        Delivery::all(batch)
    }
}

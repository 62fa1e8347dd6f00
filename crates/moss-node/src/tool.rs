//! Tools that are JavaScript functions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use moss_agent::{Tool, ToolError, ToolInvocation, ToolOutput};
use moss_protocol::{Content, ToolDefinition, ToolStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::items::Items;
use crate::outbox::Entry;
use crate::speaker::Speaker;

type Answer = Result<ToolOutput, ToolError>;

/// The calls of one run that JavaScript has not answered.
pub(crate) struct ToolCalls {
    run: u32,
    speaker: Arc<Speaker>,
    next: AtomicU32,
    waiting: Mutex<HashMap<u32, oneshot::Sender<Answer>>>,
}

impl ToolCalls {
    pub(crate) fn new(run: u32, speaker: Arc<Speaker>) -> Self {
        Self { run, speaker, next: AtomicU32::new(1), waiting: Mutex::default() }
    }

    /// JavaScript's tool returned.
    pub(crate) fn returned(&self, call: u32, result: &str) {
        #[derive(Deserialize)]
        struct Returned {
            content: Option<Content>,
            artifact: Option<Value>,
            status: Option<ToolStatus>,
        }
        let answer = match serde_json::from_str::<Returned>(result) {
            Ok(Returned { content, artifact, status }) => {
                Ok(ToolOutput { content, artifact, status: status.unwrap_or(ToolStatus::Success) })
            }
            Err(error) => {
                Err(ToolError::failed(format!("the tool's result is unreadable: {error}")))
            }
        };
        self.answer(call, answer);
    }

    /// JavaScript's tool threw.
    pub(crate) fn failed(&self, call: u32, error: &str) {
        #[derive(Deserialize)]
        struct Failed {
            message: String,
        }
        let message = serde_json::from_str(error)
            .map_or_else(|_| "unknown error".to_owned(), |failed: Failed| failed.message);
        self.answer(call, Err(ToolError::failed(message)));
    }

    fn answer(&self, call: u32, answer: Answer) {
        if let Some(waiting) = self.waiting().remove(&call) {
            // Nobody waits any more when the call was cancelled in the same moment.
            let _ = waiting.send(answer);
        }
    }

    fn say(&self, name: &str, data: &Value) {
        let mut items = Items::default();
        items.push(name, |json| serde_json::to_writer(json, data));
        self.speaker.say(Entry { run: self.run, items: items.into_text(), events: 0 });
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u32, oneshot::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tool that is a JavaScript function.
pub(crate) struct FunctionTool {
    pub(crate) definition: ToolDefinition,
    pub(crate) checks_arguments: bool,
    pub(crate) calls: Arc<ToolCalls>,
}

/// A call under way. Dropped before its answer, it tells JavaScript that nobody waits for it.
struct Pending<'c> {
    call: u32,
    calls: &'c ToolCalls,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.calls.waiting().remove(&self.call).is_some() {
            self.calls.say("@toolCancel", &json!({"call": self.call}));
        }
    }
}

#[async_trait]
impl Tool for FunctionTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn checks_arguments(&self) -> bool {
        self.checks_arguments
    }

    async fn invoke(&self, invocation: ToolInvocation) -> Result<ToolOutput, ToolError> {
        let calls = self.calls.as_ref();
        let number = calls.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        calls.waiting().insert(number, sender);
        let pending = Pending { call: number, calls };
        let call = invocation.call;
        calls.say(
            "@tool",
            &json!({
                "call": number,
                "id": call.id,
                "name": call.name,
                "args": call.args,
                "stepId": invocation.step_id,
                "turn": invocation.turn,
            }),
        );
        let answer = answer.await.unwrap_or(Err(ToolError::Cancelled));
        drop(pending);
        answer
    }
}

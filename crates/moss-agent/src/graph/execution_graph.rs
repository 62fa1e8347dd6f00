//! What a run has made, and what is left of it.

use std::sync::{Arc, Mutex, PoisonError};

use moss_graph::Log;
use moss_protocol::{ContentPart, Message, RunId, RunStep, StepStatus};

use crate::content::content_of_messages;
use crate::steps::RunSteps;

/// What a run has made so far: its messages, its content, its steps. It stays after the run, until the next
/// one or [`reset`](Self::reset).
#[derive(Debug, Clone)]
pub struct ExecutionGraph {
    run_id: RunId,
    messages: Log<Arc<Message>>,
    /// How many messages the run began with.
    start_index: usize,
    steps: Arc<Mutex<RunSteps>>,
}

impl ExecutionGraph {
    pub(crate) fn new(run_id: RunId) -> Self {
        let steps = Arc::new(Mutex::new(RunSteps::new(run_id.clone())));
        Self { run_id, messages: Log::new(), start_index: 0, steps }
    }

    /// The messages that the run added to the conversation. None after a run that failed: what a failed
    /// superstep wrote is not committed, and the Run interface shows none of it.
    #[must_use]
    pub fn run_messages(&self) -> Vec<Arc<Message>> {
        self.messages.iter().skip(self.start_index).cloned().collect()
    }

    /// The run's messages as content parts, as `processStream` returns them.
    #[must_use]
    pub fn content_parts(&self) -> Vec<ContentPart> {
        content_of_messages(self.messages.iter().skip(self.start_index).map(Arc::as_ref))
    }

    /// The run's steps, in the order in which they began.
    #[must_use]
    pub fn run_steps(&self) -> Vec<RunStep> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).all().to_vec()
    }

    /// Forgets everything. Steps and content indices begin anew.
    pub fn reset(&mut self) {
        *self = Self::new(self.run_id.clone());
    }

    pub(crate) fn steps(&self) -> Arc<Mutex<RunSteps>> {
        Arc::clone(&self.steps)
    }

    pub(crate) fn end_steps(&self, status: StepStatus) {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).end_all(status);
    }

    pub(crate) fn keep(&mut self, messages: Log<Arc<Message>>, start_index: usize) {
        self.messages = messages;
        self.start_index = start_index;
    }

    pub(crate) fn forget_messages(&mut self) {
        self.messages = Log::new();
        self.start_index = 0;
    }
}

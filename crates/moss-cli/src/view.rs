//! Where a run's events go: the answer or the log to standard output, the progress to standard error.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use moss_agent::{Delivery, EventSink, RunEvent};
use moss_protocol::{EventName, GraphEvent, RunId, StepKind};
use tokio_util::sync::CancellationToken;

use crate::json_log;
use crate::progress::{Progress, Tally};
use crate::terminal::Terminal;

/// What a run writes where.
pub struct View {
    pub terminal: Terminal,
    pub tally: Tally,
    /// `None`: nothing is told.
    pub progress: Option<Progress>,
    /// What standard output gets.
    pub output: Output,
    /// Standard output could not be written.
    pub failure: Option<io::Error>,
}

/// What standard output gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The text of the answer as it comes.
    Answer,
    /// All events of the run, as JSON lines.
    Log(RunId),
}

impl View {
    pub fn new(terminal: Terminal, progress: Option<Progress>) -> Self {
        let tally = Tally::default();
        Self { terminal, tally, progress, output: Output::Answer, failure: None }
    }

    fn take(&mut self, event: &RunEvent) -> io::Result<()> {
        self.tally.note(event);
        if let Some(progress) = &mut self.progress {
            progress.tell(event, &mut self.terminal);
        }
        match (&self.output, &event.event) {
            (Output::Log(run_id), _) => self.terminal.text(&json_log::event_line(event, run_id)),
            (Output::Answer, GraphEvent::MessageDelta(delta)) => delta
                .delta
                .content
                .iter()
                .filter_map(|part| part.as_text())
                .try_for_each(|text| self.terminal.text(text)),
            (Output::Answer, GraphEvent::RunStepClosed(step))
                if step.kind == StepKind::MessageCreation =>
            {
                self.terminal.finish_line()
            }
            (Output::Answer, _) => Ok(()),
        }
    }
}

/// A view that a run's events and the command both reach.
#[derive(Clone)]
pub struct SharedView(Arc<Mutex<View>>);

impl SharedView {
    pub fn new(view: View) -> Self {
        Self(Arc::new(Mutex::new(view)))
    }

    pub fn lock(&self) -> MutexGuard<'_, View> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The view, unless somebody has it.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, View>> {
        self.0.try_lock().ok()
    }
}

#[async_trait]
impl EventSink for SharedView {
    fn wants(&self, name: EventName) -> bool {
        match self.lock().output {
            // The chunks say the same as the deltas, in LangChain's words.
            Output::Log(_) => name != EventName::ChatModelStream,
            Output::Answer => matches!(
                name,
                EventName::AgentLog
                    | EventName::ChatModelEnd
                    | EventName::ChatModelStart
                    | EventName::MessageDelta
                    | EventName::ReasoningDelta
                    | EventName::RunStepCompleted
            ),
        }
    }

    async fn deliver(&self, batch: &[RunEvent], cancel: &CancellationToken) -> Delivery {
        let mut view = self.lock();
        for (position, event) in batch.iter().enumerate() {
            if cancel.is_cancelled() {
                return Delivery { handled: position, failure: None };
            }
            if let Err(error) = view.take(event) {
                let told = io::Error::new(error.kind(), "standard output cannot be written");
                view.failure = Some(error);
                return Delivery { handled: position + 1, failure: Some(told.into()) };
            }
        }
        Delivery::all(batch)
    }
}

/// Whether the reader of standard output has gone.
pub fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

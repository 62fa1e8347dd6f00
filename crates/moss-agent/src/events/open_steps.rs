//! Which steps the host has seen begin and not end.

use std::time::{SystemTime, UNIX_EPOCH};

use moss_protocol::{EventMetadata, GraphEvent, RunStep, RunStepClosed, StepStatus};

use super::RunEvent;

/// The steps that were delivered and are open. Kept where events are delivered, not where they are made:
/// when a handler fails, the host must hear the end of what it has seen, and of nothing else.
#[derive(Default)]
pub(super) struct OpenSteps {
    open: Vec<(RunStep, EventMetadata)>,
}

impl OpenSteps {
    /// Takes note of a delivered event.
    pub(super) fn note(&mut self, event: &RunEvent) {
        match &event.event {
            GraphEvent::RunStep(step) => {
                self.open.push((step.clone(), EventMetadata::clone(&event.metadata)));
            }
            GraphEvent::RunStepClosed(closed) => {
                self.open.retain(|(step, _)| step.id != closed.id);
            }
            _ => {}
        }
    }

    /// Ends of all open steps, in the order in which they began.
    pub(super) fn close_all(&mut self, status: StepStatus) -> Vec<(GraphEvent, EventMetadata)> {
        self.open
            .drain(..)
            .map(|(step, metadata)| (GraphEvent::RunStepClosed(closed(&step, status)), metadata))
            .collect()
    }
}

/// The end of a step.
pub(crate) fn closed(step: &RunStep, status: StepStatus) -> RunStepClosed {
    RunStepClosed {
        closed_at: now_ms(),
        created_at: Some(step.created_at),
        id: step.id.clone(),
        index: step.index,
        run_id: Some(step.run_id.clone()),
        status,
        step_index: Some(step.step_index),
        kind: step.kind,
        agent_id: step.agent_id.clone(),
        group_id: step.group_id,
    }
}

/// Unix time in milliseconds.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

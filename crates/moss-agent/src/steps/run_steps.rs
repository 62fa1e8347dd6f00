//! The steps of a run: their ids, their content indices, which is open.

use std::collections::HashMap;

use moss_protocol::{
    AgentId, GraphEvent, MessageContentType, MessageCreation, MessageId, RunId, RunStep,
    StepDetails, StepId, StepStatus, ToolCall,
};

use super::ids::step_id;
use crate::events::{closed, now_ms};

/// The steps of a run, over all its model calls. Opening a step closes the open message step first, and a
/// content index is never given twice.
#[derive(Debug)]
pub(crate) struct RunSteps {
    run_id: RunId,
    /// Set in a graph of several agents, where each step says whose it is.
    agent_id: Option<AgentId>,
    next_index: u32,
    steps: Vec<RunStep>,
    open_message: Option<usize>,
    by_tool_call: HashMap<String, usize>,
}

impl RunSteps {
    pub(crate) fn new(run_id: RunId) -> Self {
        Self {
            run_id,
            agent_id: None,
            next_index: 0,
            steps: Vec::new(),
            open_message: None,
            by_tool_call: HashMap::new(),
        }
    }

    /// All steps so far, in the order in which they began.
    pub(crate) fn all(&self) -> &[RunStep] {
        &self.steps
    }

    /// Opens a message step.
    pub(super) fn open_message(
        &mut self,
        step_index: u32,
        message_id: MessageId,
        content_type: Option<MessageContentType>,
        out: &mut Vec<GraphEvent>,
    ) -> StepId {
        let message_creation = MessageCreation { message_id, content_type, phase: None };
        let step = self.open(step_index, StepDetails::MessageCreation { message_creation }, out);
        self.open_message = Some(self.steps.len() - 1);
        step
    }

    /// Opens the step of a tool call.
    pub(super) fn open_tool_call(
        &mut self,
        step_index: u32,
        call: ToolCall,
        out: &mut Vec<GraphEvent>,
    ) -> StepId {
        let id = call.id.clone();
        let step = self.open(step_index, StepDetails::ToolCalls { tool_calls: vec![call] }, out);
        self.by_tool_call.insert(id, self.steps.len() - 1);
        step
    }

    /// Closes the open message step, if there is one.
    pub(crate) fn close_message(&mut self, out: &mut Vec<GraphEvent>) {
        if let Some(position) = self.open_message.take()
            && let Some(step) = self.steps.get_mut(position)
        {
            step.status = StepStatus::Completed;
            out.push(GraphEvent::RunStepClosed(closed(step, StepStatus::Completed)));
        }
    }

    /// Closes the step of a tool call.
    pub(crate) fn close_tool_call(&mut self, call_id: &str, out: &mut Vec<GraphEvent>) {
        if let Some(position) = self.by_tool_call.get(call_id)
            && let Some(step) = self.steps.get_mut(*position)
            && step.status == StepStatus::InProgress
        {
            step.status = StepStatus::Completed;
            out.push(GraphEvent::RunStepClosed(closed(step, StepStatus::Completed)));
        }
    }

    /// Notes how the steps ended that were open when the run did.
    pub(crate) fn end_all(&mut self, status: StepStatus) {
        self.open_message = None;
        for step in self.steps.iter_mut().filter(|step| step.status == StepStatus::InProgress) {
            step.status = status;
        }
    }

    /// The step of a tool call: its id and content index.
    pub(crate) fn tool_step(&self, call_id: &str) -> Option<(StepId, u32)> {
        let step = self.steps.get(*self.by_tool_call.get(call_id)?)?;
        Some((step.id.clone(), step.index))
    }

    fn open(
        &mut self,
        step_index: u32,
        step_details: StepDetails,
        out: &mut Vec<GraphEvent>,
    ) -> StepId {
        self.close_message(out);
        let step = RunStep {
            created_at: now_ms(),
            id: step_id(),
            index: self.next_index,
            run_id: self.run_id.clone(),
            step_index,
            kind: step_details.kind(),
            step_details,
            status: StepStatus::InProgress,
            usage: None,
            agent_id: self.agent_id.clone(),
            group_id: None,
            summary: None,
        };
        self.next_index += 1;
        let id = step.id.clone();
        out.push(GraphEvent::RunStep(step.clone()));
        self.steps.push(step);
        id
    }
}

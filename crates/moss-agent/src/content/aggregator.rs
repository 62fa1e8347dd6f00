//! Content parts from events: what a reader has seen so far.

use std::collections::HashMap;

use moss_protocol::{
    CompletedToolCall, ContentPart, GraphEvent, JsonObject, RunStep, RunStepResult, StepDetails,
    StepId, ToolCall, ToolCallChunk, ToolCallPart,
};
use serde_json::Value;

/// Puts the events of a run together to the content that a reader sees, part by part, by the rules of the
/// Run interface's aggregator: each step fills the slot of its content index, and a step that wrote nothing
/// leaves a hole.
///
/// ```
/// use moss_agent::ContentAggregator;
/// use moss_protocol::ContentPart;
///
/// let aggregator = ContentAggregator::new();
/// // aggregator.apply(&event) for each event of the run
/// let parts: Vec<Option<ContentPart>> = aggregator.into_parts();
/// # assert!(parts.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContentAggregator {
    parts: Vec<Option<ContentPart>>,
    slots: HashMap<StepId, usize>,
    calls: HashMap<String, usize>,
}

impl ContentAggregator {
    /// Nothing seen so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one event. Events that carry no content, or belong to no known step, change nothing.
    pub fn apply(&mut self, event: &GraphEvent) {
        match event {
            GraphEvent::RunStep(step) => self.begin(step),
            GraphEvent::MessageDelta(delta) => self.grow(&delta.id, &delta.delta.content),
            GraphEvent::ReasoningDelta(delta) => self.grow(&delta.id, &delta.delta.content),
            GraphEvent::RunStepDelta(delta) => {
                for chunk in &delta.delta.tool_calls {
                    self.grow_call(&delta.id, chunk);
                }
            }
            GraphEvent::RunStepCompleted(completed) => match &completed.result {
                RunStepResult::ToolCall { id, tool_call, .. } => self.complete(id, tool_call),
                RunStepResult::Summary { .. } => {}
            },
            _ => {}
        }
    }

    /// The parts so far, by content index. `None` is a hole.
    #[must_use]
    pub fn parts(&self) -> &[Option<ContentPart>] {
        &self.parts
    }

    /// The parts, by content index. `None` is a hole.
    #[must_use]
    pub fn into_parts(self) -> Vec<Option<ContentPart>> {
        self.parts
    }

    fn begin(&mut self, step: &RunStep) {
        let slot = step.index as usize;
        self.slots.insert(step.id.clone(), slot);
        if let StepDetails::ToolCalls { tool_calls } = &step.step_details {
            for (offset, call) in tool_calls.iter().enumerate() {
                let slot = *self.calls.entry(call.id.clone()).or_insert(slot + offset);
                if !call.name.is_empty() {
                    self.put(slot, begun(call));
                }
            }
        }
    }

    fn grow(&mut self, step: &StepId, parts: &[ContentPart]) {
        let Some(slot) = self.slots.get(step).copied() else { return };
        for part in parts {
            match (self.parts.get_mut(slot).and_then(Option::as_mut), part) {
                (None, part) => self.put(slot, part.clone()),
                (Some(ContentPart::Text { text, .. }), ContentPart::Text { text: more, .. }) => {
                    text.push_str(more);
                }
                (
                    Some(ContentPart::Think { think, .. }),
                    ContentPart::Think { think: more, .. },
                ) => {
                    think.push_str(more);
                }
                // Another kind than the slot holds: dropped, as the Run interface does.
                (Some(_), _) => {}
            }
        }
    }

    /// Pieces without a name are ignored, as the Run interface does: the arguments come with the completion.
    fn grow_call(&mut self, step: &StepId, chunk: &ToolCallChunk) {
        let Some(name) = chunk.name.as_ref().filter(|name| !name.is_empty()) else { return };
        let by_id = chunk.id.as_ref().and_then(|id| self.calls.get(id));
        let Some(slot) = by_id.or_else(|| self.slots.get(step)).copied() else { return };
        if let Some(ContentPart::ToolCall(part)) = self.parts.get_mut(slot).and_then(Option::as_mut)
        {
            part.0.insert("name".to_owned(), Value::from(name.as_str()));
            if let Some(args) = &chunk.args {
                part.0.insert("args".to_owned(), Value::from(args.as_str()));
            }
        }
    }

    fn complete(&mut self, step: &StepId, call: &CompletedToolCall) {
        let slot = self.calls.get(&call.id).or_else(|| self.slots.get(step)).copied();
        let Some(slot) = slot else { return };
        let mut part = JsonObject::new();
        part.insert("id".to_owned(), Value::from(call.id.as_str()));
        part.insert("name".to_owned(), Value::from(call.name.as_str()));
        part.insert("args".to_owned(), Value::from(call.args.as_str()));
        part.insert("type".to_owned(), Value::from("tool_call"));
        part.insert("progress".to_owned(), Value::from(call.progress));
        part.insert("output".to_owned(), Value::from(call.output.as_str()));
        if let Some(outcome) = &call.outcome {
            part.insert("outcome".to_owned(), outcome.clone());
        }
        self.put(slot, ContentPart::ToolCall(ToolCallPart(part)));
    }

    fn put(&mut self, slot: usize, part: ContentPart) {
        if self.parts.len() <= slot {
            self.parts.resize(slot + 1, None);
        }
        self.parts[slot] = Some(part);
    }
}

/// A call as it is shown before it has an output.
fn begun(call: &ToolCall) -> ContentPart {
    let mut part = JsonObject::new();
    part.insert("id".to_owned(), Value::from(call.id.as_str()));
    part.insert("name".to_owned(), Value::from(call.name.as_str()));
    let args = serde_json::to_string(&call.args).unwrap_or_default();
    part.insert("args".to_owned(), Value::from(args));
    part.insert("type".to_owned(), Value::from("tool_call"));
    ContentPart::ToolCall(ToolCallPart(part))
}

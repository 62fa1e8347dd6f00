//! One model call: its chunks become steps and deltas, and at last a message.

use moss_llm::{ModelChunk, ModelEvent};
use moss_protocol::{
    AiMessage, GraphEvent, JsonObject, MessageContentType, MessageDelta, MessageId, Provider,
    ReasoningDelta, RunStepDelta, StepId, StepKind, ToolCall, ToolCallChunk, ToolCallsDelta,
};
use serde_json::Value;

use super::ids::message_id;
use super::smooth;
use super::think_tags::{Stretch, ThinkTags};
use super::tool_calls::{PartialCall, PartialCalls};
use super::{Answer, RunSteps};
use crate::content::reasoning_of;

/// Where an answer stands between reasoning and text. Each change begins a new step key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No reasoning so far.
    Plain,
    Reasoning,
    AfterReasoning,
}

/// The steps of one step key: a model call, and within it a stretch of reasoning or what follows one.
#[derive(Debug, Default)]
struct StepKey {
    /// How many steps it has.
    steps: u32,
    /// Whether one of them is a message step.
    has_message: bool,
    /// The message step being written, and what it holds.
    writing: Option<(StepId, MessageContentType)>,
    /// The provider's message id, when a frame without content brought it.
    provider_id: Option<MessageId>,
}

/// Turns the chunks of one model call into events, by the step rules of the Run interface.
#[derive(Debug)]
pub(crate) struct ModelCallSteps {
    provider: Provider,
    phase: Phase,
    key: StepKey,
    tags: ThinkTags,
    calls: PartialCalls,
    answer: Answer,
    said_text: bool,
    /// The provider's index of the block that text belongs to.
    block: Option<u32>,
}

impl ModelCallSteps {
    pub(crate) fn new(provider: Provider) -> Self {
        Self {
            provider,
            phase: Phase::Plain,
            key: StepKey::default(),
            tags: ThinkTags::default(),
            calls: PartialCalls::default(),
            answer: Answer::default(),
            said_text: false,
            block: None,
        }
    }

    /// Takes in a chunk of a stream, and adds its events to `out`.
    pub(crate) fn push(
        &mut self,
        chunk: ModelChunk,
        steps: &mut RunSteps,
        out: &mut Vec<GraphEvent>,
    ) {
        let says = |event: &ModelEvent| {
            matches!(
                event,
                ModelEvent::Text { .. }
                    | ModelEvent::Reasoning { .. }
                    | ModelEvent::Part { .. }
                    | ModelEvent::ToolCall(_)
            )
        };
        let is_empty = !chunk.events.iter().any(says);
        let has_text = chunk.events.iter().any(|event| matches!(event, ModelEvent::Text { .. }));
        for event in chunk.events {
            match &event {
                ModelEvent::Text { text, index } => {
                    self.said_text = true;
                    self.block = *index;
                    for piece in self.pieces(text) {
                        for stretch in self.tags.push(piece) {
                            self.stretch(stretch, steps, out);
                        }
                    }
                }
                ModelEvent::Reasoning { text, .. } => {
                    // OpenRouter repeats reasoning beside and after the text; the text wins.
                    let repeated =
                        self.provider == Provider::OpenRouter && (has_text || self.said_text);
                    if !text.is_empty() && !repeated {
                        self.flush_text(steps, out);
                        for piece in self.pieces(text) {
                            self.think(piece.to_owned(), steps, out);
                        }
                    }
                }
                ModelEvent::ToolCall(chunk) => {
                    self.flush_text(steps, out);
                    self.tool_call(chunk.clone(), steps, out);
                }
                // Hosts see the signature that closes reasoning as an empty piece of it.
                ModelEvent::Part { part, .. }
                    if part.contains_key("signature") && self.phase == Phase::Reasoning =>
                {
                    self.think(String::new(), steps, out);
                }
                ModelEvent::Started(_)
                | ModelEvent::Part { .. }
                | ModelEvent::Refusal { .. }
                | ModelEvent::Usage(_)
                | ModelEvent::Finished { .. }
                | ModelEvent::Kwarg { .. }
                | ModelEvent::Fallback(_)
                | ModelEvent::Extra { .. } => {}
            }
            self.answer.push(event);
        }
        if is_empty && self.key.provider_id.is_none() {
            self.key.provider_id = self.answer.id().map(MessageId::from);
        }
    }

    /// The pieces in which a text is shown.
    fn pieces<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> + use<'t> {
        let smooth = self.provider == Provider::Anthropic;
        let whole = (!smooth).then_some(text);
        whole.into_iter().chain(smooth::pieces(if smooth { text } else { "" }))
    }

    /// Adds the events that were held back for more to come.
    pub(crate) fn flush(&mut self, steps: &mut RunSteps, out: &mut Vec<GraphEvent>) {
        self.flush_text(steps, out);
        // A server that gives a call no id: the step begins when it is clear that none comes.
        self.calls.finish();
        let unopened: Vec<PartialCall> = self
            .calls
            .iter_mut()
            .filter(|call| call.step.is_none())
            .map(|call| call.clone())
            .collect();
        for call in unopened {
            self.open_tool_step(&call, call.as_chunk(), steps, out);
        }
    }

    /// Adds the text that was held back because it might have become a tag.
    fn flush_text(&mut self, steps: &mut RunSteps, out: &mut Vec<GraphEvent>) {
        if let Some(stretch) = self.tags.finish() {
            self.stretch(stretch, steps, out);
        }
    }

    /// Takes in a whole answer that was not streamed. Its events come from [`Self::tell`].
    pub(crate) fn push_whole(&mut self, chunk: ModelChunk) {
        for event in chunk.events {
            if let ModelEvent::ToolCall(chunk) = &event {
                self.calls.push(chunk);
            }
            self.answer.push(event);
        }
    }

    /// The steps of an answer that was not streamed, after its end was told: the tool calls, or else
    /// reasoning and text. Text beside tool calls is not shown, as the Run interface has it.
    pub(crate) fn tell(message: &AiMessage, steps: &mut RunSteps, out: &mut Vec<GraphEvent>) {
        let mut this = Self::new(Provider::Demo);
        if message.tool_calls.is_empty() && message.invalid_tool_calls.is_empty() {
            if let Some(reasoning) = reasoning_of(message) {
                this.think(reasoning, steps, out);
            }
            let text = message.content.text();
            let mut stretches = if text.is_empty() { Vec::new() } else { this.tags.push(&text) };
            stretches.extend(this.tags.finish());
            for stretch in stretches {
                this.stretch(stretch, steps, out);
            }
        } else {
            let invalid = message
                .invalid_tool_calls
                .iter()
                .map(|call| ToolCall::new(call.id.clone(), call.name.clone(), JsonObject::new()));
            for call in message.tool_calls.iter().cloned().chain(invalid) {
                this.message_before_tools(steps, out);
                let step_index = this.next_step();
                steps.open_tool_call(step_index, call, out);
            }
        }
        steps.close_message(out);
    }

    /// The answer as a message.
    pub(crate) fn into_message(mut self) -> AiMessage {
        let (valid, invalid) = self.calls.finish();
        self.answer.into_message(valid, invalid)
    }

    /// The chunk as LangChain's `AIMessageChunk` would carry it.
    pub(crate) fn as_langchain(&self, chunk: &ModelChunk) -> JsonObject {
        let mut said = Answer::default();
        let mut calls = Vec::new();
        for event in &chunk.events {
            if let ModelEvent::ToolCall(chunk) = event {
                calls.extend(serde_json::to_value(chunk));
            }
            said.push(event.clone());
        }
        let id = said.id().or(self.answer.id()).map(str::to_owned);
        let message = said.into_message(Vec::new(), Vec::new());
        let json = |value: Result<Value, _>| value.unwrap_or_default();
        let mut object = JsonObject::new();
        if let Some(usage) = &message.usage_metadata {
            object.insert("usage_metadata".to_owned(), json(serde_json::to_value(usage)));
        }
        object.insert("content".to_owned(), json(serde_json::to_value(&message.content)));
        object.insert("tool_call_chunks".to_owned(), Value::Array(calls));
        let kwargs = Value::Object(message.additional_kwargs);
        object.insert("additional_kwargs".to_owned(), kwargs);
        if let Some(id) = id {
            object.insert("id".to_owned(), Value::String(id));
        }
        object
    }

    fn stretch(&mut self, stretch: Stretch, steps: &mut RunSteps, out: &mut Vec<GraphEvent>) {
        match stretch {
            Stretch::Think(think) => self.think(think, steps, out),
            Stretch::Text(text) => {
                if self.phase == Phase::Reasoning {
                    self.enter(Phase::AfterReasoning);
                }
                let step = self.write(MessageContentType::Text, steps, out);
                out.push(GraphEvent::MessageDelta(MessageDelta::text_of_block(
                    step, text, self.block,
                )));
            }
        }
    }

    fn think(&mut self, think: String, steps: &mut RunSteps, out: &mut Vec<GraphEvent>) {
        if self.phase != Phase::Reasoning {
            self.enter(Phase::Reasoning);
        }
        let step = self.write(MessageContentType::Think, steps, out);
        out.push(GraphEvent::ReasoningDelta(ReasoningDelta::think(step, think)));
    }

    fn tool_call(&mut self, chunk: ToolCallChunk, steps: &mut RunSteps, out: &mut Vec<GraphEvent>) {
        if self.phase == Phase::Reasoning {
            self.enter(Phase::AfterReasoning);
        }
        let call = self.calls.push(&chunk);
        match &call.step {
            Some(step) => {
                let step = step.clone();
                out.push(tool_delta(step, chunk));
            }
            None if call.is_named() => {
                // Pieces that came before the name are told with it.
                let seen = if chunk.id.is_some() && chunk.name.is_some() {
                    chunk
                } else {
                    call.as_chunk()
                };
                let call = call.clone();
                self.open_tool_step(&call, seen, steps, out);
            }
            None => {}
        }
    }

    fn open_tool_step(
        &mut self,
        call: &PartialCall,
        seen: ToolCallChunk,
        steps: &mut RunSteps,
        out: &mut Vec<GraphEvent>,
    ) {
        self.message_before_tools(steps, out);
        let id = call.id.clone().unwrap_or_default();
        let args = call.whole_args().unwrap_or_default();
        let step_index = self.next_step();
        let shown = ToolCall::new(id.clone(), call.name.clone(), args);
        let step = steps.open_tool_call(step_index, shown, out);
        for open in self.calls.iter_mut().filter(|open| open.id.as_ref() == Some(&id)) {
            open.step = Some(step.clone());
        }
        out.push(tool_delta(step, seen));
    }

    /// A tool step is always preceded by a message step of the same key: an empty one, where the model
    /// wrote nothing, whose content slot stays a hole.
    fn message_before_tools(&mut self, steps: &mut RunSteps, out: &mut Vec<GraphEvent>) {
        if !self.key.has_message {
            let id = self.next_message_id();
            let step_index = self.next_step();
            steps.open_message(step_index, id, None, out);
            self.key.has_message = true;
        }
        self.key.writing = None;
        steps.close_message(out);
    }

    /// The step that takes text or reasoning, opened if need be.
    fn write(
        &mut self,
        content_type: MessageContentType,
        steps: &mut RunSteps,
        out: &mut Vec<GraphEvent>,
    ) -> StepId {
        if let Some((step, open_type)) = &self.key.writing
            && *open_type == content_type
        {
            return step.clone();
        }
        let id = self.next_message_id();
        let step_index = self.next_step();
        let step = steps.open_message(step_index, id, Some(content_type), out);
        self.key.has_message = true;
        self.key.writing = Some((step.clone(), content_type));
        step
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.key = StepKey::default();
    }

    const fn next_step(&mut self) -> u32 {
        self.key.steps += 1;
        self.key.steps - 1
    }

    fn next_message_id(&mut self) -> MessageId {
        self.key.provider_id.take().unwrap_or_else(message_id)
    }
}

fn tool_delta(id: StepId, chunk: ToolCallChunk) -> GraphEvent {
    let tool_calls = vec![chunk];
    let delta =
        ToolCallsDelta { kind: StepKind::ToolCalls, tool_calls, auth: None, expires_at: None };
    GraphEvent::RunStepDelta(RunStepDelta { id, delta })
}

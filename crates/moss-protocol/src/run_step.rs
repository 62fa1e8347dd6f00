//! Run steps: one message being written, or one tool call, from its start to its end.

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AgentId, ContentPart, MessageId, RunId, StepId, Summary, ToolCall, ToolCallChunk};

/// `on_run_step`: a step begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStep {
    /// Unix time in milliseconds at which it began.
    pub created_at: u64,
    /// The step's id; all later events of the step carry it.
    pub id: StepId,
    /// The content index: which slot of the run's content the step fills. Global in the run, never reused.
    pub index: u32,
    /// The run it belongs to.
    #[serde(rename = "runId")]
    pub run_id: RunId,
    /// How many steps of the same key (run, node, superstep, reasoning phase) came before it.
    #[serde(rename = "stepIndex")]
    pub step_index: u32,
    /// Message or tool calls.
    #[serde(rename = "type")]
    pub kind: StepKind,
    /// What is being written or called.
    #[serde(rename = "stepDetails")]
    pub step_details: StepDetails,
    /// Always `in_progress` here: [`RunStepClosed`] tells the end.
    pub status: StepStatus,
    /// Always `null`; usage travels with the model's end.
    pub usage: Option<()>,
    /// The agent, in a graph of several.
    #[serde(rename = "agentId", default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// The group of agents that run in parallel, from 1.
    #[serde(rename = "groupId", default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
    /// Present when the step writes a summary of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
}

/// What kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A message is being written.
    MessageCreation,
    /// A tool is called.
    ToolCalls,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// It has begun and not ended.
    InProgress,
    /// It ended as it should.
    Completed,
    /// The host stopped the run.
    Cancelled,
    /// An error ended it.
    Failed,
}

/// What a step writes or calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StepDetails {
    /// A message.
    MessageCreation {
        /// The message.
        message_creation: MessageCreation,
    },
    /// Tool calls; one for a step that a stream opened.
    ToolCalls {
        /// The calls. Arguments that are still streaming are `{}`.
        tool_calls: Vec<ToolCall>,
    },
}

impl StepDetails {
    /// The kind of the step that has these details.
    #[must_use]
    pub const fn kind(&self) -> StepKind {
        match self {
            Self::MessageCreation { .. } => StepKind::MessageCreation,
            Self::ToolCalls { .. } => StepKind::ToolCalls,
        }
    }
}

/// The message that a step writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageCreation {
    /// The message's id.
    pub message_id: MessageId,
    /// Text or reasoning. Absent for the empty step that precedes a tool call without text: its content
    /// slot stays a hole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<MessageContentType>,
    /// A phase that the provider named (`commentary`, `final_answer`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}

/// What a message step streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageContentType {
    /// Text for the reader.
    Text,
    /// Reasoning.
    Think,
}

/// `on_message_delta`: text, or other parts of an answer, came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageDelta {
    /// The step that grows.
    pub id: StepId,
    /// By what.
    pub delta: MessageDeltaBody,
}

/// The `delta` of a [`MessageDelta`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageDeltaBody {
    /// The parts, with the provider's own fields.
    pub content: Vec<ContentPart>,
}

impl MessageDelta {
    /// A delta of plain text.
    pub fn text(id: StepId, text: impl Into<String>) -> Self {
        Self { id, delta: MessageDeltaBody { content: vec![ContentPart::text(text)] } }
    }

    /// A delta of plain text of a provider's content block, with the block's index where it has one.
    pub fn text_of_block(id: StepId, text: impl Into<String>, index: Option<u32>) -> Self {
        let mut this = Self::text(id, text);
        if let (Some(index), [ContentPart::Text { extra, .. }]) =
            (index, &mut this.delta.content[..])
        {
            extra.insert("index".to_owned(), index.into());
        }
        this
    }
}

/// `on_reasoning_delta`: reasoning came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReasoningDelta {
    /// The step that grows.
    pub id: StepId,
    /// By what.
    pub delta: ThinkDelta,
}

/// The `delta` of a [`ReasoningDelta`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThinkDelta {
    /// The parts, of type `think`.
    pub content: Vec<ContentPart>,
}

impl ReasoningDelta {
    /// A delta of reasoning text.
    pub fn think(id: StepId, think: impl Into<String>) -> Self {
        Self { id, delta: ThinkDelta { content: vec![ContentPart::think(think)] } }
    }
}

/// `on_run_step_delta`: a tool call grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStepDelta {
    /// The step that grows.
    pub id: StepId,
    /// By what.
    pub delta: ToolCallsDelta,
}

/// The `delta` of a [`RunStepDelta`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCallsDelta {
    /// Always `tool_calls`.
    #[serde(rename = "type")]
    pub kind: StepKind,
    /// The chunks, with the provider's index and id unchanged.
    pub tool_calls: Vec<ToolCallChunk>,
    /// Where a person must sign in before the tool can go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Unix time in milliseconds until which they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
}

/// `on_run_step_completed`: a tool call has its output, or a summary its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStepCompleted {
    /// The outcome.
    pub result: RunStepResult,
}

/// The `result` of a [`RunStepCompleted`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunStepResult {
    /// A tool call ended.
    ToolCall {
        /// The step.
        id: StepId,
        /// How many calls of this tool the run made before, when the tool returned; the step's content
        /// index, when it threw. So the Run interface has it.
        index: u32,
        /// Unix time in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        completed_at: Option<u64>,
        /// Present when the tool was started before the model had finished.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eager: Option<bool>,
        /// The call and its output.
        tool_call: CompletedToolCall,
    },
    /// A summary was written.
    Summary {
        /// The step.
        id: StepId,
        /// The step's content index.
        index: u32,
        /// Unix time in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        completed_at: Option<u64>,
        /// The summary.
        summary: Summary,
    },
}

/// A tool call with its output.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedToolCall {
    /// The call's id.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as JSON text.
    pub args: String,
    /// What the tool answered, or why it could not.
    pub output: String,
    /// Always 1.
    pub progress: u8,
    /// How a person or a policy decided about the call, where one did.
    pub outcome: Option<serde_json::Value>,
    /// The order in which the fields are written.
    pub order: FieldOrder,
}

/// The order of the fields of a [`CompletedToolCall`]. The Run interface has two, and hosts that hash or
/// snapshot the JSON of an event see the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldOrder {
    /// `args, name, id, output, progress`: the tool returned.
    ArgsFirst,
    /// `id, name, args, output, progress`: the tool threw, or could not be called.
    IdFirst,
}

impl Serialize for CompletedToolCall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = 5 + usize::from(self.outcome.is_some());
        let mut fields = serializer.serialize_struct("CompletedToolCall", length)?;
        match self.order {
            FieldOrder::ArgsFirst => {
                fields.serialize_field("args", &self.args)?;
                fields.serialize_field("name", &self.name)?;
                fields.serialize_field("id", &self.id)?;
            }
            FieldOrder::IdFirst => {
                fields.serialize_field("id", &self.id)?;
                fields.serialize_field("name", &self.name)?;
                fields.serialize_field("args", &self.args)?;
            }
        }
        fields.serialize_field("output", &self.output)?;
        fields.serialize_field("progress", &self.progress)?;
        if let Some(outcome) = &self.outcome {
            fields.serialize_field("outcome", outcome)?;
        }
        fields.end()
    }
}

impl<'de> Deserialize<'de> for CompletedToolCall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = CompletedToolCall;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a completed tool call")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut id, mut name, mut args, mut output) = (None, None, None, None);
                let (mut progress, mut outcome, mut order) = (1, None, None);
                while let Some(key) = map.next_key::<String>()? {
                    order.get_or_insert(if key == "id" {
                        FieldOrder::IdFirst
                    } else {
                        FieldOrder::ArgsFirst
                    });
                    match key.as_str() {
                        "id" => id = Some(map.next_value()?),
                        "name" => name = Some(map.next_value()?),
                        "args" => args = Some(map.next_value()?),
                        "output" => output = Some(map.next_value()?),
                        "progress" => progress = map.next_value()?,
                        "outcome" => outcome = Some(map.next_value()?),
                        _ => drop(map.next_value::<serde::de::IgnoredAny>()?),
                    }
                }
                Ok(CompletedToolCall {
                    id: id.ok_or_else(|| A::Error::missing_field("id"))?,
                    name: name.ok_or_else(|| A::Error::missing_field("name"))?,
                    args: args.unwrap_or_default(),
                    output: output.unwrap_or_default(),
                    progress,
                    outcome,
                    order: order.unwrap_or(FieldOrder::ArgsFirst),
                })
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// `on_run_step_closed`: a step ended. Each step has exactly one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStepClosed {
    /// Unix time in milliseconds at which it ended.
    pub closed_at: u64,
    /// Unix time in milliseconds at which it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<u64>,
    /// The step.
    pub id: StepId,
    /// Its content index.
    pub index: u32,
    /// The run it belongs to.
    #[serde(rename = "runId", default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Completed, cancelled or failed.
    pub status: StepStatus,
    /// How many steps of the same key came before it.
    #[serde(rename = "stepIndex", default, skip_serializing_if = "Option::is_none")]
    pub step_index: Option<u32>,
    /// Message or tool calls.
    #[serde(rename = "type")]
    pub kind: StepKind,
    /// The agent, in a graph of several.
    #[serde(rename = "agentId", default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// The group of agents that run in parallel.
    #[serde(rename = "groupId", default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
}

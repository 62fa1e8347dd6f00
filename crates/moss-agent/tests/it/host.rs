//! A host: an agent with tools, someone who listens, and what they heard.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use moss_agent::{
    Agent, AgentError, AgentRuntime, AgentRuntimeBuilder, CallOptions, ContentAggregator,
    EventHandlerRegistry, FunctionTool, RunEvent, RunOutcome, Tool, ToolError, ToolOutput,
};
use moss_protocol::{
    ContentPart, GraphEvent, Message, MessageContentType, RunStepResult, StepDetails, StepId,
    StepStatus, ToolDefinition,
};
use serde_json::json;

use crate::model::{Say, ScriptedModel};

/// What a host has heard, in order.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<RunEvent>>>);

impl Heard {
    /// Handlers that note every event and let it pass.
    pub fn handlers(&self) -> EventHandlerRegistry {
        let heard = self.clone();
        EventHandlerRegistry::new().on_all(move |event| {
            heard.0.lock().unwrap().push(event.clone());
            Ok(())
        })
    }

    pub fn events(&self) -> Vec<RunEvent> {
        self.0.lock().unwrap().clone()
    }

    /// What a reader has seen.
    pub fn parts(&self) -> Vec<Option<ContentPart>> {
        let mut aggregator = ContentAggregator::new();
        self.events().iter().for_each(|event| aggregator.apply(&event.event));
        aggregator.into_parts()
    }

    /// The events in short, chunks of the model left out:
    ///
    /// `ms`, `me`: the model's start and end; `S(0,text)`: a step begins, by its content index; `Δ(0,"Hi")`,
    /// `R(0,"hm")`, `D(1,…)`: text, reasoning, a tool call grows; `C(0)`: a step ends, with its status when
    /// that is not `completed`; `ts`, `te`: a tool's start and end; `done(1,…)`: a call's output by the index
    /// the event carries.
    pub fn text(&self) -> String {
        let mut index_of = HashMap::new();
        let lines: Vec<String> =
            self.events().iter().filter_map(|event| short(&event.event, &mut index_of)).collect();
        lines.join(", ")
    }
}

fn short(event: &GraphEvent, index_of: &mut HashMap<StepId, u32>) -> Option<String> {
    let index = |id: &StepId| index_of.get(id).map_or("?".to_owned(), u32::to_string);
    let all = |parts: &[ContentPart]| serde_json::to_string(parts).unwrap();
    let only = |parts: &[ContentPart]| match parts {
        [ContentPart::Text { text, .. }] => format!("{text:?}"),
        [ContentPart::Think { think, .. }] => format!("{think:?}"),
        parts => all(parts),
    };
    Some(match event {
        GraphEvent::ChatModelStart(_) => "ms".to_owned(),
        GraphEvent::ChatModelEnd(_) => "me".to_owned(),
        GraphEvent::ChatModelStream(_) => return None,
        GraphEvent::RunStep(step) => {
            index_of.insert(step.id.clone(), step.index);
            let what = match &step.step_details {
                StepDetails::MessageCreation { message_creation } => {
                    match message_creation.content_type {
                        Some(MessageContentType::Text) => "text".to_owned(),
                        Some(MessageContentType::Think) => "think".to_owned(),
                        None => "-".to_owned(),
                    }
                }
                StepDetails::ToolCalls { tool_calls } => {
                    let [call] = tool_calls.as_slice() else { panic!("{tool_calls:?}") };
                    format!("{} {}", call.name, json!(call.args))
                }
            };
            format!("S({},{what})", step.index)
        }
        GraphEvent::MessageDelta(delta) => {
            format!("Δ({},{})", index(&delta.id), only(&delta.delta.content))
        }
        GraphEvent::ReasoningDelta(delta) => {
            format!("R({},{})", index(&delta.id), only(&delta.delta.content))
        }
        GraphEvent::RunStepDelta(delta) => {
            let [chunk] = delta.delta.tool_calls.as_slice() else { panic!("{delta:?}") };
            let name = chunk.name.as_deref().unwrap_or("");
            format!("D({},{name}{})", index(&delta.id), chunk.args.as_deref().unwrap_or(""))
        }
        GraphEvent::RunStepClosed(closed) => match closed.status {
            StepStatus::Completed => format!("C({})", closed.index),
            StepStatus::Cancelled => format!("C({},cancelled)", closed.index),
            StepStatus::Failed => format!("C({},failed)", closed.index),
            StepStatus::InProgress => panic!("{closed:?}"),
        },
        GraphEvent::ToolStart(start) => format!("ts({})", start.input.input),
        GraphEvent::ToolEnd(end) => {
            let name = end.output.name.as_deref().unwrap_or("");
            format!("te({name})")
        }
        GraphEvent::RunStepCompleted(completed) => match &completed.result {
            RunStepResult::ToolCall { index, tool_call, .. } => {
                format!("done({index},{:?})", tool_call.output)
            }
            RunStepResult::Summary { .. } => panic!("{completed:?}"),
        },
        GraphEvent::AgentLog(log) => format!("log({:?},{:?})", log.level, log.message),
        GraphEvent::CustomEvent(data) => format!("custom({data})"),
        other => panic!("{other:?}"),
    })
}

/// A tool that takes any arguments.
pub fn tool<F, R>(name: &str, function: F) -> Arc<dyn Tool>
where
    F: Fn(moss_protocol::JsonObject) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ToolOutput, ToolError>> + Send + 'static,
{
    let definition = ToolDefinition::new(name, "", json!({"type": "object"}));
    Arc::new(FunctionTool::new(definition, function))
}

/// `get_weather` of a city, and `clock`.
pub fn weather_and_clock() -> Vec<Arc<dyn Tool>> {
    let schema = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    });
    let weather =
        FunctionTool::new(ToolDefinition::new("get_weather", "", schema), |args| async move {
            Ok(ToolOutput::new(format!("sunny in {}", args["city"].as_str().unwrap())))
        });
    vec![Arc::new(weather), tool("clock", |_| async { Ok("12:00".into()) })]
}

/// The agent `a`.
pub fn agent(model: &Arc<ScriptedModel>, tools: Vec<Arc<dyn Tool>>) -> Agent {
    Agent::new("a", Arc::clone(model) as _).tools(tools).unwrap()
}

pub fn builder(agent: Agent, heard: &Heard) -> AgentRuntimeBuilder {
    AgentRuntime::builder("run-1", agent).sink(heard.handlers())
}

pub async fn ask(runtime: &AgentRuntime) -> Result<RunOutcome, AgentError> {
    runtime.process_stream(vec![Message::human("Hi")], CallOptions::default()).await
}

/// Asks the agent with the usual tools, and gives what was heard and what came of it.
pub async fn asked(model: &Arc<ScriptedModel>) -> (Heard, Result<RunOutcome, AgentError>) {
    let heard = Heard::default();
    let runtime = builder(agent(model, weather_and_clock()), &heard).create().unwrap();
    let outcome = ask(&runtime).await;
    (heard, outcome)
}

/// The text of what was heard, of a run that ended well.
pub async fn order(model: &Arc<ScriptedModel>) -> String {
    let (heard, outcome) = asked(model).await;
    outcome.unwrap();
    heard.text()
}

/// The message of the first answer of a model that says this, and what the host heard, in short.
pub async fn answered(says: Vec<Say>) -> (String, serde_json::Value) {
    let (heard, outcome) = asked(&ScriptedModel::new(vec![says, vec![]])).await;
    outcome.unwrap();
    let message = heard.events().into_iter().find_map(|event| match event.event {
        GraphEvent::ChatModelEnd(end) => Some(serde_json::to_value(end.output).unwrap()),
        _ => None,
    });
    (heard.text(), message.unwrap())
}

/// Content as JSON, holes as `null`.
pub fn json_of(parts: &[Option<ContentPart>]) -> serde_json::Value {
    serde_json::to_value(parts).unwrap()
}

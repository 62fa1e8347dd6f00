//! The node that calls tools.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use moss_protocol::{
    CompletedToolCall, Content, FieldOrder, GraphEvent, JsonObject, LogLevel, Message,
    RunStepCompleted, RunStepResult, StepId, ToolCall, ToolEnd, ToolInput, ToolMessage, ToolStart,
    ToolStatus,
};

use super::{AgentNode, TOOLS};
use crate::events::now_ms;
use crate::graph::NodeStopped;
use crate::{Agent, AgentState, AgentStateUpdate, NodeRun, ToolError, ToolInvocation, ToolOutput};

/// Calls the tools that the model's last message asks for, all at once. Their answers keep the order of the
/// calls. A call that fails is answered with its error: the model decides what to do.
pub(crate) struct ToolsNode;

/// One call of the batch.
struct BatchCall {
    call: ToolCall,
    /// The arguments as JSON text: as the model wrote them, where they could not be read.
    args: String,
    /// Why the tool is not even tried.
    refusal: Option<Refusal>,
    turn: u32,
    /// The step that shows the call, and its content index.
    step: (StepId, u32),
}

/// Why a tool is not even tried.
enum Refusal {
    /// The agent has no tool of this name.
    Unknown,
    /// The arguments are no JSON object.
    Malformed { problem: String },
}

#[async_trait]
impl AgentNode for ToolsNode {
    fn name(&self) -> &str {
        TOOLS
    }

    fn label(&self, agent: &Agent) -> String {
        format!("tools={}", agent.id)
    }

    fn ends_on_cancel(&self) -> bool {
        true
    }

    async fn execute(
        &self,
        state: Arc<AgentState>,
        run: NodeRun,
    ) -> Result<AgentStateUpdate, Box<dyn Error + Send + Sync>> {
        let batch = batch(&state, &run);
        for call in batch.iter().filter(|call| call.refusal.is_none()) {
            let input = ToolInput { input: call.args.clone() };
            run.emit(GraphEvent::ToolStart(ToolStart { input })).await?;
        }
        // The host has heard of all that led to the calls before a tool runs.
        run.context.events.flush().await.map_err(NodeStopped::from)?;

        let mut running: FuturesUnordered<_> = batch
            .iter()
            .enumerate()
            .map(|(position, call)| {
                let run = &run;
                async move { (position, answer(call, run).await) }
            })
            .collect();
        let mut answers: Vec<Option<Answered>> = batch.iter().map(|_| None).collect();
        while let Some((position, result)) = running.next().await {
            answers[position] = Some(match result {
                Ok(output) => Answered::Returned(returned(&batch[position], output, &run).await?),
                Err(error) => Answered::Failed(failed(&batch[position], &error, &run).await?),
            });
        }
        drop(running);
        for (call, answer) in batch.iter().zip(&answers) {
            if let Some(Answered::Returned(message)) = answer {
                complete(call, text_of(&message.content), FieldOrder::ArgsFirst, &run).await?;
            }
        }
        if run.cancel().is_cancelled() {
            return Err(NodeStopped.into());
        }
        let messages = answers.into_iter().flatten().map(|answer| match answer {
            Answered::Returned(message) | Answered::Failed(message) => {
                Arc::new(Message::Tool(message))
            }
        });
        Ok(AgentState::update().messages(messages.collect::<Vec<_>>()))
    }
}

/// How a call was answered.
enum Answered {
    /// The tool returned; its completion is told when the whole batch is through.
    Returned(ToolMessage),
    /// It failed, and that was told at once.
    Failed(ToolMessage),
}

/// The calls of the model's last message. Those that cannot be made come last.
fn batch(state: &AgentState, run: &NodeRun) -> Vec<BatchCall> {
    let Some(message) = state.last_ai_message() else { return Vec::new() };
    let tools = &run.agent().tools;
    let step = |id: &str| run.context.steps().tool_step(id).unwrap_or((StepId::from(""), 0));
    let unknown = |name: &str| (!tools.contains(name)).then_some(Refusal::Unknown);
    let valid = message.tool_calls.iter().map(|call| {
        let refusal = unknown(&call.name);
        let turn = if refusal.is_none() { run.context.next_turn(&call.name) } else { 0 };
        let args = json_text(&call.args);
        BatchCall { call: call.clone(), args, refusal, turn, step: step(&call.id) }
    });
    let invalid = message.invalid_tool_calls.iter().map(|call| {
        let malformed = || Refusal::Malformed { problem: call.error.clone() };
        BatchCall {
            call: ToolCall::new(call.id.clone(), call.name.clone(), JsonObject::new()),
            args: call.args.clone(),
            refusal: Some(unknown(&call.name).unwrap_or_else(malformed)),
            turn: 0,
            step: step(&call.id),
        }
    });
    valid.chain(invalid).collect()
}

/// Makes the call.
async fn answer(call: &BatchCall, run: &NodeRun) -> Result<ToolOutput, ToolError> {
    match call.refusal {
        Some(Refusal::Unknown) => return Err(run.agent().tools.not_found(&call.call.name)),
        Some(Refusal::Malformed { ref problem }) => {
            let (name, problem) = (call.call.name.clone(), problem.clone());
            return Err(ToolError::MalformedArguments { name, problem });
        }
        None => {}
    }
    let invocation = ToolInvocation {
        call: call.call.clone(),
        step_id: call.step.0.clone(),
        turn: call.turn,
        configurable: Arc::clone(&run.context.configurable),
        metadata: Arc::clone(&run.metadata),
        cancel: run.cancel().clone(),
    };
    run.agent().tools.invoke(invocation, run.agent().tool_timeout).await
}

/// Tells that a tool returned.
async fn returned(
    call: &BatchCall,
    output: ToolOutput,
    run: &NodeRun,
) -> Result<ToolMessage, NodeStopped> {
    let content = match output.content {
        Some(content) => content,
        None => {
            let text = format!("Tool \"{}\" returned nothing.", call.call.name);
            let advice = format!("{text} The model is told so; return text for it to go on with.");
            run.log(LogLevel::Warn, "tools", advice, None).await?;
            Content::Text(text)
        }
    };
    let message = ToolMessage {
        content,
        name: Some(call.call.name.clone()),
        tool_call_id: call.call.id.clone(),
        status: Some(output.status),
        artifact: output.artifact,
        ..ToolMessage::default()
    };
    let input = ToolInput { input: call.args.clone() };
    run.emit(GraphEvent::ToolEnd(ToolEnd { output: message.clone(), input })).await?;
    Ok(message)
}

/// Tells that a call failed, and ends its step. The host and the model read different sentences, as the Run
/// interface has it.
async fn failed(
    call: &BatchCall,
    error: &ToolError,
    run: &NodeRun,
) -> Result<ToolMessage, NodeStopped> {
    let output = format!("Error processing tool: {error}");
    complete(call, output, FieldOrder::IdFirst, run).await?;
    Ok(ToolMessage {
        content: Content::Text(format!("Error: {error}\n Please fix your mistakes.")),
        name: Some(call.call.name.clone()),
        tool_call_id: call.call.id.clone(),
        status: Some(ToolStatus::Error),
        ..ToolMessage::default()
    })
}

/// Tells a call's output, and ends its step.
async fn complete(
    call: &BatchCall,
    output: String,
    order: FieldOrder,
    run: &NodeRun,
) -> Result<(), NodeStopped> {
    let (step, content_index) = &call.step;
    let index = match order {
        FieldOrder::ArgsFirst => call.turn,
        FieldOrder::IdFirst => *content_index,
    };
    let tool_call = CompletedToolCall {
        id: call.call.id.clone(),
        name: call.call.name.clone(),
        args: call.args.clone(),
        output,
        progress: 1,
        outcome: None,
        order,
    };
    let result = RunStepResult::ToolCall {
        id: step.clone(),
        index,
        completed_at: Some(now_ms()),
        eager: None,
        tool_call,
    };
    let mut events = vec![GraphEvent::RunStepCompleted(RunStepCompleted { result })];
    run.context.steps().close_tool_call(&call.call.id, &mut events);
    run.emit_all(&mut events).await
}

/// The content as a tool call's output shows it: text as it is, parts as JSON text.
fn text_of(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::Parts(parts) => json_text(parts),
    }
}

fn json_text(value: &impl serde::Serialize) -> String {
    // Maps with text keys and parts made of them always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

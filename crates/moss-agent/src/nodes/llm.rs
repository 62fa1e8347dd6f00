//! The node that asks the model.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use moss_llm::{Fallback, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ModelRequest};
use moss_protocol::{
    ChatModelEnd, ChatModelInput, ChatModelStart, ChatModelStream, EventName, GraphEvent,
    JsonObject, LogLevel, Message,
};

use super::{AgentNode, LLM};
use crate::graph::NodeStopped;
use crate::steps::ModelCallSteps;
use crate::{Agent, AgentError, AgentState, AgentStateUpdate, NodeRun};

/// Asks the model, and tells the host of its answer while it comes.
pub(crate) struct LlmNode;

#[async_trait]
impl AgentNode for LlmNode {
    fn name(&self) -> &str {
        LLM
    }

    fn label(&self, agent: &Agent) -> String {
        format!("agent={}", agent.id)
    }

    fn ends_on_cancel(&self) -> bool {
        true
    }

    async fn execute(
        &self,
        state: Arc<AgentState>,
        run: NodeRun,
    ) -> Result<AgentStateUpdate, Box<dyn Error + Send + Sync>> {
        let agent = run.agent();
        let streaming = agent.model.info().streaming;
        let messages: Vec<Arc<Message>> =
            agent.system.iter().chain(state.messages.iter()).cloned().collect();
        if run.context.events.wants(EventName::ChatModelStart) {
            let messages = vec![messages.iter().map(|message| message.as_ref().clone()).collect()];
            let input = ChatModelInput { messages };
            run.emit(GraphEvent::ChatModelStart(ChatModelStart { input })).await?;
        }
        let request = ModelRequest {
            messages,
            tools: Arc::clone(agent.tools.definitions()),
            server_tools: Arc::clone(&agent.server_tools),
            ..ModelRequest::default()
        };

        let mut call = ModelCallSteps::new(agent.model.info().provider);
        let mut events = Vec::new();
        let mut answer = agent.model.stream(request, run.cancel().clone());
        let wants_chunks = run.context.events.wants(EventName::ChatModelStream);
        // A model that does not heed the cancellation is not waited for.
        while let Some(Some(chunk)) = run.cancel().run_until_cancelled(answer.next()).await {
            let chunk = chunk.map_err(failure)?;
            if let [ModelEvent::Fallback(told)] = &chunk.events[..] {
                tell_fallback(told, &run).await?;
                continue;
            }
            if wants_chunks {
                self.tell_chunk(&call, &chunk, &run).await?;
            }
            if streaming {
                call.push(chunk, &mut run.context.steps(), &mut events);
                run.emit_all(&mut events).await?;
            } else {
                call.push_whole(chunk);
            }
        }
        if run.cancel().is_cancelled() {
            return Err(NodeStopped.into());
        }
        if streaming {
            call.flush(&mut run.context.steps(), &mut events);
            run.emit_all(&mut events).await?;
        }

        let message = call.into_message();
        run.emit(GraphEvent::ChatModelEnd(ChatModelEnd { output: message.clone() })).await?;
        // A handler of this event may refuse the answer: nothing of it may be acted on before.
        run.context.events.flush().await.map_err(NodeStopped::from)?;
        if run.cancel().is_cancelled() {
            // The host may have missed some of the answer: its step has not been completed.
            return Err(NodeStopped.into());
        }
        if streaming {
            run.context.steps().close_message(&mut events);
        } else {
            ModelCallSteps::tell(&message, &mut run.context.steps(), &mut events);
        }
        run.emit_all(&mut events).await?;
        Ok(AgentState::update().messages(vec![Arc::new(Message::Ai(message))]))
    }
}

impl LlmNode {
    async fn tell_chunk(
        &self,
        call: &ModelCallSteps,
        chunk: &ModelChunk,
        run: &NodeRun,
    ) -> Result<(), NodeStopped> {
        let chunk = call.as_langchain(chunk);
        run.emit(GraphEvent::ChatModelStream(ChatModelStream { chunk })).await
    }
}

async fn tell_fallback(told: &Fallback, run: &NodeRun) -> Result<(), NodeStopped> {
    let Fallback { from, to, code, message } = told;
    let text = format!(
        "{} ({}) failed, {} ({}) is asked: {message}",
        from.provider, from.model, to.provider, to.model
    );
    let data = JsonObject::from_iter([
        ("fromProvider".to_owned(), from.provider.as_str().into()),
        ("fromModel".to_owned(), from.model.as_str().into()),
        ("toProvider".to_owned(), to.provider.as_str().into()),
        ("toModel".to_owned(), to.model.as_str().into()),
        ("code".to_owned(), code.as_str().into()),
    ]);
    run.log(LogLevel::Warn, "fallback", text, Some(data)).await
}

fn failure(error: ModelError) -> Box<dyn Error + Send + Sync> {
    match error.kind {
        ModelErrorKind::Cancelled => NodeStopped.into(),
        _ => AgentError::Model(Box::new(error)).into(),
    }
}

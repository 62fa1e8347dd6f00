//! A model that JavaScript asks by itself: the client that nodes of a state graph have.

use std::sync::Arc;

use async_trait::async_trait;
use moss_agent::{Agent, AgentError, Tool, ToolError, ToolInvocation, ToolOutput};
use moss_graph::CancellationToken;
use moss_llm::Transport;
use moss_protocol::{ConfigError, Message, RunConfig, ToolDefinition};
use serde_json::{Value, json};

use crate::error_json::ErrorJson;
use crate::graph::{Dialogue, End, Work};

/// A model with its instructions and tools.
pub(crate) struct Model(Agent);

impl Model {
    /// Makes a model of a run's configuration, of which it takes the agent.
    pub(crate) fn create(config: &str) -> Result<Self, AgentError> {
        let config: Value = serde_json::from_str(config).map_err(|error| {
            ConfigError::Other(format!("the configuration is unreadable: {error}"))
        })?;
        let config = RunConfig::from_json(&config)?;
        let agent = config.graph.agents.first().ok_or(ConfigError::MissingAgent)?;
        let described = |definition: &ToolDefinition| -> Arc<dyn Tool> {
            Arc::new(DescribedTool(definition.clone()))
        };
        let tools = agent.tools.iter().map(described).collect();
        let environment = |name: &str| std::env::var(name).ok();
        Agent::from_config(agent, tools, Transport::shared(), environment).map(Self)
    }

    /// Asks the model for an answer to `messages`, a list: its pieces are told as `@chunk`, and it is what the call ends
    /// with.
    pub(crate) fn ask(
        &self,
        messages: &str,
        dialogue: &Arc<Dialogue>,
        cancel: CancellationToken,
    ) -> Result<Work, AgentError> {
        let messages: Vec<Value> = serde_json::from_str(messages)
            .map_err(|error| ConfigError::Other(format!("the messages are unreadable: {error}")))?;
        let messages = Message::list_from_json(messages).map_err(ConfigError::from)?;
        let mut answer = self.0.ask(messages.into_iter().map(Arc::new).collect(), cancel);
        let dialogue = Arc::clone(dialogue);
        Ok(Box::pin(async move {
            while let Some(piece) = answer.next().await {
                match piece {
                    Ok(piece) => {
                        dialogue.may_tell().await;
                        dialogue.say("@chunk", &piece);
                    }
                    Err(error) => {
                        return End::of(&json!({ "ok": false, "error": ErrorJson::from(error) }));
                    }
                }
            }
            End::value(&answer.into_message())
        }))
    }
}

/// A tool that the model may call, and that nobody runs here.
struct DescribedTool(ToolDefinition);

#[async_trait]
impl Tool for DescribedTool {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    async fn invoke(&self, _: ToolInvocation) -> Result<ToolOutput, ToolError> {
        Err(ToolError::failed("a model that is asked by itself runs no tools"))
    }
}

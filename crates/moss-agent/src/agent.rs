//! One agent: a model, its instructions, its tools.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moss_llm::{ChatModel, Transport, model_from_options};
use moss_protocol::{AgentConfig, AgentId, JsonObject, Message};

use crate::{AgentError, Tool, ToolSet};

/// One agent: a model, its instructions, its tools. Cheap to clone, and shared by any number of runs.
#[derive(Clone)]
pub struct Agent {
    pub(crate) id: AgentId,
    pub(crate) model: Arc<dyn ChatModel>,
    pub(crate) system: Option<Arc<Message>>,
    pub(crate) tools: ToolSet,
    pub(crate) server_tools: Arc<[JsonObject]>,
    pub(crate) tool_timeout: Option<Duration>,
    pub(crate) tool_end: bool,
}

impl Agent {
    /// An agent without instructions or tools.
    pub fn new(id: impl Into<AgentId>, model: Arc<dyn ChatModel>) -> Self {
        Self {
            id: id.into(),
            model,
            system: None,
            tools: ToolSet::default(),
            server_tools: Arc::default(),
            tool_timeout: None,
            tool_end: false,
        }
    }

    /// An agent as a host configured it. `tools` are what the configuration's tools call; `environment`
    /// looks up variables, for keys.
    ///
    /// # Errors
    /// A model that cannot be called, or tools that cannot be told apart.
    pub fn from_config(
        config: &AgentConfig,
        tools: Vec<Arc<dyn Tool>>,
        transport: &Transport,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, AgentError> {
        let model =
            model_from_options(config.provider, &config.client_options, transport, environment)?;
        let texts = [config.instructions.as_deref(), config.additional_instructions.as_deref()];
        let instructions: Vec<&str> =
            texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let mut agent = Self::new(config.agent_id.clone(), model)
            .tools(tools)?
            .server_tools(config.server_tools.clone());
        agent.tool_end = config.tool_end;
        Ok(agent.instructions(instructions.join("\n\n")))
    }

    /// Sets the system prompt. An empty one is none.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        let instructions = instructions.into();
        self.system = (!instructions.is_empty()).then(|| Arc::new(Message::system(instructions)));
        self
    }

    /// Sets the tools that the model may call.
    ///
    /// # Errors
    /// A tool without a name, two tools of one name, or a schema that is none.
    pub fn tools(mut self, tools: Vec<Arc<dyn Tool>>) -> Result<Self, AgentError> {
        self.tools = ToolSet::new(tools)?;
        Ok(self)
    }

    /// Sets the tools that the provider runs itself, each as the provider's own protocol writes it.
    #[must_use]
    pub fn server_tools(mut self, tools: Vec<JsonObject>) -> Self {
        self.server_tools = tools.into();
        self
    }

    /// Limits the time of each tool call. Default: no limit.
    #[must_use]
    pub const fn tool_timeout(mut self, limit: Option<Duration>) -> Self {
        self.tool_timeout = limit;
        self
    }

    /// Sets whether a run ends after the first batch of tools, without asking the model again. Default: no.
    #[must_use]
    pub const fn tool_end(mut self, ends: bool) -> Self {
        self.tool_end = ends;
        self
    }

    /// The agent's id.
    #[must_use]
    pub const fn id(&self) -> &AgentId {
        &self.id
    }

    /// The agent's model.
    #[must_use]
    pub fn model(&self) -> &Arc<dyn ChatModel> {
        &self.model
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("id", &self.id)
            .field("model", self.model.info())
            .field("tools", &self.tools)
            .finish_non_exhaustive()
    }
}

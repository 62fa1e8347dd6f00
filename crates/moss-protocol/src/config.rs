//! What a host configures, in the JSON of the Run interface. Unknown members are ignored, as hosts rely on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::named::named_enum;
use crate::{AgentId, ConfigError, JsonObject, Provider, RunId, ToolDefinition};

/// A run as a host asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunConfig {
    /// The run's id.
    pub run_id: RunId,
    /// The agents and how they are joined.
    pub graph: GraphConfig,
    /// Whether `processStream` returns the run's content. Default: no.
    pub return_content: bool,
}

/// The agents of a run and how they are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphConfig {
    /// The shape.
    pub kind: GraphType,
    /// At least one.
    pub agents: Vec<AgentConfig>,
}

/// The shape of a graph of agents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GraphType {
    /// One agent.
    #[default]
    #[serde(rename = "standard")]
    Standard,
    /// Several agents and edges between them.
    #[serde(rename = "multi-agent")]
    MultiAgent,
}

named_enum! {
    /// Where a provider puts reasoning in a chunk's additional fields.
    ReasoningKey {
        /// `reasoning_content`: DeepSeek and most servers that imitate it.
        ReasoningContent = "reasoning_content",
        /// `reasoning`: OpenRouter, OpenAI Responses, Google.
        Reasoning = "reasoning",
    }
}

/// One agent: a model, its instructions, its tools.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentConfig {
    /// The agent's id.
    pub agent_id: AgentId,
    /// The name that readers see.
    pub name: Option<String>,
    /// Who serves the model.
    pub provider: Provider,
    /// The client's options, under the names that LangChain's clients use.
    pub client_options: JsonObject,
    /// The system prompt.
    pub instructions: Option<String>,
    /// Appended to the instructions.
    pub additional_instructions: Option<String>,
    /// The tools that the model may call.
    pub tools: Vec<ToolDefinition>,
    /// Tools that the provider runs itself, as its own protocol writes them.
    pub server_tools: Vec<JsonObject>,
    /// Where the provider puts reasoning, where it is not the provider's usual place.
    pub reasoning_key: Option<ReasoningKey>,
    /// Whether the run ends after the first tool batch. Default: no.
    pub tool_end: bool,
}

impl RunConfig {
    /// Reads `{runId, graphConfig, returnContent}`.
    ///
    /// `graphConfig` is `{llmConfig, tools, instructions, …}` (one agent, named `default`) or
    /// `{agents: […]}`. Members that this version does not know are ignored.
    ///
    /// # Errors
    /// [`ConfigError`], with the sentences of the Run interface where it has one.
    pub fn from_json(value: &Value) -> Result<Self, ConfigError> {
        let run_id = RunId::new(text(value, "runId").unwrap_or_default())?;
        let graph = match value.get("graphConfig") {
            Some(graph @ Value::Object(_)) => GraphConfig::from_json(graph)?,
            None | Some(Value::Null) => return Err(ConfigError::MissingGraphConfig),
            Some(_) => return Err(ConfigError::Other("`graphConfig` is not an object".to_owned())),
        };
        Ok(Self { run_id, graph, return_content: flag(value, "returnContent") })
    }
}

impl GraphConfig {
    /// Reads a `graphConfig`; see [`RunConfig::from_json`].
    ///
    /// # Errors
    /// As [`RunConfig::from_json`].
    pub fn from_json(value: &Value) -> Result<Self, ConfigError> {
        let kind = match value.get("type").and_then(Value::as_str) {
            None | Some("standard") => GraphType::Standard,
            Some("multi-agent") => GraphType::MultiAgent,
            Some(other) => {
                return Err(ConfigError::Other(format!(
                    "`graphConfig.type` is `{other}`; it can be `standard` or `multi-agent`"
                )));
            }
        };
        let agents = match value.get("agents") {
            Some(Value::Array(agents)) => agents
                .iter()
                .map(|agent| AgentConfig::from_json(agent, None))
                .collect::<Result<Vec<_>, _>>()?,
            _ => match value.get("llmConfig") {
                Some(Value::Object(llm)) => vec![AgentConfig::from_json(value, Some(llm))?],
                _ => Vec::new(),
            },
        };
        if agents.is_empty() {
            return Err(ConfigError::MissingAgent);
        }
        Ok(Self { kind, agents })
    }
}

impl AgentConfig {
    /// Reads one agent. `llm` is the legacy shape's `llmConfig`: provider and client options in one object.
    fn from_json(value: &Value, llm: Option<&JsonObject>) -> Result<Self, ConfigError> {
        let (provider, client_options, agent_id) = match llm {
            Some(llm) => {
                let mut options = llm.clone();
                let provider = options.shift_remove("provider");
                (provider, options, "default".to_owned())
            }
            None => (
                value.get("provider").cloned(),
                value.get("clientOptions").and_then(Value::as_object).cloned().unwrap_or_default(),
                text(value, "agentId").unwrap_or("default").to_owned(),
            ),
        };
        let provider = match provider {
            Some(Value::String(name)) => name.parse::<Provider>()?,
            _ => {
                return Err(ConfigError::Other(format!(
                    "agent `{agent_id}` has no `provider`. Set it to one of: {}",
                    Provider::ALL.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", ")
                )));
            }
        };
        let reasoning_key = match text(value, "reasoningKey") {
            Some("reasoning_content") => Some(ReasoningKey::ReasoningContent),
            Some("reasoning") => Some(ReasoningKey::Reasoning),
            Some(_) | None => None,
        };
        let (tools, server_tools) = tools_from_json(value.get("tools"))?;
        Ok(Self {
            agent_id: AgentId::from(agent_id),
            name: text(value, "name").map(str::to_owned),
            provider,
            client_options,
            instructions: text(value, "instructions").map(str::to_owned),
            additional_instructions: text(value, "additional_instructions").map(str::to_owned),
            tools,
            server_tools,
            reasoning_key,
            tool_end: flag(value, "toolEnd"),
        })
    }
}

/// The tools of an agent, and those of its provider.
fn tools_from_json(
    tools: Option<&Value>,
) -> Result<(Vec<ToolDefinition>, Vec<JsonObject>), ConfigError> {
    let Some(Value::Array(list)) = tools else { return Ok((Vec::new(), Vec::new())) };
    let server_tools = list.iter().filter_map(server_tool).cloned().collect();
    let tools = list
        .iter()
        .enumerate()
        .filter(|(_, tool)| server_tool(tool).is_none())
        .map(|(position, tool)| {
            if text(tool, "name").is_none_or(str::is_empty) {
                return Err(ConfigError::UnnamedTool { position });
            }
            serde_json::from_value::<ToolDefinition>(tool.clone()).map_err(|error| {
                ConfigError::Other(format!("tool {position} cannot be read: {error}"))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    ToolDefinition::check_names(&tools)?;
    Ok((tools, server_tools))
}

/// An entry of a list of tools that the provider runs itself: it names its `type`, as OpenAI's and Anthropic's do, or
/// is an object under the tool's name and nothing else, as Google's are.
fn server_tool(tool: &Value) -> Option<&JsonObject> {
    let object = tool.as_object()?;
    let named = match object.get("type") {
        Some(kind) => kind.as_str().is_some_and(|kind| kind != "function"),
        None => object.len() == 1 && object.values().all(Value::is_object),
    };
    named.then_some(object)
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

//! One run as JavaScript holds it: a number here, the runtime behind it.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moss_agent::{
    Agent, AgentError, AgentRuntime, CallOptions, Delivery, EventSink, RunEvent, RunOutcome, Tool,
};
use moss_llm::Transport;
use moss_protocol::{ConfigError, EventName, JsonObject, Message, RunConfig};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::error_json::ErrorJson;
use crate::sink::HandlerSink;
use crate::speaker::Speaker;
use crate::tool::{FunctionTool, ToolCalls};

/// One run.
pub(crate) struct RunHandle {
    runtime: AgentRuntime,
    sink: Arc<HandlerSink>,
    tools: Arc<ToolCalls>,
    return_content: bool,
    warnings: Vec<String>,
    /// The token of the call that is going on.
    call: Mutex<Option<CancellationToken>>,
}

impl RunHandle {
    /// Makes a run from JavaScript's configuration: that of the Run interface without its functions, and
    /// `wants`, the events that have a handler.
    pub(crate) fn create(
        number: u32,
        speaker: &Arc<Speaker>,
        config: &str,
    ) -> Result<Self, AgentError> {
        let config: Value = serde_json::from_str(config)
            .map_err(|error| other(format!("the configuration is unreadable: {error}")))?;
        let run_config = RunConfig::from_json(&config)?;
        let Some(agent_config) = run_config.graph.agents.first() else {
            return Err(ConfigError::MissingAgent.into());
        };
        let calls = Arc::new(ToolCalls::new(number, Arc::clone(speaker)));
        let self_checking = names_of_self_checking_tools(&config);
        let tools: Vec<Arc<dyn Tool>> = agent_config
            .tools
            .iter()
            .map(|definition| {
                let tool: Arc<dyn Tool> = Arc::new(FunctionTool {
                    definition: definition.clone(),
                    checks_arguments: self_checking.contains(definition.name.as_str()),
                    calls: Arc::clone(&calls),
                });
                tool
            })
            .collect();
        let environment = |name: &str| std::env::var(name).ok();
        let limit = config.get("toolTimeoutMs").and_then(Value::as_u64).map(Duration::from_millis);
        let agent = Agent::from_config(agent_config, tools, Transport::shared(), environment)?
            .tool_timeout(limit);
        let warnings = warnings(&agent);
        let sink = Arc::new(HandlerSink::new(number, wants(&config), Arc::clone(speaker)));
        let runtime = AgentRuntime::builder(run_config.run_id.as_str(), agent)
            .sink(SharedSink(Arc::clone(&sink)))
            .create()?;
        let return_content = run_config.return_content;
        Ok(Self { runtime, sink, tools: calls, return_content, warnings, call: Mutex::default() })
    }

    /// What the host should know of its configuration, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    pub(crate) fn tools(&self) -> &ToolCalls {
        &self.tools
    }

    pub(crate) fn handled(&self, handled: usize, failed: bool) {
        self.sink.handled(handled, failed);
    }

    /// Begins a call, on the JavaScript thread: a cancellation that follows finds it, and one that came before
    /// is not meant for it.
    pub(crate) fn begin(&self) -> CancellationToken {
        let cancel = CancellationToken::new();
        *self.call() = Some(cancel.clone());
        cancel
    }

    /// Cancels the call that is going on, if there is one.
    pub(crate) fn cancel(&self) {
        if let Some(cancel) = self.call().as_ref() {
            cancel.cancel();
        }
    }

    /// Runs an input, and gives the answer for JavaScript.
    pub(crate) async fn process(&self, input: &str, cancel: CancellationToken) -> String {
        let result = self.run(input, cancel).await;
        *self.call() = None;
        match result {
            Ok(outcome) => {
                let content = self.return_content.then_some(&outcome.content);
                json!({"ok": true, "content": content, "messages": outcome.messages}).to_string()
            }
            Err(error) => ErrorJson::from(error).into_answer(),
        }
    }

    fn call(&self) -> MutexGuard<'_, Option<CancellationToken>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, input: &str, cancel: CancellationToken) -> Result<RunOutcome, AgentError> {
        let mut input: JsonObject = serde_json::from_str(input)
            .map_err(|error| other(format!("the input is unreadable: {error}")))?;
        let Some(Value::Array(messages)) = input.shift_remove("messages") else {
            return Err(other("`messages` is not a list of messages".to_owned()));
        };
        let messages = Message::list_from_json(messages).map_err(ConfigError::from)?;
        let mut object = |key: &str| match input.shift_remove(key) {
            Some(Value::Object(object)) => object,
            _ => JsonObject::new(),
        };
        let defaults = CallOptions::default();
        let options = CallOptions {
            configurable: object("configurable"),
            metadata: object("metadata"),
            recursion_limit: input
                .get("recursionLimit")
                .and_then(Value::as_u64)
                .unwrap_or(defaults.recursion_limit),
            cancel,
            keep_content: input.get("keepContent").and_then(Value::as_bool).unwrap_or(false),
        };
        self.runtime.process_stream(messages, options).await
    }
}

/// The sink, shared between the runtime and JavaScript's answers.
struct SharedSink(Arc<HandlerSink>);

#[async_trait::async_trait]
impl EventSink for SharedSink {
    fn wants(&self, name: EventName) -> bool {
        self.0.wants(name)
    }

    async fn deliver(&self, batch: &[RunEvent], cancel: &CancellationToken) -> Delivery {
        self.0.deliver(batch, cancel).await
    }
}

fn other(problem: String) -> AgentError {
    ConfigError::Other(problem).into()
}

/// The events that have a handler. Names that no event has are left out: no event will miss them.
fn wants(config: &Value) -> BTreeSet<EventName> {
    let names = config.get("wants").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(|name| name.as_str()?.parse().ok()).collect()
}

/// Tools that JavaScript marks with `checksArguments`: LangChain's, which know their schemas best.
/// Options that nobody follows: most often a slip of the pen.
fn warnings(agent: &Agent) -> Vec<String> {
    let model = agent.model();
    let provider = model.info().provider;
    let warn = |name| {
        format!("option `{name}` is not known for provider `{provider}` and is not followed")
    };
    model.unknown_options().iter().map(warn).collect()
}

fn names_of_self_checking_tools(config: &Value) -> HashSet<&str> {
    let graph = config.get("graphConfig");
    let agent = graph.and_then(|graph| graph.pointer("/agents/0")).or(graph);
    let tools = agent.and_then(|agent| agent.get("tools")).and_then(Value::as_array);
    tools
        .into_iter()
        .flatten()
        .filter(|tool| tool.get("checksArguments") == Some(&Value::Bool(true)))
        .filter_map(|tool| tool.get("name")?.as_str())
        .collect()
}

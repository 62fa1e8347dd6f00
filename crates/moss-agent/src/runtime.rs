//! The runtime of one run: from a conversation to its events and its answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moss_graph::{Drawing, NodeFailure, RunFailure, RunOptions, StateGraphEngine};
use moss_protocol::{ConfigError, ContentPart, JsonObject, Message, RunId, StepStatus, Usage};
use tokio_util::sync::CancellationToken;

use crate::events::{Dispatcher, EventSink, channel, with_delivery};
use crate::graph::{AgentContext, AgentGraph, ExecutionGraph, NodeStopped};
use crate::{Agent, AgentError, AgentNode, AgentState, EventHandlerRegistry};

/// The runtime of one run: an agent, the graph it runs as, and who listens.
///
/// A runtime may process several inputs, one after the other.
///
/// ```
/// use std::sync::Arc;
///
/// use moss_agent::{Agent, AgentRuntime, CallOptions, EventHandlerRegistry};
/// use moss_llm::{DemoModel, DemoVariant};
/// use moss_protocol::{EventName, Message};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let agent = Agent::new("helper", Arc::new(DemoModel::new(DemoVariant::Plain)));
/// let handlers = EventHandlerRegistry::new().on(EventName::MessageDelta, |event| {
///     // … show the text
///     # let _ = event;
///     Ok(())
/// });
/// let runtime = AgentRuntime::builder("run-1", agent).sink(handlers).create()?;
/// let outcome = runtime.process_stream(vec![Message::human("Hello")], CallOptions::default()).await?;
/// assert!(outcome.answer().is_some());
/// # Ok(())
/// # }
/// ```
pub struct AgentRuntime {
    run_id: RunId,
    agent: Agent,
    graph: AgentGraph,
    sink: Arc<dyn EventSink>,
    execution: Mutex<ExecutionGraph>,
    going_on: tokio::sync::Mutex<()>,
}

/// How a runtime is put together.
pub struct AgentRuntimeBuilder {
    run_id: String,
    agent: Agent,
    graph: AgentGraph,
    sink: Arc<dyn EventSink>,
}

/// How one call of [`AgentRuntime::process_stream`] is to go.
#[derive(Debug, Clone)]
pub struct CallOptions {
    /// What tools and nodes get unchanged (`thread_id`, `user_id` …). Scalar members also reach every
    /// event's metadata.
    pub configurable: JsonObject,
    /// What reaches every event's metadata beside that.
    pub metadata: JsonObject,
    /// How many supersteps the run may take: a model call is one, a batch of tools is one. Default 50, as
    /// in the Run interface.
    pub recursion_limit: u64,
    /// Cancels the run. Default: a token that nobody cancels.
    pub cancel: CancellationToken,
    /// Whether steps and content indices go on from the call before. Default: they begin anew.
    pub keep_content: bool,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            configurable: JsonObject::new(),
            metadata: JsonObject::new(),
            recursion_limit: 50,
            cancel: CancellationToken::new(),
            keep_content: false,
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// The messages that the run added to the conversation.
    pub messages: Vec<Arc<Message>>,
    /// The same as content parts.
    pub content: Vec<ContentPart>,
}

impl RunOutcome {
    /// The text of the model's last message; none when the run ended with a tool.
    #[must_use]
    pub fn answer(&self) -> Option<String> {
        match self.messages.last()?.as_ref() {
            Message::Ai(message) => Some(message.content.text()),
            Message::System(_) | Message::Human(_) | Message::Tool(_) => None,
        }
    }

    /// What all model calls of the run consumed.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mut total = Usage::default();
        for message in &self.messages {
            if let Message::Ai(message) = message.as_ref()
                && let Some(usage) = &message.usage_metadata
            {
                total += usage;
            }
        }
        total
    }
}

impl AgentRuntimeBuilder {
    /// Sets who listens to the run's events. Default: nobody.
    #[must_use]
    pub fn sink(mut self, sink: impl EventSink + 'static) -> Self {
        self.sink = Arc::new(sink);
        self
    }

    /// Adds a node to the agent's graph. Without an edge to it, it never runs, and `create` fails.
    #[must_use]
    pub fn node(mut self, node: impl AgentNode) -> Self {
        self.graph.add_node(Arc::new(node));
        self
    }

    /// Adds an edge to the agent's graph. The first edge from a node replaces where that node leads by
    /// default: `llm` (an answer without tool calls) to `done`, `tools` to `llm`, a host's node to `done`.
    #[must_use]
    pub fn edge(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.graph.add_edge(from.into(), to.into());
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// No run id, or nodes and edges that do not fit together.
    pub fn create(self) -> Result<AgentRuntime, AgentError> {
        let run_id = RunId::new(self.run_id).map_err(ConfigError::from)?;
        let execution = ExecutionGraph::new(run_id.clone());
        let runtime = AgentRuntime {
            run_id,
            agent: self.agent,
            graph: self.graph,
            sink: self.sink,
            execution: Mutex::new(execution),
            going_on: tokio::sync::Mutex::new(()),
        };
        // Told now, not in the middle of a conversation.
        let (context, _) = runtime.context(&CallOptions::default(), CancellationToken::new());
        runtime.graph.compile(&context)?;
        Ok(runtime)
    }
}

impl AgentRuntime {
    /// Begins to put a runtime together.
    pub fn builder(run_id: impl Into<String>, agent: Agent) -> AgentRuntimeBuilder {
        let graph = AgentGraph::default();
        let sink = Arc::new(EventHandlerRegistry::new());
        AgentRuntimeBuilder { run_id: run_id.into(), agent, graph, sink }
    }

    /// The run's id.
    #[must_use]
    pub const fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// The agent.
    #[must_use]
    pub const fn agent(&self) -> &Agent {
        &self.agent
    }

    /// A picture of the graph that the agent runs as, with the nodes and edges of the host.
    ///
    /// # Errors
    /// Nodes and edges that do not fit together: `create` has told of them already.
    pub fn drawing(&self) -> Result<Drawing, AgentError> {
        let (context, _) = self.context(&CallOptions::default(), CancellationToken::new());
        Ok(self.graph.compile(&context)?.drawing())
    }

    /// What the run has made: after a call its messages, content and steps.
    #[must_use]
    pub fn execution_graph(&self) -> ExecutionGraph {
        self.execution().clone()
    }

    /// Forgets what the run has made.
    pub fn reset(&self) {
        self.execution().reset();
    }

    /// Runs the agent on a conversation, and tells the sink all events of it, in order.
    ///
    /// Dropping the future cancels the run; then nobody hears its end.
    ///
    /// # Errors
    /// [`AgentError`]. Every step that the sink has seen begin is closed before: `cancelled` or `failed`.
    ///
    /// A run that is cancelled waits five seconds, and no longer, for a handler that is at work. When that
    /// has not returned by then, the run is given up: the error is [`AgentError::Cancelled`], and the sink is
    /// told nothing more.
    pub async fn process_stream(
        &self,
        messages: Vec<Message>,
        options: CallOptions,
    ) -> Result<RunOutcome, AgentError> {
        let Ok(_going_on) = self.going_on.try_lock() else {
            return Err(AgentError::Busy { run_id: self.run_id.to_string() });
        };
        if options.keep_content {
            self.execution().forget_messages();
        } else {
            self.execution().reset();
        }
        if options.cancel.is_cancelled() {
            return Err(AgentError::Cancelled);
        }
        // The run's own token: a failing handler stops the run without touching the host's token.
        let cancel = options.cancel.child_token();
        let _ends_with_the_call = cancel.clone().drop_guard();
        let (context, mut dispatcher) = self.context(&options, cancel);
        let engine = StateGraphEngine::new(self.graph.compile(&context)?);
        let start_index = messages.len();
        let state =
            AgentState { messages: messages.into_iter().map(Arc::new).collect(), answer: None };
        let run_options = RunOptions {
            // One more for `done`, which LangGraph's agents do not have. All other nodes keep the host's
            // limit exact.
            recursion_limit: options.recursion_limit.saturating_add(1),
            run_id: Some(self.run_id.clone()),
            ..RunOptions::default()
        };
        let events = context.events.clone();
        drop(context);
        let engine_run = async {
            let result = engine.run(state, run_options).await;
            events.end().await;
            result
        };
        let result = with_delivery(engine_run, dispatcher.run()).await;

        let status = match &result {
            _ if dispatcher.failed() => StepStatus::Failed,
            _ if options.cancel.is_cancelled() => StepStatus::Cancelled,
            Ok(_) => StepStatus::Completed,
            Err(_) => StepStatus::Failed,
        };
        self.execution().end_steps(status);
        if let Some(error) = dispatcher.finish(status).await {
            return Err(AgentError::Handler(error));
        }
        match result {
            Ok(state) if status == StepStatus::Completed => {
                let mut execution = self.execution();
                execution.keep(state.messages, start_index);
                Ok(RunOutcome {
                    messages: execution.run_messages(),
                    content: execution.content_parts(),
                })
            }
            Ok(_) => Err(AgentError::Cancelled),
            Err(_) if status == StepStatus::Cancelled => Err(AgentError::Cancelled),
            Err(error) => Err(cause(error.into_parts().0, options.recursion_limit)),
        }
    }

    fn context(
        &self,
        options: &CallOptions,
        cancel: CancellationToken,
    ) -> (Arc<AgentContext>, Dispatcher) {
        let (events, dispatcher) = channel(Arc::clone(&self.sink), cancel.clone());
        let metadata = AgentContext::base_metadata(
            &self.run_id,
            &self.agent,
            &options.configurable,
            options.metadata.clone(),
        );
        let context = AgentContext {
            run_id: self.run_id.clone(),
            agent: self.agent.clone(),
            events,
            steps: self.execution().steps(),
            turns: Mutex::new(HashMap::new()),
            configurable: Arc::new(options.configurable.clone()),
            metadata,
            cancel,
            recursion_limit: options.recursion_limit,
        };
        (Arc::new(context), dispatcher)
    }

    fn execution(&self) -> MutexGuard<'_, ExecutionGraph> {
        self.execution.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error that a host is to see: what a built-in node said, without the engine around it.
fn cause(failure: RunFailure, recursion_limit: u64) -> AgentError {
    let is_ours = |failure: &NodeFailure| matches!(failure, NodeFailure::Failed { source, .. } if source.is::<AgentError>() || source.is::<NodeStopped>());
    match failure {
        RunFailure::RecursionLimit { .. } => AgentError::RecursionLimit { limit: recursion_limit },
        RunFailure::Cancelled { .. } => AgentError::Cancelled,
        RunFailure::Nodes(failures) if failures.iter().any(is_ours) => failures
            .into_iter()
            .find_map(|failure| match failure {
                NodeFailure::Failed { source, .. } => source.downcast::<AgentError>().ok(),
                _ => None,
            })
            // What is ours and no error of its own says only that the run has ended.
            .map_or(AgentError::Cancelled, |error| *error),
        other => AgentError::Graph(other),
    }
}

impl fmt::Debug for AgentRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentRuntime")
            .field("run_id", &self.run_id)
            .field("agent", &self.agent)
            .finish_non_exhaustive()
    }
}

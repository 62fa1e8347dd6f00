//! The nodes of an agent's graph.

mod done;
mod llm;
mod tools;

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Agent, AgentState, AgentStateUpdate, NodeRun};
pub(crate) use done::DoneNode;
pub(crate) use llm::LlmNode;
pub(crate) use tools::ToolsNode;

/// The name of the node that asks the model.
pub const LLM: &str = "llm";
/// The name of the node that calls tools.
pub const TOOLS: &str = "tools";
/// The name of the node that ends the run.
pub const DONE: &str = "done";

/// A node of an agent's graph: one of the built-in ones, or a host's own.
///
/// ```
/// use std::error::Error;
/// use std::sync::Arc;
///
/// use async_trait::async_trait;
/// use moss_agent::{AgentNode, AgentState, AgentStateUpdate, NodeRun};
/// use moss_graph::State;
/// use moss_protocol::Message;
///
/// /// Tells the model after each batch of tools to be brief.
/// struct Remind;
///
/// #[async_trait]
/// impl AgentNode for Remind {
///     fn name(&self) -> &str {
///         "remind"
///     }
///
///     async fn execute(
///         &self,
///         _: Arc<AgentState>,
///         _: NodeRun,
///     ) -> Result<AgentStateUpdate, Box<dyn Error + Send + Sync>> {
///         Ok(AgentState::update().messages(vec![Arc::new(Message::human("Be brief."))]))
///     }
/// }
/// ```
#[async_trait]
pub trait AgentNode: Send + Sync + 'static {
    /// The node's name in the graph, by which edges refer to it.
    fn name(&self) -> &str;

    /// Whether the node has something to do. When not, it is passed over, and the run goes on behind it.
    fn should_execute(&self, state: &AgentState) -> bool {
        let _ = state;
        true
    }

    /// Does its work and gives back what it writes. Dropped when the run is cancelled.
    ///
    /// # Errors
    /// Any error fails the run, and names this node.
    async fn execute(
        &self,
        state: Arc<AgentState>,
        run: NodeRun,
    ) -> Result<AgentStateUpdate, Box<dyn Error + Send + Sync>>;

    /// The node's name in events (`langgraph_node`). Default: its name in the graph.
    fn label(&self, agent: &Agent) -> String {
        let _ = agent;
        self.name().to_owned()
    }

    /// Whether the node ends by itself, and at once, when the run is cancelled, instead of being dropped:
    /// it has something left to tell.
    #[doc(hidden)]
    fn ends_on_cancel(&self) -> bool {
        false
    }
}

//! The nodes and edges of an agent's graph, with those that a host added.

use std::sync::Arc;

use moss_graph::{
    CompiledGraph, END, GraphError, NodeContext, NodeError, NodeResult, Route, START, StateGraph,
};

use super::{AgentContext, AgentState, NodeRun, NodeStopped};
use crate::AgentError;
use crate::nodes::{AgentNode, DONE, DoneNode, LLM, LlmNode, TOOLS, ToolsNode};

/// The nodes and edges of an agent's graph:
///
/// ```text
/// START → llm → tools (the model called some) → llm …
///             → done  (it did not)            → END
/// ```
///
/// A host adds nodes of its own, and edges. An edge from a node replaces where that node leads by default:
/// from `llm`, the way of an answer without tool calls; from `tools`, the way back to `llm`; from a node of
/// the host's, the way to `done`.
#[derive(Clone, Default)]
pub(crate) struct AgentGraph {
    nodes: Vec<Arc<dyn AgentNode>>,
    edges: Vec<(String, String)>,
}

impl AgentGraph {
    pub(crate) fn add_node(&mut self, node: Arc<dyn AgentNode>) {
        self.nodes.push(node);
    }

    pub(crate) fn add_edge(&mut self, from: String, to: String) {
        self.edges.push((from, to));
    }

    /// The graph for one call.
    pub(crate) fn compile(
        &self,
        context: &Arc<AgentContext>,
    ) -> Result<CompiledGraph<AgentState>, GraphError> {
        let built_in: [Arc<dyn AgentNode>; 3] =
            [Arc::new(LlmNode), Arc::new(ToolsNode), Arc::new(DoneNode)];
        let mut graph = StateGraph::new();
        for node in built_in.iter().chain(&self.nodes) {
            graph = graph.node(node.name(), runner(Arc::clone(node), Arc::clone(context)));
        }
        let after_llm = self.targets(LLM, DONE);
        let routes = [vec![TOOLS.to_owned()], after_llm.clone()].concat();
        graph = graph.conditional_edge(
            LLM,
            move |state: &AgentState| -> Route<AgentState> {
                let calls = state.last_ai_message().is_some_and(|message| {
                    !message.tool_calls.is_empty() || !message.invalid_tool_calls.is_empty()
                });
                if calls { TOOLS.into() } else { after_llm.clone().into() }
            },
            routes,
        );
        let after_tools = if context.agent.tool_end { DONE } else { LLM };
        let mut leaving: Vec<(&str, &str)> = vec![(START, LLM), (TOOLS, after_tools), (DONE, END)];
        leaving.extend(self.nodes.iter().map(|node| (node.name(), DONE)));
        for (from, default) in leaving {
            for to in self.targets(from, default) {
                graph = graph.edge(from, to);
            }
        }
        // An edge from a node that does not exist is not left out in silence: compiling tells.
        let is_node = |name: &str| {
            name == START
                || [LLM, TOOLS, DONE].contains(&name)
                || self.nodes.iter().any(|node| node.name() == name)
        };
        for (from, to) in self.edges.iter().filter(|(from, _)| !is_node(from)) {
            graph = graph.edge(from, to);
        }
        graph.compile()
    }

    fn targets(&self, from: &str, default: &str) -> Vec<String> {
        let own: Vec<String> = self
            .edges
            .iter()
            .filter(|(source, _)| source == from)
            .map(|(_, target)| target.clone())
            .collect();
        if own.is_empty() { vec![default.to_owned()] } else { own }
    }
}

/// A graph node that runs an agent node with its context.
fn runner(
    node: Arc<dyn AgentNode>,
    context: Arc<AgentContext>,
) -> impl moss_graph::Node<AgentState> {
    move |state: Arc<AgentState>, task: NodeContext| {
        let (node, context) = (Arc::clone(&node), Arc::clone(&context));
        async move { run_node(node.as_ref(), state, context, task.superstep()).await }
    }
}

async fn run_node(
    node: &dyn AgentNode,
    state: Arc<AgentState>,
    context: Arc<AgentContext>,
    superstep: u64,
) -> NodeResult<AgentState> {
    if context.cancel.is_cancelled() {
        return Err(NodeStopped.into());
    }
    let limit = context.recursion_limit;
    // The node `done`, which LangGraph's agents do not have, is not counted against the host's limit.
    if superstep > limit && node.name() != DONE {
        return Err(AgentError::RecursionLimit { limit }.into());
    }
    if !node.should_execute(&state) {
        return Ok(AgentState::update());
    }
    let metadata = context.node_metadata(&node.label(&context.agent), superstep);
    let cancel = context.cancel.clone();
    let ends_itself = node.ends_on_cancel();
    let run = NodeRun { context, superstep, metadata };
    let work = node.execute(state, run);
    if ends_itself {
        return work.await.map_err(NodeError::from);
    }
    tokio::select! {
        biased;
        result = work => result.map_err(NodeError::from),
        () = cancel.cancelled() => Err(NodeStopped.into()),
    }
}

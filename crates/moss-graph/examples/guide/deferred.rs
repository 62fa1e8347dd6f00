//! A node that runs once, when nothing else is left to run.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    NodeContext, NodeOptions, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Trail {
    #[state(append)]
    nodes: Vec<String>,
}

async fn visit(_: Arc<Trail>, context: NodeContext) -> NodeResult<Trail> {
    Ok(Trail::update().nodes([context.node().to_string()]))
}

/// A short branch and a long one, which both lead to `sum`.
fn graph(sum: NodeOptions<Trail>) -> StateGraph<Trail> {
    StateGraph::new()
        .node("short", visit)
        .node("long", visit)
        .node("longer", visit)
        .node_with("sum", visit, sum)
        .edge(START, "short")
        .edge("short", "sum")
        .edge(START, "long")
        .sequence(["long", "longer", "sum"])
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    for (name, options) in
        [("plain", NodeOptions::new()), ("deferred", NodeOptions::new().deferred())]
    {
        let engine = StateGraphEngine::new(graph(options).compile()?);
        let trail = engine.run(Trail::default(), RunOptions::default()).await?;
        println!("{name}: {}", trail.nodes.join(", "));
    }
    Ok(())
}

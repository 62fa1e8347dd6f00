//! Running without the barrier of supersteps: a fast branch does not wait for a slow one.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::{
    Execution, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Trail {
    #[state(append)]
    nodes: Vec<String>,
}

async fn visit(_: Arc<Trail>, context: NodeContext) -> NodeResult<Trail> {
    if context.node().as_str() == "slow" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(Trail::update().nodes([context.node().to_string()]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let modes = [("supersteps", Execution::Supersteps), ("dataflow", Execution::Dataflow)];
    for (name, execution) in modes {
        let graph = StateGraph::new()
            .node("fast", visit)
            .node("next", visit)
            .node("slow", visit)
            .node("last", visit)
            .edge(START, "fast")
            .edge(START, "slow")
            .edge("fast", "next")
            .join(["next", "slow"], "last")
            .execution(execution)
            .compile()?;
        let trail =
            StateGraphEngine::new(graph).run(Trail::default(), RunOptions::default()).await?;
        println!("{name}: {}", trail.nodes.join(", "));
    }
    Ok(())
}

//! Nodes, edges, and a run.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine};

#[derive(Clone, Debug, Default, State)]
struct Tea {
    water: u32,
    cup: String,
}

async fn boil(_: Arc<Tea>, _: NodeContext) -> NodeResult<Tea> {
    Ok(Tea::update().water(100))
}

async fn pour(tea: Arc<Tea>, _: NodeContext) -> NodeResult<Tea> {
    Ok(Tea::update().cup(format!("tea at {} °C", tea.water)))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("boil", boil)
        .node("pour", pour)
        .edge(START, "boil")
        .edge("boil", "pour")
        .compile()?;
    let engine = StateGraphEngine::new(graph);

    let tea = engine.run(Tea::default(), RunOptions::default()).await?;
    println!("{}", tea.cup);
    Ok(())
}

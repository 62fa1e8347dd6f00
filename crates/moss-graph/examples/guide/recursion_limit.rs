//! How many supersteps a run may take.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    END, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Loop {
    rounds: u32,
}

async fn again(state: Arc<Loop>, _: NodeContext) -> NodeResult<Loop> {
    Ok(Loop::update().rounds(state.rounds + 1))
}

fn until_40(state: &Loop) -> &'static str {
    if state.rounds < 40 { "again" } else { END }
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("again", again)
        .edge(START, "again")
        .conditional_edge("again", until_40, ["again", END])
        .compile()?;
    let engine = StateGraphEngine::new(graph);

    let failed = engine.run(Loop::default(), RunOptions::default()).await;
    let error = failed.err().ok_or("40 are more than 25")?;
    println!("{} after {} rounds", error.code(), error.state().rounds);

    let options = RunOptions { recursion_limit: 40, ..RunOptions::default() };
    println!("done after {} rounds", engine.run(Loop::default(), options).await?.rounds);
    Ok(())
}

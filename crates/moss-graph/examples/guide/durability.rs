//! When what a run has done is safe.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Durability, HistoryFilter, Input, NodeContext, NodeResult, RunOptions, START, State,
    StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Steps {
    #[state(append)]
    done: Vec<String>,
}

async fn step(_: Arc<Steps>, context: NodeContext) -> NodeResult<Steps> {
    Ok(Steps::update().done([context.node().to_string()]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("a", step)
        .node("b", step)
        .node("c", step)
        .edge(START, "a")
        .sequence(["a", "b", "c"])
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Steps::default())
        .with_store(Arc::new(MemoryStore::new()));

    let modes =
        [("sync", Durability::Sync), ("async", Durability::Async), ("exit", Durability::Exit)];
    for (name, durability) in modes {
        let thread = engine.thread(name)?;
        let options = RunOptions { durability, ..RunOptions::default() };
        let done = thread.run(Input::Update(Steps::update()), options).await?;
        let checkpoints = thread.history(HistoryFilter::default()).await?.len();
        println!("{name}: {}, checkpoints: {checkpoints}", done.state.done.join(" "));
    }
    Ok(())
}

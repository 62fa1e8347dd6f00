//! A graph that has changed since its thread was stored.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine, Thread,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Draft {
    #[state(append)]
    log: Vec<String>,
}

async fn step(_: Arc<Draft>, context: NodeContext) -> NodeResult<Draft> {
    Ok(Draft::update().log([context.node().to_string()]))
}

/// The program before and after its second node was renamed.
fn draft(store: &Arc<MemoryStore>, second: &str) -> Result<Thread<Draft>, Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("write", step)
        .node(second, step)
        .edge(START, "write")
        .edge("write", second)
        .compile()?;
    let store: Arc<dyn CheckpointStore> = store.clone();
    let engine = StateGraphEngine::persistent(graph, Draft::default()).with_store(store);
    Ok(engine.thread("draft")?)
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let store = Arc::new(MemoryStore::new());
    let to_check = RunOptions { interrupt_before: ["check"].into(), ..RunOptions::default() };
    draft(&store, "check")?.run(Input::Update(Draft::update()), to_check).await?;

    let renamed = draft(&store, "review")?;
    let failed = renamed.run(Input::Continue, RunOptions::default()).await;
    let error = failed.err().ok_or("`check` is not there any more")?;
    println!("{}: {error}", error.code());

    // As if `write` had run now: the new graph says what is next.
    renamed.update(Draft::update(), "write").await?;
    let next = renamed.state().await?.ok_or("the thread is stored")?.next;
    println!("next: {}", next.join(", "));
    let done = renamed.run(Input::Continue, RunOptions::default()).await?;
    println!("{}", done.state.log.join(", "));
    Ok(())
}

//! Changing a thread from outside: as a node, as an input, as the end.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    NodeContext, NodeResult, START, State, StateGraph, StateGraphEngine, Thread, UpdateAs,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Draft {
    words: u32,
}

async fn work(_: Arc<Draft>, _: NodeContext) -> NodeResult<Draft> {
    Ok(Draft::update())
}

fn next(draft: &Draft) -> &'static str {
    if draft.words > 100 { "shorten" } else { "publish" }
}

async fn tell(thread: &Thread<Draft>, what: &str) -> Result<(), Box<dyn Error>> {
    let state = thread.state().await?.ok_or("the thread is stored")?;
    println!("{what}: {} words, next: [{}]", state.values.words, state.next.join(", "));
    Ok(())
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("write", work)
        .node("shorten", work)
        .node("publish", work)
        .edge(START, "write")
        .conditional_edge("write", next, ["shorten", "publish"])
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Draft::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("draft")?;

    // As a node: the node's own edges and routers say what is next.
    thread.update(Draft::update().words(200), "write").await?;
    tell(&thread, "as write").await?;
    thread.update(Draft::update().words(50), "write").await?;
    tell(&thread, "as write").await?;
    thread.update(Draft::update().words(60), UpdateAs::Input).await?;
    tell(&thread, "as an input").await?;
    thread.update(Draft::update().words(70), UpdateAs::End).await?;
    tell(&thread, "as the end").await?;
    Ok(())
}

//! Two nodes that wrote one field: the thread stays readable, and an update mends it.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
    UpdateAs,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Title {
    title: String,
}

async fn propose(_: Arc<Title>, context: NodeContext) -> NodeResult<Title> {
    Ok(Title::update().title(format!("the title of {}", context.node())))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("author", propose)
        .node("editor", propose)
        .edge(START, "author")
        .edge(START, "editor")
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Title::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("book")?;

    let input = Input::Update(Title::update().title("untitled".to_owned()));
    let failed = thread.run(input, RunOptions::default()).await;
    println!("{}", failed.err().ok_or("both wrote the title")?.code());
    let state = thread.state().await?.ok_or("the thread is stored")?;
    println!("title: {}; conflict: {}", state.values.title, state.conflict.is_some());

    let decided = Title::update().title("Mosses of the North".to_owned());
    thread.update(decided, UpdateAs::End).await?;
    let state = thread.state().await?.ok_or("the thread is stored")?;
    println!("title: {}; conflict: {}", state.values.title, state.conflict.is_some());
    Ok(())
}

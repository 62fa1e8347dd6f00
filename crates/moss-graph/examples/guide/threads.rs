//! Conversations that are stored, and that runs go on from.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
    ThreadId,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Chat {
    #[state(append)]
    messages: Vec<String>,
}

async fn answer(chat: Arc<Chat>, _: NodeContext) -> NodeResult<Chat> {
    Ok(Chat::update().messages([format!("answer {}", chat.messages.len().div_ceil(2))]))
}

fn says(text: &str) -> Input<Chat> {
    Input::Update(Chat::update().messages([text.to_owned()]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new().node("answer", answer).edge(START, "answer").compile()?;
    let store = Arc::new(MemoryStore::new());
    let engine = StateGraphEngine::persistent(graph, Chat::default()).with_store(store.clone());

    let anna = engine.thread("anna")?;
    anna.run(says("hello"), RunOptions::default()).await?;
    let chat = anna.run(says("and now?"), RunOptions::default()).await?;
    println!("anna: {}", chat.state.messages.join(", "));
    let chat = engine.thread("ben")?.run(says("hi"), RunOptions::default()).await?;
    println!("ben: {}", chat.state.messages.join(", "));

    // What is stored of a thread is copied and deleted in the store.
    store.copy_thread(&ThreadId::from("anna"), &ThreadId::from("copy")).await?;
    store.delete_thread(&ThreadId::from("anna")).await?;
    println!("anna is there: {}", anna.state().await?.is_some());
    let copy = engine.thread("copy")?.run(says("so?"), RunOptions::default()).await?;
    println!("copy: {}", copy.state.messages.join(", "));
    Ok(())
}

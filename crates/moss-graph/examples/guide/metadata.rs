//! Notes on checkpoints, to find them by.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    HistoryFilter, Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph,
    StateGraphEngine,
};
use serde_json::json;

#[derive(Clone, Default, State)]
#[state(persist)]
struct Chat {
    #[state(append)]
    messages: Vec<String>,
}

async fn answer(chat: Arc<Chat>, _: NodeContext) -> NodeResult<Chat> {
    Ok(Chat::update().messages([format!("answer to {}", chat.messages.len())]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new().node("answer", answer).edge(START, "answer").compile()?;
    let engine = StateGraphEngine::persistent(graph, Chat::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("chat")?;

    let noted = |user: &str| json!({ "user": user }).as_object().cloned().unwrap_or_default();
    for user in ["anna", "ben", "anna"] {
        let input = Input::Update(Chat::update().messages([format!("{user} asks")]));
        thread.run(input, RunOptions { metadata: noted(user), ..RunOptions::default() }).await?;
    }
    let bens = HistoryFilter { metadata: noted("ben"), ..HistoryFilter::default() };
    for past in thread.history(bens).await? {
        println!("{}: {}", past.superstep, past.values.messages.join(", "));
    }
    Ok(())
}

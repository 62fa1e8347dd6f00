//! How long checkpoints are kept.

#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::checkpoint::{CheckpointStore, Retention};
use moss_graph::{
    HistoryFilter, Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph,
    StateGraphEngine,
};
use moss_store::{SqliteOptions, SqliteStore};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Chat {
    #[state(append)]
    messages: Vec<String>,
}

async fn answer(_: Arc<Chat>, _: NodeContext) -> NodeResult<Chat> {
    Ok(Chat::update().messages(["answer".to_owned()]))
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("chats.db");
    let store = Arc::new(SqliteStore::open(file, SqliteOptions::default()).await?);
    let graph = StateGraph::new().node("answer", answer).edge(START, "answer").compile()?;
    let engine = StateGraphEngine::persistent(graph, Chat::default()).with_store(store.clone());
    let thread = engine.thread("chat")?;
    for _turn in 1..=10 {
        let input = Input::Update(Chat::update().messages(["question".to_owned()]));
        thread.run(input, RunOptions::default()).await?;
    }
    println!("{} checkpoints", thread.history(HistoryFilter::default()).await?.len());

    // Of all threads: the last 5, and whatever is younger than an hour.
    let five = NonZeroUsize::new(5).ok_or("5 is not 0")?;
    let mut retention = Retention::last(five);
    retention.keep_younger_than = Some(Duration::from_secs(3600));
    store.prune(None, &retention).await?;
    println!("{} left, all are young", thread.history(HistoryFilter::default()).await?.len());

    // Of this one: the last 5.
    store.prune(Some(thread.id()), &Retention::last(five)).await?;
    println!("{} left", thread.history(HistoryFilter::default()).await?.len());
    let state = thread.state().await?.ok_or("the newest stays")?;
    println!("{} messages", state.values.messages.len());
    Ok(())
}

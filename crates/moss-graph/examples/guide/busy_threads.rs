//! A second run on a thread where one is under way.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    BusyThread, Input, NodeContext, NodeResult, Outcome, RunError, RunOptions, START, State,
    StateGraph, StateGraphEngine,
};
use tokio::time::sleep;

#[derive(Clone, Default, State)]
#[state(persist)]
struct Chat {
    #[state(append)]
    messages: Vec<String>,
}

async fn answer(_: Arc<Chat>, _: NodeContext) -> NodeResult<Chat> {
    sleep(Duration::from_millis(500)).await;
    Ok(Chat::update().messages(["answer".to_owned()]))
}

fn says(text: &str) -> Input<Chat> {
    Input::Update(Chat::update().messages([text.to_owned()]))
}

fn came_to(run: Result<Outcome<Chat>, RunError<Chat>>) -> String {
    match run {
        Ok(outcome) => outcome.state.messages.join(", "),
        Err(error) => error.code().to_string(),
    }
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new().node("answer", answer).edge(START, "answer").compile()?;
    let engine = StateGraphEngine::persistent(graph, Chat::default())
        .with_store(Arc::new(MemoryStore::new()));

    let strategies = [
        ("reject", BusyThread::Reject),
        ("enqueue", BusyThread::Enqueue),
        ("interrupt", BusyThread::Interrupt),
        ("rollback", BusyThread::Rollback),
    ];
    for (name, busy) in strategies {
        let thread = engine.thread(name)?;
        let second = async {
            sleep(Duration::from_millis(50)).await;
            thread.run(says("two"), RunOptions { busy, ..RunOptions::default() }).await
        };
        let (first, second) = tokio::join!(thread.run(says("one"), RunOptions::default()), second);
        println!("{name}: first {}; second {}", came_to(first), came_to(second));
    }
    Ok(())
}

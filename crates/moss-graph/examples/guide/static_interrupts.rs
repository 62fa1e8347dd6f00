//! Stopping before a node, to look at the state and to change it.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Ending, Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Mail {
    text: String,
    sent: String,
}

async fn write(_: Arc<Mail>, _: NodeContext) -> NodeResult<Mail> {
    Ok(Mail::update().text("Dear Sir".to_owned()))
}

async fn send(mail: Arc<Mail>, _: NodeContext) -> NodeResult<Mail> {
    Ok(Mail::update().sent(mail.text.clone()))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("write", write)
        .node("send", send)
        .edge(START, "write")
        .edge("write", "send")
        .interrupt_before(["send"])
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Mail::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("mail")?;

    let stopped = thread.run(Input::Update(Mail::update()), RunOptions::default()).await?;
    if let Ending::StoppedBefore(nodes) = &stopped.ending {
        println!("stopped before {}: {}", nodes[0], stopped.state.text);
    }
    thread.update(Mail::update().text("Dear Anna".to_owned()), "write").await?;
    let done = thread.run(Input::Continue, RunOptions::default()).await?;
    println!("sent: {}", done.state.sent);
    Ok(())
}

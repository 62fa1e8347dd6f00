//! Going on after a failure or a crash: what was through is not run again.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Trip {
    #[state(append)]
    booked: Vec<String>,
}

static HOTEL_IS_OPEN: AtomicBool = AtomicBool::new(false);

async fn flight(_: Arc<Trip>, _: NodeContext) -> NodeResult<Trip> {
    println!("booking the flight");
    Ok(Trip::update().booked(["flight".to_owned()]))
}

async fn hotel(_: Arc<Trip>, _: NodeContext) -> NodeResult<Trip> {
    println!("booking the hotel");
    if !HOTEL_IS_OPEN.load(Ordering::Relaxed) {
        Err("the hotel does not answer")?;
    }
    Ok(Trip::update().booked(["hotel".to_owned()]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("flight", flight)
        .node("hotel", hotel)
        .edge(START, "flight")
        .edge(START, "hotel")
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Trip::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("trip")?;

    HOTEL_IS_OPEN.store(false, Ordering::Relaxed);
    let failed = thread.run(Input::Update(Trip::update()), RunOptions::default()).await;
    let error = failed.err().ok_or("the hotel is closed")?;
    println!("failed: {}", error.source().ok_or("the node's own error")?);
    let state = thread.state().await?.ok_or("the thread is stored")?;
    println!("booked: {}; to run: {}", state.values.booked.join(", "), state.next.join(", "));

    HOTEL_IS_OPEN.store(true, Ordering::Relaxed);
    let done = thread.run(Input::Continue, RunOptions::default()).await?;
    println!("booked: {}", done.state.booked.join(", "));
    Ok(())
}

//! A subgraph looked at and updated from outside, while it asks.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
    Subgraph, UpdateAs,
};
use serde_json::json;

#[derive(Clone, Default, State)]
#[state(persist)]
struct Trip {
    booked: String,
}

#[derive(Clone, Default, State)]
#[state(persist)]
struct Booking {
    hotel: String,
    booked: String,
}

async fn search(_: Arc<Booking>, _: NodeContext) -> NodeResult<Booking> {
    Ok(Booking::update().hotel("Station Inn".to_owned()))
}

async fn book(booking: Arc<Booking>, context: NodeContext) -> NodeResult<Booking> {
    let nights = context.interrupt("how many nights?")?;
    Ok(Booking::update().booked(format!("{}, {nights} nights", booking.hotel)))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let booking = StateGraph::new()
        .node("search", search)
        .node("book", book)
        .edge(START, "search")
        .edge("search", "book")
        .compile()?;
    let booking = Subgraph::new(
        StateGraphEngine::persistent(booking, Booking::default()),
        Booking::default(),
        |_: &Trip| Booking::update(),
        |booking: &Booking| Trip::update().booked(booking.booked.clone()),
    );
    let graph = StateGraph::new().node("booking", booking).edge(START, "booking").compile()?;
    let engine = StateGraphEngine::persistent(graph, Trip::default())
        .with_store(Arc::new(MemoryStore::new()));

    let thread = engine.thread("trip")?;
    thread.run(Input::Update(Trip::update()), RunOptions::default()).await?;

    let state = thread.state().await?.ok_or("the thread is stored")?;
    let state = thread.with_subgraphs(state).await?;
    let inside = &state.tasks[0];
    let booking = inside.state.as_deref().ok_or("the subgraph is stored")?;
    println!("inside: {} is next, with {}", booking.next.join(", "), booking.values["hotel"]);

    let better = json!({ "hotel": "Grand Hotel" });
    thread.update_subgraph(inside.namespace.clone(), better, UpdateAs::Last).await?;

    let done = thread.run(Input::answer(3), RunOptions::default()).await?;
    println!("{}", done.state.booked);
    Ok(())
}

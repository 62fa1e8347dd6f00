//! Side effects that happen once, however often their node runs.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Input, NodeContext, NodeError, NodeResult, RunOptions, START, State, StateGraph,
    StateGraphEngine,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Order {
    log: String,
}

async fn charge() -> Result<String, NodeError> {
    println!("charging the card");
    Ok("receipt 17".to_owned())
}

async fn checkout(_: Arc<Order>, context: NodeContext) -> NodeResult<Order> {
    println!("checkout begins");
    let receipt = context.effect("charge", charge()).await?;
    let wrapped = context.interrupt("Gift wrapping?")?;
    Ok(Order::update().log(format!("{receipt}, wrapped: {wrapped}")))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new().node("checkout", checkout).edge(START, "checkout").compile()?;
    let engine = StateGraphEngine::persistent(graph, Order::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("order")?;

    thread.run(Input::Update(Order::update()), RunOptions::default()).await?;
    let done = thread.run(Input::answer(true), RunOptions::default()).await?;
    println!("{}", done.state.log);
    Ok(())
}

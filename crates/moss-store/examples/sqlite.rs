//! A thread in one file: it is there after the process that began it is gone.

#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine, Thread,
};
use moss_store::{SqliteOptions, SqliteStore};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Order {
    #[state(append)]
    log: Vec<String>,
}

async fn confirm(_: Arc<Order>, context: NodeContext) -> NodeResult<Order> {
    let answer = context.interrupt("Send 3 teas?")?;
    Ok(Order::update().log([format!("sent: {answer}")]))
}

/// What each process does when it begins.
async fn order(file: &Path) -> Result<Thread<Order>, Box<dyn Error>> {
    let store = Arc::new(SqliteStore::open(file, SqliteOptions::default()).await?);
    let graph = StateGraph::new().node("confirm", confirm).edge(START, "confirm").compile()?;
    let engine = StateGraphEngine::persistent(graph, Order::default()).with_store(store);
    Ok(engine.thread("order-7")?)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("orders.db");

    let thread = order(&file).await?;
    let input = Input::Update(Order::update().log(["3 teas".to_owned()]));
    let asked = thread.run(input, RunOptions::default()).await?;
    println!("asked: {}", asked.ending.interrupts()[0].value);
    drop(thread);

    // Days later, in another process.
    let thread = order(&file).await?;
    let done = thread.run(Input::answer(true), RunOptions::default()).await?;
    println!("{}", done.state.log.join(", "));
    Ok(())
}

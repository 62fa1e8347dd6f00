//! What changed between two checkpoints.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    FieldChange, HistoryFilter, Input, NodeContext, NodeResult, RunOptions, START, State,
    StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Cart {
    #[state(append)]
    items: Vec<String>,
    price: u32,
    owner: String,
}

async fn add(cart: Arc<Cart>, _: NodeContext) -> NodeResult<Cart> {
    Ok(Cart::update().items(["tea".to_owned(), "milk".to_owned()]).price(cart.price + 7))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new().node("add", add).edge(START, "add").compile()?;
    let engine = StateGraphEngine::persistent(graph, Cart::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("cart")?;
    let input = Cart::update().owner("Anna".to_owned()).price(0).items(["bread".to_owned()]);
    thread.run(Input::Update(input), RunOptions::default()).await?;

    let history = thread.history(HistoryFilter::default()).await?;
    let [newest, .., oldest] = history.as_slice() else { return Err("two checkpoints".into()) };
    for (field, change) in thread.diff(oldest.checkpoint, newest.checkpoint).await?.0 {
        match change {
            FieldChange::Added { value } => println!("{field}: new, {value}"),
            FieldChange::Removed { value } => println!("{field}: gone, was {value}"),
            FieldChange::Appended { items } => println!("{field}: {} more", items.len()),
            FieldChange::Changed { before, after } => println!("{field}: {before} became {after}"),
        }
    }
    Ok(())
}

//! A graph as a node of another, with a state of its own.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
    Subgraph,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Order {
    item: String,
    #[state(append)]
    log: Vec<String>,
}

#[derive(Clone, Default, State)]
#[state(persist)]
struct Payment {
    item: String,
    paid: String,
}

async fn pay(payment: Arc<Payment>, context: NodeContext) -> NodeResult<Payment> {
    let method = context.interrupt(format!("how do you pay for {}?", payment.item))?;
    let method = method.as_str().unwrap_or("nothing");
    Ok(Payment::update().paid(format!("{} paid by {method}", payment.item)))
}

async fn ship(order: Arc<Order>, _: NodeContext) -> NodeResult<Order> {
    Ok(Order::update().log([format!("{} shipped", order.item)]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let payment = StateGraph::new().node("pay", pay).edge(START, "pay").compile()?;
    let payment = Subgraph::new(
        StateGraphEngine::persistent(payment, Payment::default()),
        Payment::default(),
        |order: &Order| Payment::update().item(order.item.clone()),
        |payment: &Payment| Order::update().log([payment.paid.clone()]),
    );
    let graph = StateGraph::new()
        .node("payment", payment)
        .node("ship", ship)
        .edge(START, "payment")
        .edge("payment", "ship")
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Order::default())
        .with_store(Arc::new(MemoryStore::new()));

    let thread = engine.thread("order-1")?;
    let input = Input::Update(Order::update().item("tea".to_owned()));
    let asked = thread.run(input, RunOptions::default()).await?;
    for question in asked.ending.interrupts() {
        let task = question.namespace.split(':').next().unwrap_or_default();
        println!("{} in {task} asks: {}", question.node, question.value);
    }
    let done = thread.run(Input::answer("card"), RunOptions::default()).await?;
    println!("{}", done.state.log.join(", "));
    Ok(())
}

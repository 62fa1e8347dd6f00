//! Nodes that ask somebody, and go on when they are answered.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Answers, Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};
use serde_json::json;

#[derive(Clone, Default, State)]
#[state(persist)]
struct Party {
    #[state(append)]
    plans: Vec<String>,
}

async fn place(_: Arc<Party>, context: NodeContext) -> NodeResult<Party> {
    let place = context.interrupt("Where?")?;
    Ok(Party::update().plans([format!("where: {place}")]))
}

async fn guests(_: Arc<Party>, context: NodeContext) -> NodeResult<Party> {
    let number = json!({ "type": "integer", "minimum": 1 });
    let guests = context.interrupt_for("How many guests?", number)?;
    Ok(Party::update().plans([format!("guests: {guests}")]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("guests", guests)
        .node("place", place)
        .edge(START, "guests")
        .edge(START, "place")
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Party::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("party")?;

    let asked = thread.run(Input::Update(Party::update()), RunOptions::default()).await?;
    let [guests, place] = asked.ending.interrupts() else { return Err("two questions".into()) };
    println!("asked: {} and {}", guests.value, place.value);

    // With several questions open, each is answered by its id.
    let refused = thread.run(Input::answer("home"), RunOptions::default()).await;
    println!("refused: {}", refused.err().ok_or("it is not clear which is meant")?.code());
    let wrong = Answers::by_id([(guests.id.clone(), json!("many"))]);
    let refused = thread.run(Input::Resume(wrong), RunOptions::default()).await;
    println!("refused: {}", refused.err().ok_or("it is no number")?.code());

    let one = Answers::by_id([(place.id.clone(), json!("home"))]);
    let asked = thread.run(Input::Resume(one), RunOptions::default()).await?;
    println!("still asked: {}", asked.ending.interrupts()[0].value);
    let done = thread.run(Input::answer(12), RunOptions::default()).await?;
    println!("{}", done.state.plans.join(", "));
    Ok(())
}

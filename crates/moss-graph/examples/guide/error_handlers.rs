//! What runs in the place of a node that has failed for good.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    Command, NodeContext, NodeError, NodeFailure, NodeOptions, NodeResult, RunOptions, START,
    State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Trade {
    #[state(append)]
    log: Vec<String>,
}

fn pay() -> Result<String, NodeError> {
    Err("the card was declined".into())
}

async fn charge(_: Arc<Trade>, _: NodeContext) -> Result<Command<Trade>, NodeError> {
    let receipt = pay()?;
    Ok(Command::update(Trade::update().log([receipt])).goto("ship"))
}

async fn ship(_: Arc<Trade>, _: NodeContext) -> NodeResult<Trade> {
    Ok(Trade::update().log(["shipped".to_owned()]))
}

async fn refund(_: Arc<Trade>, _: NodeContext) -> NodeResult<Trade> {
    Ok(Trade::update().log(["refunded".to_owned()]))
}

/// Gives back what nodes do; here it goes on elsewhere than the node would have.
async fn give_up(
    _: Arc<Trade>,
    failure: Arc<NodeFailure>,
    _: NodeContext,
) -> Result<Command<Trade>, NodeError> {
    let cause = failure.source().map_or_else(|| failure.to_string(), ToString::to_string);
    let note = format!("{} failed: {cause}", failure.node());
    Ok(Command::update(Trade::update().log([note])).goto("refund"))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let options = NodeOptions::new().ends(["ship", "refund"]).on_error(give_up);
    let graph = StateGraph::new()
        .node_with("charge", charge, options)
        .node("ship", ship)
        .node("refund", refund)
        .edge(START, "charge")
        .compile()?;
    let trade = StateGraphEngine::new(graph).run(Trade::default(), RunOptions::default()).await?;
    println!("{}", trade.log.join("\n"));
    Ok(())
}

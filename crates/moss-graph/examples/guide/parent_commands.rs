//! A node of a subgraph that hands over to a node of the graph around it.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    Command, NodeContext, NodeError, NodeOptions, NodeResult, RunOptions, START, State, StateGraph,
    StateGraphEngine, Subgraph,
};

#[derive(Clone, Default, State)]
struct Call {
    #[state(append)]
    log: Vec<String>,
}

async fn first_level(_: Arc<Call>, _: NodeContext) -> Result<Command<Call>, NodeError> {
    let handover = Call::update().log(["first level: too hard".to_owned()]);
    Ok(Command::to_parent(Command::<Call>::update(handover).goto("expert")))
}

async fn never(_: Arc<Call>, _: NodeContext) -> NodeResult<Call> {
    Err("the subgraph has ended before".into())
}

async fn expert(_: Arc<Call>, _: NodeContext) -> NodeResult<Call> {
    Ok(Call::update().log(["expert: solved".to_owned()]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let desk = StateGraph::new()
        .node("first_level", first_level)
        .node("never", never)
        .edge(START, "first_level")
        .edge("first_level", "never")
        .compile()?;
    let desk = Subgraph::new(
        StateGraphEngine::new(desk),
        Call::default(),
        |_: &Call| Call::update(),
        |desk: &Call| Call::update().log(desk.log.clone()),
    );
    let graph = StateGraph::new()
        .node_with("desk", desk, NodeOptions::new().ends(["expert"]))
        .node("expert", expert)
        .edge(START, "desk")
        .compile()?;
    let call = StateGraphEngine::new(graph).run(Call::default(), RunOptions::default()).await?;
    println!("{}", call.log.join(", "));
    Ok(())
}

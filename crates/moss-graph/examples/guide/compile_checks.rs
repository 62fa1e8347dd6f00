//! What `compile()` tells before anything runs.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{END, NodeContext, NodeResult, START, State, StateGraph};

#[derive(Clone, Default, State)]
struct Nothing {}

async fn work(_: Arc<Nothing>, _: NodeContext) -> NodeResult<Nothing> {
    Ok(Nothing::update())
}

fn graph() -> StateGraph<Nothing> {
    StateGraph::new().node("search", work).node("write", work).edge(START, "search")
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let mistakes = [
        graph().edge("search", "wriet"),
        graph(),
        graph().edge("search", "write").edge("write", START),
        graph().edge("search", "write").join(["search", "write"], END),
    ];
    for mistake in mistakes {
        let Err(error) = mistake.compile() else { return Err("it should not compile".into()) };
        println!("{}: {error}", error.code());
    }
    Ok(())
}

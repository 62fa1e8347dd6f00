//! Options for all nodes that do not say otherwise.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    NodeContext, NodeOptions, NodeResult, RetryPolicy, RunOptions, START, State, StateGraph,
    StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Attempts {
    #[state(append)]
    log: Vec<String>,
}

async fn flaky(_: Arc<Attempts>, context: NodeContext) -> NodeResult<Attempts> {
    if context.attempt() < 3 {
        Err("not yet")?;
    }
    Ok(Attempts::update().log([format!("{}: attempt {}", context.node(), context.attempt())]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let tried = |attempts| NodeOptions::new().retry(RetryPolicy::attempts(attempts).at_once());
    let graph = StateGraph::new()
        .node_defaults(tried(3))
        .node("patient", flaky)
        .node_with("hasty", flaky, tried(1))
        .edge(START, "patient")
        .edge("patient", "hasty")
        .compile()?;
    let run = StateGraphEngine::new(graph).run(Attempts::default(), RunOptions::default()).await;
    let error = run.err().ok_or("`hasty` is tried once")?;
    println!("{}", error.state().log.join(", "));
    println!("hasty failed: {}", error.source().ok_or("the node's own error")?);
    Ok(())
}

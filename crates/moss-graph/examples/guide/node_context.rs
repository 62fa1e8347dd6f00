//! What a node is told beside the state.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    NodeContext, NodeOptions, NodeResult, RetryPolicy, RunId, RunOptions, START, State, StateGraph,
    StateGraphEngine,
};
use serde_json::json;

#[derive(Clone, Default, State)]
struct Greeting {
    text: String,
}

async fn greet(_: Arc<Greeting>, context: NodeContext) -> NodeResult<Greeting> {
    if context.attempt() == 1 {
        Err("not awake yet")?;
    }
    let user = context.config().get("user").and_then(|user| user.as_str()).unwrap_or("nobody");
    let run = context.run_id().map_or("none", RunId::as_str);
    Ok(Greeting::update().text(format!(
        "hello {user}: node {}, superstep {}, attempt {}, run {run}",
        context.node(),
        context.superstep(),
        context.attempt(),
    )))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let twice = NodeOptions::new().retry(RetryPolicy::attempts(2).at_once());
    let graph =
        StateGraph::new().node_with("greet", greet, twice).edge(START, "greet").compile()?;

    let config = json!({ "user": "Anna" }).as_object().cloned().unwrap_or_default();
    let options = RunOptions {
        run_id: Some(RunId::new("run-7")?),
        config: Arc::new(config),
        ..RunOptions::default()
    };
    let greeting = StateGraphEngine::new(graph).run(Greeting::default(), options).await?;
    println!("{}", greeting.text);
    Ok(())
}

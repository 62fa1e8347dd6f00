//! Trying a node again.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::{
    NodeContext, NodeOptions, NodeResult, RetryPolicy, RunOptions, START, State, StateGraph,
    StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Page {
    url: String,
    text: String,
}

async fn fetch(page: Arc<Page>, context: NodeContext) -> NodeResult<Page> {
    println!("attempt {}: {}", context.attempt(), page.url);
    match (page.url.as_str(), context.attempt()) {
        ("/missing", _) => Err("404 not found".into()),
        (_, 1) => Err("503 try again".into()),
        (_, _) => Ok(Page::update().text("moss".to_owned())),
    }
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let policy = RetryPolicy {
        first_wait: Duration::from_millis(1),
        jitter: Duration::ZERO,
        ..RetryPolicy::attempts(3)
    };
    let policy = policy.when(|error| error.to_string().starts_with("503"));
    let graph = StateGraph::new()
        .node_with("fetch", fetch, NodeOptions::new().retry(policy))
        .edge(START, "fetch")
        .compile()?;
    let engine = StateGraphEngine::new(graph);
    for url in ["/slow", "/missing"] {
        let page = Page { url: url.to_owned(), ..Page::default() };
        match engine.run(page, RunOptions::default()).await {
            Ok(page) => println!("got: {}", page.text),
            Err(error) => println!("failed: {}", error.source().ok_or("the node's own error")?),
        }
    }
    Ok(())
}

//! A picture of a graph.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{DrawFormat, END, NodeContext, NodeOptions, NodeResult, START, State, StateGraph};

#[derive(Clone, Default, State)]
struct Nothing {}

async fn work(_: Arc<Nothing>, _: NodeContext) -> NodeResult<Nothing> {
    Ok(Nothing::update())
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("llm", work)
        .node("tools", work)
        .node_with("sum", work, NodeOptions::new().deferred())
        .edge(START, "llm")
        .conditional_edge("llm", |_: &Nothing| END, ["tools", "sum", END])
        .edge("tools", "llm")
        .compile()?;
    print!("{}", graph.draw(DrawFormat::Text));
    print!("{}", graph.draw(DrawFormat::Mermaid));
    Ok(())
}

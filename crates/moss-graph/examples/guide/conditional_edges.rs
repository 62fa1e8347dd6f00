//! A router looks at the state and says where to go on.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    END, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Text {
    words: u32,
    #[state(append)]
    done: Vec<&'static str>,
}

async fn draft(_: Arc<Text>, _: NodeContext) -> NodeResult<Text> {
    Ok(Text::update().words(40).done(["draft"]))
}

async fn shorten(text: Arc<Text>, _: NodeContext) -> NodeResult<Text> {
    Ok(Text::update().words(text.words / 2).done(["shorten"]))
}

async fn publish(_: Arc<Text>, _: NodeContext) -> NodeResult<Text> {
    Ok(Text::update().done(["publish"]))
}

fn next(text: &Text) -> &'static str {
    match text.words {
        0 => END,
        1..=10 => "publish",
        _ => "shorten",
    }
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("draft", draft)
        .node("shorten", shorten)
        .node("publish", publish)
        .edge(START, "draft")
        .conditional_edge("draft", next, ["shorten", "publish", END])
        .conditional_edge("shorten", next, ["shorten", "publish", END])
        .compile()?;
    let text = StateGraphEngine::new(graph).run(Text::default(), RunOptions::default()).await?;
    println!("{}: {} words", text.done.join(", "), text.words);
    Ok(())
}

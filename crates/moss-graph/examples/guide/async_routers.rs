//! A router that waits for something, and may fail.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    END, NodeContext, NodeError, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Comment {
    text: String,
    outcome: String,
}

async fn read(_: Arc<Comment>, _: NodeContext) -> NodeResult<Comment> {
    Ok(Comment::update())
}

async fn publish(_: Arc<Comment>, _: NodeContext) -> NodeResult<Comment> {
    Ok(Comment::update().outcome("published".to_owned()))
}

/// Stands for a question to somebody else.
async fn is_spam(text: &str) -> Result<bool, NodeError> {
    if text.is_empty() { Err("there is nothing to judge".into()) } else { Ok(text.contains("buy")) }
}

async fn judge(comment: Arc<Comment>) -> Result<&'static str, NodeError> {
    Ok(if is_spam(&comment.text).await? { END } else { "publish" })
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("read", read)
        .node("publish", publish)
        .edge(START, "read")
        .conditional_edge_async("read", judge, ["publish", END])
        .compile()?;
    let engine = StateGraphEngine::new(graph);
    for text in ["moss is green", "buy moss", ""] {
        let comment = Comment { text: text.to_owned(), outcome: "ignored".to_owned() };
        match engine.run(comment, RunOptions::default()).await {
            Ok(comment) => println!("{text:?}: {}", comment.outcome),
            Err(error) => println!("{text:?}: {}", error.source().ok_or("the router's own error")?),
        }
    }
    Ok(())
}

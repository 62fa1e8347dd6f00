//! The past of a thread, and going on from there.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    HistoryFilter, Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph,
    StateGraphEngine,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Story {
    hero: String,
    text: String,
}

async fn begin(story: Arc<Story>, _: NodeContext) -> NodeResult<Story> {
    Ok(Story::update().text(format!("{} leaves home", story.hero)))
}

async fn end(story: Arc<Story>, _: NodeContext) -> NodeResult<Story> {
    Ok(Story::update().text(format!("{} and {} comes back", story.text, story.hero)))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("begin", begin)
        .node("end", end)
        .edge(START, "begin")
        .edge("begin", "end")
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Story::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("story")?;
    thread
        .run(Input::Update(Story::update().hero("Anna".to_owned())), RunOptions::default())
        .await?;

    let history = thread.history(HistoryFilter::default()).await?;
    for past in &history {
        println!("{}: {:?}, next: {:?}", past.superstep, past.values.text, past.next);
    }

    // A fork: another hero from where `end` was next. The thread goes on there, and the old way stays in its history.
    let before_end = history.iter().find(|past| past.next == ["end"]).ok_or("a checkpoint")?;
    thread
        .update_at(before_end.checkpoint, Story::update().hero("Ben".to_owned()), "begin")
        .await?;
    let forked = thread.run(Input::Continue, RunOptions::default()).await?;
    println!("forked: {}", forked.state.text);

    // A replay: from the same checkpoint again, as it was.
    let replayed =
        thread.run(Input::Continue.at(before_end.checkpoint), RunOptions::default()).await?;
    println!("replayed: {}", replayed.state.text);
    Ok(())
}

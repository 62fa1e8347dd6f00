//! Following a run as it goes.

use std::error::Error;
use std::sync::Arc;

use futures::StreamExt;
use moss_graph::{
    NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine, StreamMode,
    StreamOptions, StreamPayload,
};
use serde_json::{Map, json};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Talk {
    topic: String,
    text: String,
}

async fn choose(_: Arc<Talk>, context: NodeContext) -> NodeResult<Talk> {
    context.write(json!({ "progress": 50 })).await;
    Ok(Talk::update().topic("moss".to_owned()))
}

async fn speak(talk: Arc<Talk>, context: NodeContext) -> NodeResult<Talk> {
    let words = [talk.topic.as_str(), " grows"];
    for word in words {
        context.write_message(word, Map::new()).await;
    }
    Ok(Talk::update().text(words.concat()))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("choose", choose)
        .node("speak", speak)
        .edge(START, "choose")
        .edge("choose", "speak")
        .compile()?;
    let modes = [StreamMode::Values, StreamMode::Updates, StreamMode::Messages, StreamMode::Custom];
    let mut stream = StateGraphEngine::new(graph).stream(
        Talk::default(),
        RunOptions::default(),
        StreamOptions::of(modes),
    );
    while let Some(event) = stream.next().await {
        let mode = event.payload.mode().as_str();
        let data = match &event.payload {
            StreamPayload::Message { chunk, .. } => chunk.clone(),
            payload => payload.to_json(),
        };
        println!("{} {mode} {data}", event.seq);
    }
    let talk = stream.outcome().await?;
    println!("{}", talk.text);
    Ok(())
}

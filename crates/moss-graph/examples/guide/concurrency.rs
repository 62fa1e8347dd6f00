//! How many nodes run at a time, and how long a superstep may take.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::{
    NodeContext, NodeResult, RunOptions, START, SendTo, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Downloads {
    file: u32,
}

async fn download(task: Arc<Downloads>, _: NodeContext) -> NodeResult<Downloads> {
    println!("{} begins", task.file);
    tokio::time::sleep(Duration::from_millis(200)).await;
    println!("{} ends", task.file);
    Ok(Downloads::update())
}

fn each_file(_: &Downloads) -> [SendTo<Downloads>; 3] {
    [1, 2, 3].map(|file| SendTo::new("download", Downloads { file }))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("download", download)
        .conditional_edge(START, each_file, ["download"])
        .compile()?;
    let engine = StateGraphEngine::new(graph);

    let one_at_a_time =
        RunOptions { max_concurrency: NonZeroUsize::new(1), ..RunOptions::default() };
    engine.run(Downloads::default(), one_at_a_time).await?;

    let hurried =
        RunOptions { step_timeout: Some(Duration::from_millis(20)), ..RunOptions::default() };
    let run = engine.run(Downloads::default(), hurried).await;
    println!("{}", run.err().ok_or("200 ms are more than 20 ms")?.code());
    Ok(())
}

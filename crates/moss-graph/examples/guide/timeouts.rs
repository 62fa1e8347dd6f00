//! How long an attempt of a node may take, in all and without a sign of life.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::{
    NodeContext, NodeOptions, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
    TimeoutPolicy,
};
use tokio::time::sleep;

#[derive(Clone, Default, State)]
struct Work {
    done: bool,
}

async fn hang(_: Arc<Work>, _: NodeContext) -> NodeResult<Work> {
    std::future::pending().await
}

async fn work_with_heartbeats(_: Arc<Work>, context: NodeContext) -> NodeResult<Work> {
    for _part in 1..=5 {
        sleep(Duration::from_millis(200)).await;
        context.heartbeat();
    }
    Ok(Work::update().done(true))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let run = NodeOptions::new().timeout(TimeoutPolicy::run(Duration::from_millis(50)));
    let idle = NodeOptions::new().timeout(TimeoutPolicy::idle(Duration::from_millis(800)));
    let graphs = [
        ("hangs, run limit 50 ms", StateGraph::new().node_with("work", hang, run)),
        ("hangs, idle limit 800 ms", StateGraph::new().node_with("work", hang, idle.clone())),
        (
            "takes 1 s with heartbeats, idle limit 800 ms",
            StateGraph::new().node_with("work", work_with_heartbeats, idle),
        ),
    ];
    for (what, graph) in graphs {
        let engine = StateGraphEngine::new(graph.edge(START, "work").compile()?);
        match engine.run(Work::default(), RunOptions::default()).await {
            Ok(work) => println!("{what}: done is {}", work.done),
            Err(error) => println!("{what}: {}", error.code()),
        }
    }
    Ok(())
}

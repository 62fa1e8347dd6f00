//! Stopping a run: at once, or at the end of its superstep.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Ending, Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};
use tokio::time::sleep;

#[derive(Clone, Default, State)]
#[state(persist)]
struct Work {
    #[state(append)]
    done: Vec<String>,
}

async fn work(_: Arc<Work>, context: NodeContext) -> NodeResult<Work> {
    sleep(Duration::from_millis(500)).await;
    Ok(Work::update().done([context.node().to_string()]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("a", work)
        .node("b", work)
        .edge(START, "a")
        .edge("a", "b")
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Work::default())
        .with_store(Arc::new(MemoryStore::new()));

    let options = RunOptions::default();
    let cancellation = options.cancellation.clone();
    let thread = engine.thread("cancelled")?;
    let (run, ()) = tokio::join!(thread.run(Input::Update(Work::update()), options), async {
        sleep(Duration::from_millis(50)).await;
        cancellation.cancel();
    });
    println!("{}", run.err().ok_or("it is cancelled in `a`")?.code());

    let options = RunOptions::default();
    let drain = options.drain.clone();
    let thread = engine.thread("drained")?;
    let (run, ()) = tokio::join!(thread.run(Input::Update(Work::update()), options), async {
        sleep(Duration::from_millis(50)).await;
        drain.request();
    });
    let drained = run?;
    println!(
        "drained: {}, done: {}",
        drained.ending == Ending::Drained,
        drained.state.done.join(", ")
    );
    let done = thread.run(Input::Continue, RunOptions::default()).await?;
    println!("went on, done: {}", done.state.done.join(", "));
    Ok(())
}

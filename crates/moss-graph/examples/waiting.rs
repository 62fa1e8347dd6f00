//! How much memory a run that waits takes: 10,000 runs of five nodes on threads, all of which wait at the third.
//!
//! `cargo run --release -p moss-graph --example waiting`

#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonFields, JsonState, Reducer, json_node};
use moss_graph::{
    Ending, Input, NodeContext, NodeError, RunOptions, START, StateGraph, StateGraphEngine,
};
use serde_json::json;
use tokio::sync::Semaphore;

const RUNS: usize = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    for with_store in [false, true] {
        let engine = engine(&gate, &begun)?;
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let engine = engine.with_store(store);
        let before = resident()?;
        let began = Instant::now();
        let mut runs = Vec::with_capacity(RUNS);
        for number in 0..RUNS {
            let engine = engine.clone();
            runs.push(tokio::spawn(async move { one(engine, number, with_store).await }));
        }
        begun.acquire_many(u32::try_from(RUNS)?).await?.forget();
        let waiting = resident()?;
        gate.add_permits(RUNS);
        let mut done = 0;
        for run in runs {
            done += usize::from(run.await?.is_ok_and(|done| done));
        }
        println!(
            "{} of {RUNS} runs done in {:.2} s, {} bytes resident for each waiting run{}",
            done,
            began.elapsed().as_secs_f64(),
            waiting.saturating_sub(before) / RUNS,
            if with_store { ", checkpoints in memory among them" } else { ", without a thread" },
        );
    }
    Ok(())
}

async fn one(
    engine: StateGraphEngine<JsonState>,
    number: usize,
    with_store: bool,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    if !with_store {
        let state = fields().state(json!({ "log": ["in"] }))?;
        engine.run(state, RunOptions::default()).await?;
        return Ok(true);
    }
    let input = Input::Update(fields().input_update(json!({ "log": ["in"] }))?);
    let thread = engine.thread(format!("thread-{number}"))?;
    Ok(thread.run(input, RunOptions::default()).await?.ending == Ending::Done)
}

fn fields() -> JsonFields {
    JsonFields::new().field("log", Reducer::Append)
}

fn engine(
    gate: &Arc<Semaphore>,
    begun: &Arc<Semaphore>,
) -> Result<StateGraphEngine<JsonState>, Box<dyn Error>> {
    let names = ["a", "b", "c", "d", "e"];
    let mut graph = StateGraph::<JsonState>::new().edge(START, "a").sequence(names);
    for name in names {
        let (gate, begun) = (Arc::clone(gate), Arc::clone(begun));
        let node = json_node(move |_, context: NodeContext| {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            async move {
                if *context.node() == "c" {
                    begun.add_permits(1);
                    gate.acquire().await?.forget();
                }
                Ok::<_, NodeError>(json!({ "log": [context.node().as_str()] }))
            }
        });
        graph = graph.node(name, node);
    }
    Ok(StateGraphEngine::persistent(graph.compile()?, fields().initial()))
}

/// Bytes of memory that the process holds.
fn resident() -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = status.split_whitespace().nth(1).ok_or("no resident size")?.parse()?;
    Ok(pages * 4_096)
}

//! How much memory a run takes that waits: runs of five nodes, all of which wait at the third.

use std::sync::Arc;

use anyhow::{Result, ensure};
use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Ending, Input, NodeContext, NodeError, RunOptions, START, State, StateGraph, StateGraphEngine,
};
use moss_protocol::Message;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::cpu::{cpu_time, resident};
use crate::shapes::Messages;
use crate::task::WaitingTask;

pub async fn answer(task: &WaitingTask) -> Result<Value> {
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let engine = engine(&gate, &begun)?.with_store(Arc::new(MemoryStore::new()));
    // What the first run alone needs is no part of the rest.
    gate.add_permits(1);
    one(engine.clone(), "first".to_owned(), task.threads).await?;
    begun.acquire().await?.forget();

    let (memory, cpu) = (resident()?, cpu_time()?);
    let mut runs = Vec::with_capacity(task.runs);
    for number in 0..task.runs {
        runs.push(tokio::spawn(one(engine.clone(), number.to_string(), task.threads)));
    }
    begun.acquire_many(u32::try_from(task.runs)?).await?.forget();
    let waiting = resident()?.saturating_sub(memory);
    gate.add_permits(task.runs);
    for run in runs {
        run.await??;
    }
    let cpu = cpu_time()? - cpu;
    Ok(json!({
        "runs": task.runs,
        "cpuMs": 1e3 * cpu.as_secs_f64(),
        "bytes": waiting / task.runs as u64,
    }))
}

async fn one(engine: StateGraphEngine<Messages>, number: String, on_thread: bool) -> Result<()> {
    let input = Messages::update().messages([Arc::new(Message::human("in"))]);
    let messages = if on_thread {
        let thread = engine.thread(number)?;
        let outcome = thread.run(Input::Update(input), RunOptions::default()).await?;
        ensure!(outcome.ending == Ending::Done, "a run came to no end");
        outcome.state.messages.len()
    } else {
        engine.run(Messages::from_update(input)?, RunOptions::default()).await?.messages.len()
    };
    ensure!(messages == 6, "a run came to {messages} messages");
    Ok(())
}

fn engine(gate: &Arc<Semaphore>, begun: &Arc<Semaphore>) -> Result<StateGraphEngine<Messages>> {
    let names = ["a", "b", "c", "d", "e"];
    let mut graph = StateGraph::new().edge(START, "a").sequence(names);
    for name in names {
        let (gate, begun) = (Arc::clone(gate), Arc::clone(begun));
        let node = move |_: Arc<Messages>, context: NodeContext| {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            async move {
                if *context.node() == "c" {
                    begun.add_permits(1);
                    gate.acquire().await?.forget();
                }
                let message = Message::ai(context.node().as_str());
                Ok::<_, NodeError>(Messages::update().messages([Arc::new(message)]))
            }
        };
        graph = graph.node(name, node);
    }
    Ok(StateGraphEngine::persistent(graph.compile()?, Messages::default()))
}

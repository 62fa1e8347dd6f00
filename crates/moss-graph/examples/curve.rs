//! What a superstep costs in CPU time, in growing graphs and with growing logs: with a derived state, with a JSON state,
//! and on a thread.
//!
//! `cargo run --release -p moss-graph --example curve`

#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer};
use moss_graph::{
    Durability, Input, Log, NodeContext, NodeError, NodeResult, RunOptions, START, State,
    StateGraph, StateGraphEngine,
};
use serde_json::json;

#[derive(Clone, Debug, Default, State)]
#[state(persist)]
struct Chat {
    #[state(append)]
    messages: Log<String>,
    count: u64,
}

async fn step(chat: Arc<Chat>, _: NodeContext) -> NodeResult<Chat> {
    Ok(Chat::update().messages(["text".to_owned()]).count(chat.count + 1))
}

async fn json_step(state: Arc<JsonState>, _: NodeContext) -> Result<JsonUpdate, NodeError> {
    let messages = state.log("messages").map_or(0, Log::len);
    let update = json!({ "messages": [{ "id": messages.to_string(), "content": "text" }] });
    Ok(JsonUpdate::from_json(update)?)
}

fn chain<S: State, N: moss_graph::Node<S> + Clone>(length: usize, node: &N) -> StateGraph<S> {
    let name = |number: usize| format!("n{number:05}");
    let graph = StateGraph::new().edge(START, name(0)).sequence((0..length).map(name));
    (0..length).fold(graph, |graph, number| graph.node(name(number), node.clone()))
}

fn options(limit: usize) -> RunOptions {
    RunOptions {
        recursion_limit: limit as u64,
        durability: Durability::Sync,
        ..RunOptions::default()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "{:>9} {:>9} {:>14} {:>14} {:>14} {:>14}",
        "supersteps", "messages", "derived", "json", "thread", "json thread"
    );
    for (supersteps, messages) in
        [(10, 0), (100, 0), (1_000, 0), (10_000, 0), (1_000, 1_000), (1_000, 10_000)]
    {
        let begin = Chat { messages: vec!["text".to_owned(); messages].into(), count: 0 };
        let fields = JsonFields::new().field("messages", Reducer::Messages);
        let json_messages: Vec<_> =
            (0..messages).map(|id| json!({ "id": id.to_string(), "content": "text" })).collect();
        let json_input = json!({ "messages": json_messages });

        let derived = StateGraphEngine::new(chain(supersteps, &step).compile()?);
        let derived = per_step(supersteps, async || {
            derived.run(begin.clone(), options(supersteps)).await.map(drop).map_err(Into::into)
        })
        .await?;
        let json = StateGraphEngine::new(chain(supersteps, &json_step).compile()?);
        let json_begin = fields.state(json_input.clone())?;
        let json = per_step(supersteps, async || {
            json.run(json_begin.clone(), options(supersteps)).await.map(drop).map_err(Into::into)
        })
        .await?;
        let store = Arc::new(MemoryStore::new());
        let threads =
            StateGraphEngine::persistent(chain(supersteps, &step).compile()?, begin.clone())
                .with_store(store);
        let mut number = 0;
        let thread = per_step(supersteps, async || {
            number += 1;
            let thread = threads.thread(number.to_string())?;
            let input = Input::Update(Chat::update());
            thread.run(input, options(supersteps)).await.map(drop).map_err(Into::into)
        })
        .await?;
        let store = Arc::new(MemoryStore::new());
        let threads =
            StateGraphEngine::persistent(chain(supersteps, &json_step).compile()?, json_begin)
                .with_store(store);
        let json_thread = per_step(supersteps, async || {
            number += 1;
            let thread = threads.thread(number.to_string())?;
            let input = Input::Update(JsonUpdate::default());
            thread.run(input, options(supersteps)).await.map(drop).map_err(Into::into)
        })
        .await?;
        println!(
            "{supersteps:>9} {messages:>9} {derived:>11.0} ns {json:>11.0} ns {thread:>11.0} ns {json_thread:>11.0} ns"
        );
    }
    Ok(())
}

/// The nanoseconds a superstep takes, the least of some runs.
async fn per_step(
    supersteps: usize,
    mut run: impl AsyncFnMut() -> Result<(), Box<dyn Error>>,
) -> Result<f64, Box<dyn Error>> {
    let mut least = f64::INFINITY;
    for _ in 0..(20_000 / supersteps).clamp(3, 200) {
        let began = Instant::now();
        run().await?;
        least = least.min(began.elapsed().as_secs_f64() * 1e9 / supersteps as f64);
    }
    Ok(least)
}

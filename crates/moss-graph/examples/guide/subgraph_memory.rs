//! What a subgraph remembers from one turn of a thread to the next.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
    Subgraph, SubgraphMemory,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Chat {
    #[state(append)]
    counts: Vec<String>,
}

#[derive(Clone, Default, State)]
#[state(persist)]
struct Counter {
    count: u32,
}

async fn count(counter: Arc<Counter>, _: NodeContext) -> NodeResult<Counter> {
    Ok(Counter::update().count(counter.count + 1))
}

fn engine(memory: SubgraphMemory) -> Result<StateGraphEngine<Chat>, Box<dyn Error>> {
    let counter = StateGraph::new().node("count", count).edge(START, "count").compile()?;
    let counter = Subgraph::new(
        StateGraphEngine::persistent(counter, Counter::default()),
        Counter::default(),
        |_: &Chat| Counter::update(),
        |counter: &Counter| Chat::update().counts([counter.count.to_string()]),
    );
    let graph = StateGraph::new()
        .node("counter", counter.memory(memory))
        .edge(START, "counter")
        .compile()?;
    let store = Arc::new(MemoryStore::new());
    Ok(StateGraphEngine::persistent(graph, Chat::default()).with_store(store))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    for (name, memory) in [("task", SubgraphMemory::PerTask), ("thread", SubgraphMemory::PerThread)]
    {
        let thread = engine(memory)?.thread("chat")?;
        for _turn in 1..=3 {
            thread.run(Input::Update(Chat::update()), RunOptions::default()).await?;
        }
        let state = thread.state().await?.ok_or("the thread is stored")?;
        println!("memory per {name}: {}", state.values.counts.join(", "));
    }
    Ok(())
}

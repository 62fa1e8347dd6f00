//! One task for each item, each with an input of its own: map and reduce.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    NodeContext, NodeResult, RunOptions, START, SendTo, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Zoo {
    animals: Vec<String>,
    /// What one task works on.
    animal: String,
    #[state(append)]
    jokes: Vec<String>,
    best: String,
}

async fn joke(zoo: Arc<Zoo>, _: NodeContext) -> NodeResult<Zoo> {
    Ok(Zoo::update().jokes([format!("a {} walks into a bar", zoo.animal)]))
}

async fn choose(zoo: Arc<Zoo>, _: NodeContext) -> NodeResult<Zoo> {
    let longest = zoo.jokes.iter().max_by_key(|joke| joke.len());
    Ok(Zoo::update().best(longest.cloned().unwrap_or_default()))
}

fn each_animal(zoo: &Zoo) -> Vec<SendTo<Zoo>> {
    let input = |animal: &String| Zoo { animal: animal.clone(), ..Zoo::default() };
    zoo.animals.iter().map(|animal| SendTo::new("joke", input(animal))).collect()
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("joke", joke)
        .node("choose", choose)
        .conditional_edge(START, each_animal, ["joke"])
        .edge("joke", "choose")
        .compile()?;
    let animals = ["cat", "hedgehog", "owl"].map(str::to_owned).to_vec();
    let zoo = StateGraphEngine::new(graph)
        .run(Zoo { animals, ..Zoo::default() }, RunOptions::default())
        .await?;
    println!("{} jokes, the best: {}", zoo.jokes.len(), zoo.best);
    Ok(())
}

//! A node that is not run again for what it has been run for.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::{
    CachePolicy, MemoryCache, NodeContext, NodeOptions, NodeResult, RunOptions, START, State,
    StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Question {
    city: String,
    weather: String,
}

async fn look(question: Arc<Question>, _: NodeContext) -> NodeResult<Question> {
    println!("looking out of the window in {}", question.city);
    Ok(Question::update().weather(format!("rain in {}", question.city)))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let by_city = CachePolicy::by(|question: &Question| question.city.clone());
    let options = NodeOptions::new().cache(by_city.ttl(Duration::from_secs(60)));
    let graph = StateGraph::new().node_with("look", look, options).edge(START, "look").compile()?;
    let cache = MemoryCache::new(NonZeroUsize::new(100).ok_or("100 is not 0")?);
    let engine = StateGraphEngine::new(graph).with_cache(Arc::new(cache));

    for city in ["Bergen", "Bergen", "Oslo"] {
        let question = Question { city: city.to_owned(), ..Question::default() };
        println!("{}", engine.run(question, RunOptions::default()).await?.weather);
    }
    Ok(())
}

//! A field for each thing, and a reducer for what several nodes write.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    Log, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Trip {
    /// Takes one value a superstep.
    weather: String,
    /// What is written is put behind what is there.
    #[state(append)]
    stops: Log<String>,
    /// Each write is given to the function.
    #[state(reducer = add)]
    km: u32,
    #[state(reducer = keep_greater)]
    longest: u32,
}

fn add(total: &mut u32, more: u32) {
    *total += more;
}

fn keep_greater(held: &mut u32, written: u32) {
    *held = written.max(*held);
}

async fn train(_: Arc<Trip>, _: NodeContext) -> NodeResult<Trip> {
    Ok(Trip::update().stops(["Bergen".to_owned()]).km(460).longest(460).weather("rain".to_owned()))
}

async fn walk(_: Arc<Trip>, _: NodeContext) -> NodeResult<Trip> {
    Ok(Trip::update().stops(["Ulriken".to_owned()]).km(9).longest(9))
}

async fn new_trip(_: Arc<Trip>, _: NodeContext) -> NodeResult<Trip> {
    Ok(Trip::update().overwrite_stops(Log::new()).overwrite_km(0))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = || {
        StateGraph::new()
            .node("train", train)
            .edge(START, "train")
            .node("walk", walk)
            .edge(START, "walk")
    };
    let from_oslo = || Trip::from_update(Trip::update().stops(["Oslo".to_owned()]));

    let engine = StateGraphEngine::new(graph().compile()?);
    let trip = engine.run(from_oslo()?, RunOptions::default()).await?;
    println!(
        "{} stops, {} km, at most {} at once, {}",
        trip.stops.len(),
        trip.km,
        trip.longest,
        trip.weather
    );

    let anew = graph().node("new_trip", new_trip).join(["train", "walk"], "new_trip");
    let trip =
        StateGraphEngine::new(anew.compile()?).run(from_oslo()?, RunOptions::default()).await?;
    println!("{} stops, {} km, {}", trip.stops.len(), trip.km, trip.weather);

    let twice = graph().node("train_2", train).edge(START, "train_2").compile()?;
    let run = StateGraphEngine::new(twice).run(from_oslo()?, RunOptions::default()).await;
    println!("{}", run.err().ok_or("two nodes wrote `weather`")?.code());
    Ok(())
}

//! A node that waits for several others; and what happens when one of them is skipped.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    JoinMode, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Report {
    with_sales: bool,
    #[state(append)]
    parts: Vec<String>,
}

async fn part(_: Arc<Report>, context: NodeContext) -> NodeResult<Report> {
    Ok(Report::update().parts([context.node().to_string()]))
}

fn which(report: &Report) -> Vec<&'static str> {
    if report.with_sales { vec!["costs", "sales"] } else { vec!["costs"] }
}

fn graph(mode: JoinMode) -> StateGraph<Report> {
    StateGraph::new()
        .node("costs", part)
        .node("sales", part)
        .node("bind", part)
        .conditional_edge(START, which, ["costs", "sales"])
        .join_with(mode, ["costs", "sales"], "bind")
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    for mode in [JoinMode::All, JoinMode::Reached] {
        let engine = StateGraphEngine::new(graph(mode).compile()?);
        for with_sales in [true, false] {
            let report = Report { with_sales, ..Report::default() };
            let came_to = match engine.run(report, RunOptions::default()).await {
                Ok(report) => report.parts.join(", "),
                Err(error) => error.code().to_string(),
            };
            let mode = if mode == JoinMode::All { "all" } else { "reached" };
            println!("{mode}, {}: {came_to}", if with_sales { "both ran" } else { "one ran" });
        }
    }
    Ok(())
}

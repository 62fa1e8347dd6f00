//! Measures what a state graph with Rust nodes costs: CPU time and memory of this process, beside the other programs
//! that `bench/graph/run.mjs` starts. Its only argument is the task as JSON; it prints one line of JSON.

#![allow(clippy::print_stdout)]

mod cpu;
mod floor;
mod growth;
mod keep;
mod measure;
mod shape;
mod shapes;
mod task;
mod waiting;

use anyhow::{Context, Result};
use serde_json::Value;

use task::{States, Task};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let task = std::env::args().nth(1).context("the task is missing: start bench/graph/run.mjs")?;
    let task = serde_json::from_str(&task).context("the task cannot be read")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}", runtime.block_on(answer(task))?);
    Ok(())
}

async fn answer(task: Task) -> Result<Value> {
    match task {
        Task::Shape(task) => match task.states {
            States::Typed => shapes::typed(&task).await,
            States::Json => shapes::json(&task).await,
        },
        Task::Growth(task) => growth::answer(&task).await,
        Task::Waiting(task) => waiting::answer(&task).await,
    }
}

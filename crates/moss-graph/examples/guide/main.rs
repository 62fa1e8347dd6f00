//! The guide's examples, one file a feature: `cargo run -p moss-graph --example guide -- interrupts`.
//!
//! `main` of each file is a program of its own once `#[tokio::main]` stands before it. What each prints is in
//! `docs/state-graph`, and a test compares the two.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "examples")]

use std::error::Error;
use std::pin::Pin;
use std::process::ExitCode;

mod async_routers;
mod busy_threads;
mod caching;
mod cancellation_and_drain;
mod commands;
mod compile_checks;
mod concurrency;
mod conditional_edges;
mod conflicts;
mod dataflow;
mod deferred;
mod definitions;
mod drawing;
mod durability;
mod effects;
mod error_handlers;
mod field_kinds;
mod going_on;
mod graph_changes;
mod graphs;
mod history_and_forks;
mod interrupts;
mod joins;
mod json_state;
mod metadata;
mod node_context;
mod node_defaults;
mod parent_commands;
mod recursion_limit;
mod retries;
mod send;
mod state_and_reducers;
mod state_diff;
mod static_interrupts;
mod streams;
mod subgraph_memory;
mod subgraph_states;
mod subgraphs;
mod threads;
mod timeouts;
mod update_state;

/// What a `main` gives.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<(), Box<dyn Error>>>>>;

/// An example: its name, and its `main`.
pub(crate) type Example = (&'static str, fn() -> Run);

macro_rules! examples {
    ($($name:ident)*) => { &[$((stringify!($name), || Box::pin($name::main()))),*] };
}

/// All examples, in the order in which the guide reads best.
#[rustfmt::skip]
pub(crate) const EXAMPLES: &[Example] = examples![
    graphs compile_checks node_context definitions
    state_and_reducers field_kinds json_state
    conditional_edges async_routers send commands joins deferred
    subgraphs subgraph_memory subgraph_states parent_commands
    retries node_defaults timeouts error_handlers caching
    threads durability going_on conflicts busy_threads metadata graph_changes
    interrupts static_interrupts effects
    history_and_forks update_state state_diff
    streams dataflow
    recursion_limit concurrency cancellation_and_drain drawing
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let wanted = std::env::args().nth(1);
    match wanted.as_deref() {
        None => EXAMPLES.iter().for_each(|(name, _)| println!("{name}")),
        Some("all") => {
            for (name, run) in EXAMPLES {
                println!("== {name}");
                run().await?;
            }
        }
        Some(wanted) => match EXAMPLES.iter().find(|(name, _)| *name == wanted) {
            Some((_, run)) => run().await?,
            None => {
                eprintln!("there is no example `{wanted}`; without a name they are listed");
                return Ok(ExitCode::from(2));
            }
        },
    }
    Ok(ExitCode::SUCCESS)
}

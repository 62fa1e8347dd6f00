//! The `moss` command.

mod agent_file;
mod args;
mod cli;
mod doctor;
mod exit;
mod failure;
mod graph;
mod input;
mod json_log;
mod model_name;
mod models;
mod progress;
mod run;
mod seconds;
mod setup;
mod terminal;
mod view;
mod warnings;
mod welcome;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main().into()
}

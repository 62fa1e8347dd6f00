//! Behaviour of moss-graph, from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod cancellation;
mod checkpoints;
mod commands;
mod compile;
mod concurrency;
mod dataflow;
mod depth;
mod drawing;
mod failures;
mod guide;
mod joins;
mod json;
mod log;
mod observer;
mod policies;
mod reducers;
mod runs;
mod simulation;
mod streams;
mod subgraphs;
mod support;
mod threads;
mod told_tasks;

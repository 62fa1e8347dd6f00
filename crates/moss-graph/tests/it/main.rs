//! Behaviour of moss-graph, from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod cancellation;
mod checkpoints;
mod compile;
mod concurrency;
mod failures;
mod joins;
mod log;
mod observer;
mod reducers;
mod runs;
mod simulation;
mod support;
mod threads;

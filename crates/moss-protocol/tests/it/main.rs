//! Tests of the crate from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod config;
mod content;
mod events;
mod messages;
mod names;
mod recordings;
mod usage;

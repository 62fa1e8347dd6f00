//! Tests of the crate from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod bedrock;
mod blocks;
mod cancelling;
mod claude;
mod content;
mod gemini;
mod graph;
mod handlers;
mod host;
mod model;
mod order_of_answers;
mod order_of_tool_calls;
mod properties;
mod queue;
mod responses;
mod runs;
mod tools;
mod whole_answers;

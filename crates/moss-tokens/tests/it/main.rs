//! Token counts, from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod ai_tokenizer;
mod corpus;
mod encodings;
mod fixtures;
mod incremental;
mod media;
mod messages;
mod tiktoken_crate;

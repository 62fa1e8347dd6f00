//! Tests of the crate from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod answers;
mod asking;
mod cancelling;
mod cassettes;
mod demo;
mod error_bodies;
mod failures;
mod fallbacks;
mod faults;

mod openai_chat_decode;
mod openai_chat_encode;
mod options;
mod proxies;
mod rate_limits;
mod retries;
mod secrets;
mod server;
mod sse;
mod tls;

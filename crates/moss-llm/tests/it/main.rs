//! Tests of the crate from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod answers;
mod anthropic_client;
mod anthropic_decode;
mod anthropic_encode;
mod anthropic_live;
mod asking;
mod aws;
mod aws_event_stream;
mod azure;
mod bedrock_decode;
mod bedrock_encode;
mod bedrock_endpoint;
mod cancelling;
mod cassettes;
mod demo;
mod error_bodies;
mod failures;
mod fallbacks;
mod faults;

mod gemini_decode;
mod gemini_encode;
mod google;
mod ollama_decode;
mod ollama_encode;
mod openai_chat_conversation;
mod openai_chat_decode;
mod openai_chat_encode;
mod options;
mod proxies;
mod rate_limits;
mod responses_asking;
mod responses_decode;
mod responses_encode;
mod retries;
mod secrets;
mod server;
mod sse;
mod tls;
mod vertex;

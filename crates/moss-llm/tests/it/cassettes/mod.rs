//! Recorded exchanges with real providers: every reply decodes, however it is cut, and nothing is lost; and the same
//! conversation is encoded as it was recorded.
//!
//! The recordings are not part of the project: `MOSS_CASSETTES` names their folder.

mod anthropic;
mod anthropic_account;
mod anthropic_requests;
mod bedrock;
mod bedrock_account;
mod bedrock_requests;
mod chat;
mod chat_account;
mod chat_requests;
mod cuts;
mod gemini;
mod gemini_account;
mod gemini_requests;
mod leaves;
mod ollama;
mod recordings;
mod responses;
mod responses_account;
mod responses_requests;
mod tally;

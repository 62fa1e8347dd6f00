//! Recorded exchanges with real providers: every reply decodes, however it is cut, and nothing is lost; and the same
//! conversation is encoded as it was recorded.
//!
//! The recordings are not part of the project: `MOSS_CASSETTES` names their folder.

mod chat;
mod chat_account;
mod chat_requests;
mod cuts;
mod leaves;
mod recordings;
mod responses;
mod responses_account;
mod responses_requests;

//! Token counts, from outside.

mod ai_tokenizer;
mod corpus;
mod encodings;
mod fixtures;
mod incremental;
mod media;
mod messages;
mod tiktoken_crate;

//! An agent whose model follows a script: so many calls of a tool, then an answer.

pub mod json;
pub mod typed;

use super::text::id;

/// What the tool is called.
pub const TOOL: &str = "search";

/// What the model asks the tool, the first time, the second …: 3600 letters.
pub fn query(turn: usize) -> String {
    id(turn).repeat(100)
}

/// What the tool answers: ten times its question.
pub fn result(query: &str) -> String {
    format!("result for query: {query}").repeat(10)
}

/// What the model answers in the end.
pub fn answer() -> String {
    "answer".repeat(100)
}

/// The model is asked once more than the tool.
pub fn supersteps(calls: usize) -> u64 {
    2 * calls as u64 + 1
}

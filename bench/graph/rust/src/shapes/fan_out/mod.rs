//! A joke about each of some subjects: each is sent to a task, or to a subgraph that takes twelve supersteps.

pub mod json;
pub mod typed;

use super::text;
use crate::task::Letters;

/// A text of 1000 letters for each.
pub fn subjects(size: usize, letters: Letters) -> Vec<String> {
    let subject = match letters {
        Letters::Same => text::letters,
        Letters::Random => text::random_letters,
    };
    (0..size).map(|number| subject(1_000, number)).collect()
}

/// The joke about a subject as a node makes it.
pub fn joke(subject: &str) -> String {
    format!("Joke about {subject}")
}

/// The joke as a subgraph makes it.
pub fn bumped(subject: &str) -> String {
    format!("Joke about {subject}{HOHOHO}{}", BUMP.repeat(BUMPS))
}

/// What is added to a subject, first of all.
pub const HOHOHO: &str = " - hohoho";
/// What is added to a joke, again and again.
pub const BUMP: &str = " a";
/// How often.
pub const BUMPS: usize = 10;
/// The supersteps of a subgraph: `edit`, `generate`, and `bump` so often.
pub const INNER: u64 = 2 + BUMPS as u64;

/// Whether a joke has been added to often enough.
pub fn is_done(joke: &str) -> bool {
    joke.ends_with(&BUMP.repeat(BUMPS))
}

//! Running one task to its end: its attempts, its time limits, its error handler, its cache.

mod attempt;
mod bench;
mod cache;
mod stored;
mod told;

pub(crate) use bench::Bench;
pub(super) use bench::{Job, TaskEnd};
pub(super) use stored::Storing;

//! Checkpoints in one file, by SQLite.

mod connection;
mod error;
mod job;
mod options;
mod pen;
mod readers;
mod reads_on;
mod rows;
mod store;
mod workers;
mod writer;

pub use options::{SqliteDurability, SqliteOptions};
pub use store::SqliteStore;

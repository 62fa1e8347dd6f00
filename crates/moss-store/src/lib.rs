//! Where the checkpoints of MOSS' state graphs are kept: in one file by SQLite, or on a server by PostgreSQL.
//!
//! Both do the same, and the same as `MemoryStore`: what a call does is written once, over the rows of a database, and
//! one suite of tests runs against all of them.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod calls;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod rows;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteDurability, SqliteOptions, SqliteStore};

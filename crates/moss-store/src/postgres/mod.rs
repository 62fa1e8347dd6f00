//! Checkpoints on a server, by PostgreSQL.

mod error;
mod migrate;
mod options;
mod rows;
mod store;
mod tls;

/// The connection pool, for hosts that make their own.
pub use deadpool_postgres::Pool as PostgresPool;
pub use options::PostgresOptions;
pub use store::PostgresStore;

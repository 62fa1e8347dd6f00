//! Where the checkpoints of MOSS' state graphs are kept: in one file by SQLite, or on a server by PostgreSQL.
//!
//! Both do the same, and the same as `MemoryStore`: what a call does is written once, over the rows of a database, and
//! one suite of tests runs against all of them.
#![cfg_attr(
    feature = "sqlite",
    doc = r#"
```
use moss_graph::checkpoint::{CheckpointQuery, CheckpointStore, Namespace};
use moss_store::{SqliteOptions, SqliteStore};

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let folder = tempfile::tempdir()?;
# let path = folder.path().join("checkpoints.db");
let store = SqliteStore::open(path, SqliteOptions::default()).await?;
let query = CheckpointQuery::latest("conversation".into(), Namespace::root());
assert_eq!(store.load(&query).await?, None);
store.close().await;
# Ok(())
# }
```
"#
)]
//!
//! Features: `sqlite` (on by default) and `postgres`.

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

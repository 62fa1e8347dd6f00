//! What every store does: a store whose thread writes for all, one that writes where it is called, and two of those in
//! turns on one file, as two processes have it.

mod turns;

use moss_graph::checkpoint::CheckpointStore;
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};
use tempfile::TempDir;

use crate::support::Opened;
use turns::Turns;

struct File<Store> {
    store: Store,
    _folder: TempDir,
}

impl<Store: CheckpointStore> Opened for File<Store> {
    fn store(&self) -> &dyn CheckpointStore {
        &self.store
    }
}

async fn open(folder: &TempDir, durability: SqliteDurability) -> SqliteStore {
    let options = SqliteOptions { durability, ..SqliteOptions::default() };
    SqliteStore::open(folder.path().join("checkpoints.db"), options).await.unwrap()
}

async fn one(durability: SqliteDurability) -> Option<File<SqliteStore>> {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, durability).await;
    Some(File { store, _folder: folder })
}

mod by_the_thread_that_writes {
    use super::*;
    use crate::conformance::all_cases;

    async fn opened() -> Option<File<SqliteStore>> {
        one(SqliteDurability::PowerLoss).await
    }

    all_cases!(opened, properties: 10);
}

mod where_it_is_called {
    use super::*;
    use crate::conformance::all_cases;

    async fn opened() -> Option<File<SqliteStore>> {
        one(SqliteDurability::ProcessCrash).await
    }

    all_cases!(opened, properties: 60);
}

mod by_two_in_turns {
    use super::*;
    use crate::conformance::all_cases;

    async fn opened() -> Option<File<Turns>> {
        let folder = tempfile::tempdir().unwrap();
        let one = open(&folder, SqliteDurability::ProcessCrash).await;
        let other = open(&folder, SqliteDurability::ProcessCrash).await;
        Some(File { store: Turns::new([one, other]), _folder: folder })
    }

    all_cases!(opened, properties: 60);
}

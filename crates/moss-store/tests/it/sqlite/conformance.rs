//! What every store does.

use moss_graph::checkpoint::CheckpointStore;
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};
use tempfile::TempDir;

use crate::conformance::all_cases;
use crate::support::Opened;

struct File {
    store: SqliteStore,
    _folder: TempDir,
}

impl Opened for File {
    fn store(&self) -> &dyn CheckpointStore {
        &self.store
    }
}

async fn open() -> Option<File> {
    let folder = tempfile::tempdir().unwrap();
    let durability = SqliteDurability::ProcessCrash;
    let options = SqliteOptions { durability, ..SqliteOptions::default() };
    let store = SqliteStore::open(folder.path().join("checkpoints.db"), options).await.unwrap();
    Some(File { store, _folder: folder })
}

all_cases!(open, properties: 60);

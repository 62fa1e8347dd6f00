//! Where threads are kept.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};

use crate::task::Checkpointer;

/// What is kept of the runs between two looks at the clock.
pub struct Keep {
    checkpointer: Checkpointer,
    store: Option<Arc<dyn CheckpointStore>>,
}

impl Keep {
    pub async fn open(checkpointer: Checkpointer, folder: &Path) -> Result<Self> {
        let store: Option<Arc<dyn CheckpointStore>> = match checkpointer {
            Checkpointer::None => None,
            Checkpointer::Memory => Some(Arc::new(MemoryStore::new())),
            Checkpointer::Sqlite => {
                Some(Arc::new(sqlite(folder, SqliteDurability::ProcessCrash).await?))
            }
            Checkpointer::SqlitePowerLoss => {
                Some(Arc::new(sqlite(folder, SqliteDurability::PowerLoss).await?))
            }
            Checkpointer::SqliteAlone | Checkpointer::SqliteWriter => {
                bail!("no runs are kept where SQLite is alone")
            }
        };
        Ok(Self { checkpointer, store })
    }

    pub fn store(&self) -> Option<Arc<dyn CheckpointStore>> {
        self.store.clone()
    }

    /// Forgets the runs so far, so that memory does not decide. A file stays: it is meant to hold more than one run.
    pub fn forget(&mut self) {
        match self.checkpointer {
            Checkpointer::Memory => self.store = Some(Arc::new(MemoryStore::new())),
            Checkpointer::None
            | Checkpointer::Sqlite
            | Checkpointer::SqlitePowerLoss
            | Checkpointer::SqliteAlone
            | Checkpointer::SqliteWriter => {}
        }
    }
}

async fn sqlite(folder: &Path, durability: SqliteDurability) -> Result<SqliteStore> {
    let options = SqliteOptions { durability, ..SqliteOptions::default() };
    Ok(SqliteStore::open(folder.join("threads.db"), options).await?)
}

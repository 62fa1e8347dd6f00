//! What every store does.

use moss_graph::checkpoint::CheckpointStore;
use moss_store::{PostgresOptions, PostgresStore};

use super::server;
use crate::conformance::all_cases;
use crate::support::Opened;

struct Schema(PostgresStore);

impl Opened for Schema {
    fn store(&self) -> &dyn CheckpointStore {
        &self.0
    }
}

async fn open() -> Option<Schema> {
    let store = PostgresStore::connect(server::url()?, PostgresOptions::default()).await.unwrap();
    Some(Schema(store))
}

all_cases!(open, properties: 20);

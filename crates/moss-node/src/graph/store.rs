//! Checkpoint stores that JavaScript has opened.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use moss_graph::checkpoint::{CheckpointStore, MemoryStore, Retention, StoreError};
use moss_graph::{RunId, ThreadId};
use moss_store::{PostgresOptions, PostgresStore, SqliteDurability, SqliteOptions, SqliteStore};
use serde::Deserialize;
use serde_json::Value;

use super::end::End;
use super::error::GraphErrorJson;
use super::polling::Work;

/// A store, shared by the graphs that are compiled with it.
pub(crate) struct Store {
    pub(super) store: Arc<dyn CheckpointStore>,
    /// The same, where it is a file.
    file: Option<Arc<SqliteStore>>,
}

/// Which store on this machine, and how it is opened.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
enum StoreOptions {
    Memory,
    Sqlite {
        path: String,
        #[serde(default)]
        durability: DurabilityName,
    },
}

/// Which store on a server, and how it is reached.
#[derive(Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
enum ServerOptions {
    Postgres {
        url: String,
        connections: Option<NonZeroUsize>,
        busy_timeout_ms: Option<u64>,
        /// In PEM.
        root_certificates: Option<String>,
    },
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum DurabilityName {
    #[default]
    PowerLoss,
    ProcessCrash,
}

/// An operation on a store.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum StoreRequest {
    DeleteThread { thread: String },
    CopyThread { from: String, to: String },
    DeleteRun { thread: String, run: String },
    Prune { thread: Option<String>, keep_last: Option<NonZeroUsize>, older_than_ms: Option<u64> },
}

impl Store {
    /// Opens a store, and waits until it is open.
    pub(super) fn open(options: &str) -> Result<Self, GraphErrorJson> {
        let options: StoreOptions = serde_json::from_str(options)
            .map_err(|error| GraphErrorJson::other("INVALID_CONFIG", error.to_string()))?;
        Ok(match options {
            StoreOptions::Memory => Self { store: Arc::new(MemoryStore::new()), file: None },
            StoreOptions::Sqlite { path, durability } => {
                let durability = match durability {
                    DurabilityName::PowerLoss => SqliteDurability::PowerLoss,
                    DurabilityName::ProcessCrash => SqliteDurability::ProcessCrash,
                };
                let options = SqliteOptions { durability, ..SqliteOptions::default() };
                let opening = SqliteStore::open(path, options);
                let file = Arc::new(napi::bindgen_prelude::block_on(opening)?);
                Self { store: Arc::clone(&file) as Arc<dyn CheckpointStore>, file: Some(file) }
            }
        })
    }

    /// Connects to a store on a server, to be polled. `add` makes a number of the store.
    pub(super) fn connect(
        options: &str,
        add: impl FnOnce(Self) -> u32 + Send + 'static,
    ) -> Result<Work, GraphErrorJson> {
        let options: ServerOptions = serde_json::from_str(options)
            .map_err(|error| GraphErrorJson::other("INVALID_CONFIG", error.to_string()))?;
        Ok(Box::pin(async move {
            match options.connect().await {
                Ok(store) => End::value(&add(Self { store, file: None })),
                Err(error) => Err(error.into()).into(),
            }
        }))
    }

    /// JavaScript gives it up. Graphs may hold it for as long as they are not collected: what they leave is one file, all the
    /// same.
    pub(super) fn close(&self) {
        if let Some(file) = &self.file {
            file.tidy();
        }
    }

    /// An operation, to be polled.
    pub(super) fn operation(&self, request: &str) -> Result<Work, GraphErrorJson> {
        let request: StoreRequest = serde_json::from_str(request)
            .map_err(|error| GraphErrorJson::other("INVALID_CONFIG", error.to_string()))?;
        let store = Arc::clone(&self.store);
        Ok(Box::pin(async move {
            match carry_out(&*store, request).await {
                Ok(value) => End::value(&value),
                Err(error) => Err(error.into()).into(),
            }
        }))
    }
}

impl ServerOptions {
    async fn connect(self) -> Result<Arc<dyn CheckpointStore>, StoreError> {
        let Self::Postgres { url, connections, busy_timeout_ms, root_certificates } = self;
        let defaults = PostgresOptions::default();
        let options = PostgresOptions {
            connections: connections.unwrap_or(defaults.connections),
            busy_timeout: busy_timeout_ms.map_or(defaults.busy_timeout, Duration::from_millis),
            root_certificates: root_certificates.map(String::into_bytes),
        };
        Ok(Arc::new(PostgresStore::connect(&url, options).await?))
    }
}

async fn carry_out(
    store: &dyn CheckpointStore,
    request: StoreRequest,
) -> Result<Value, StoreError> {
    Ok(match request {
        StoreRequest::DeleteThread { thread } => {
            store.delete_thread(&ThreadId::from(thread)).await?;
            Value::Null
        }
        StoreRequest::CopyThread { from, to } => {
            store.copy_thread(&ThreadId::from(from), &ThreadId::from(to)).await?;
            Value::Null
        }
        StoreRequest::DeleteRun { thread, run } => {
            // A run without an id has made nothing.
            match RunId::new(run) {
                Ok(run) => store.delete_run(&ThreadId::from(thread), &run).await?.into(),
                Err(_) => 0.into(),
            }
        }
        StoreRequest::Prune { thread, keep_last, older_than_ms } => {
            let keep_younger_than = older_than_ms.map(Duration::from_millis);
            let retention = Retention { keep_last, keep_younger_than };
            store.prune(thread.map(ThreadId::from).as_ref(), &retention).await?.into()
        }
    })
}

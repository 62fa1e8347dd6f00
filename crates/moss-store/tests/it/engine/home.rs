//! Where threads are kept, to be opened again and again, also by other processes.

use std::fmt;
#[cfg(feature = "sqlite")]
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use moss_graph::checkpoint::CheckpointStore;
#[cfg(feature = "postgres")]
use moss_store::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};

/// Where threads are kept.
#[derive(Debug, Clone)]
pub enum Home {
    /// In a file.
    #[cfg(feature = "sqlite")]
    File(PathBuf, SqliteDurability),
    /// On a server, by its URL.
    #[cfg(feature = "postgres")]
    Server(String),
}

/// A store that is open.
pub enum Open {
    #[cfg(feature = "sqlite")]
    File(Arc<SqliteStore>),
    #[cfg(feature = "postgres")]
    Server(Arc<PostgresStore>),
}

impl Home {
    pub async fn open(&self) -> Open {
        match self {
            #[cfg(feature = "sqlite")]
            Self::File(path, durability) => {
                let options = SqliteOptions { durability: *durability, ..Default::default() };
                let store = SqliteStore::open(path, options).await;
                Open::File(Arc::new(store.unwrap()))
            }
            #[cfg(feature = "postgres")]
            Self::Server(url) => {
                let store = PostgresStore::connect(url, PostgresOptions::default()).await;
                Open::Server(Arc::new(store.unwrap()))
            }
        }
    }

    /// Opens the store for a visitor, and closes it when he has gone.
    pub async fn visit<R>(&self, visit: impl AsyncFnOnce(Arc<dyn CheckpointStore>) -> R) -> R {
        let open = self.open().await;
        let result = visit(open.store()).await;
        open.close().await;
        result
    }
}

impl Open {
    pub fn store(&self) -> Arc<dyn CheckpointStore> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::File(store) => Arc::clone(store) as Arc<dyn CheckpointStore>,
            #[cfg(feature = "postgres")]
            Self::Server(store) => Arc::clone(store) as Arc<dyn CheckpointStore>,
        }
    }

    /// Closes the store, which nobody else may keep.
    pub async fn close(self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::File(store) => Arc::into_inner(store).unwrap().close().await,
            #[cfg(feature = "postgres")]
            Self::Server(store) => Arc::into_inner(store).unwrap().close(),
        }
    }
}

/// As another process is told of it.
impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "sqlite")]
            Self::File(path, durability) => write!(f, "{durability:?} {}", path.display()),
            #[cfg(feature = "postgres")]
            Self::Server(url) => write!(f, "server {url}"),
        }
    }
}

impl FromStr for Home {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(' ') {
            #[cfg(feature = "sqlite")]
            Some(("PowerLoss", path)) => Ok(Self::File(path.into(), SqliteDurability::PowerLoss)),
            #[cfg(feature = "sqlite")]
            Some(("ProcessCrash", path)) => {
                Ok(Self::File(path.into(), SqliteDurability::ProcessCrash))
            }
            #[cfg(feature = "postgres")]
            Some(("server", url)) => Ok(Self::Server(url.to_owned())),
            _ => Err(format!("not a home: {text}")),
        }
    }
}

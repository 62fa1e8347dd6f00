//! The store.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction};
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointQuery, CheckpointStore, Commit, Lease, LeaseRequest,
    ListedCheckpoint, PendingWrite, PendingWrites, Retention, StoreError, StoredCheckpoint,
};
use moss_graph::{RunId, ThreadId};
use tokio_postgres::{Config, IsolationLevel};

use super::PostgresOptions;
use super::error::{failed, not_connected};
use super::migrate::prepare;
use super::rows::PostgresRows;
use super::tls;
use crate::calls;

/// Keeps checkpoints on a PostgreSQL server, in the schema `moss` of a database.
///
/// Each call is one short transaction on a connection of a pool, and locks its thread's row where it writes. Leases end
/// by the server's clock, so the clocks of the machines need not agree.
pub struct PostgresStore {
    pool: Pool,
}

impl PostgresStore {
    /// Connects to a server. `url` is of the form `postgres://user@host/database`, or `host=… user=… dbname=…`.
    ///
    /// Over a network it is encrypted as the URL's `sslmode` says. `prefer`, which holds where there is none: if the server
    /// can; `require`: always; `disable`: never. Whatever is encrypted, the server's certificate is checked, as libpq does with
    /// `verify-full`, which may be written in place of `require`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the URL is none, the server cannot be reached, its certificate is not trusted, or
    /// the options' certificates are none; and those of [`on`](Self::on).
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let doing = "connecting";
        let mut config =
            Config::from_str(&tls::known_mode(url)).map_err(|error| StoreError::Unavailable {
                doing: "connecting by the given URL",
                source: Box::new(error),
            })?;
        let encryption = tls::encryption(options.root_certificates.as_deref())?;
        let timeout = options.busy_timeout;
        let settings = format!("-c lock_timeout={}ms", timeout.as_millis().max(1));
        let settings = match config.get_options() {
            Some(given) => format!("{settings} {given}"),
            None => settings,
        };
        config.options(settings).application_name("moss").connect_timeout(timeout);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, encryption, recycling))
            .max_size(options.connections.get())
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(timeout))
            .create_timeout(Some(timeout))
            .build();
        let pool =
            pool.map_err(|error| StoreError::Unavailable { doing, source: Box::new(error) })?;
        Self::on(pool).await
    }

    /// Uses the connections of a pool that the host has made, with limits of its own. A `lock_timeout` on them
    /// bounds how long a call waits for another.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when the database has a schema `moss` of another program; [`StoreError::TooNew`] when
    /// a newer version of MOSS made it; and what every call may fail with.
    pub async fn on(pool: Pool) -> Result<Self, StoreError> {
        let client = pool.get().await;
        let mut client = client.map_err(|error| not_connected("connecting", error))?;
        prepare(&mut client).await?;
        Ok(Self { pool })
    }

    /// Closes all connections, once their calls are done.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// Does a call in one transaction. A macro, since the call borrows the rows that borrow the transaction.
macro_rules! transact {
    ($store:expr, $doing:expr, writes: $writes:expr, |$rows:ident| $call:expr) => {{
        let doing = $doing;
        let client = $store.pool.get().await;
        let mut client = client.map_err(|error| not_connected(doing, error))?;
        let builder = client.build_transaction();
        let builder = if $writes {
            builder.isolation_level(IsolationLevel::ReadCommitted)
        } else {
            builder.isolation_level(IsolationLevel::RepeatableRead).read_only(true)
        };
        let transaction: Transaction<'_> =
            builder.start().await.map_err(|error| failed(doing, error))?;
        let result = {
            let mut rows = PostgresRows::new(&transaction, doing, $writes);
            let $rows = &mut rows;
            $call.await
        };
        match result {
            Ok(value) => {
                transaction.commit().await.map_err(|error| failed(doing, error))?;
                Ok(value)
            }
            Err(error) => {
                // The call's error says more than one of undoing it, which the server does anyway.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }};
}

#[async_trait]
impl CheckpointStore for PostgresStore {
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError> {
        transact!(self, "loading a checkpoint", writes: false, |rows| calls::load(rows, query))
    }

    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
        transact!(self, "a commit", writes: true, |rows| calls::commit(rows, lease, &commit))
    }

    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
        transact!(self, "storing pending writes", writes: true, |rows| {
            calls::put_writes(rows, lease, &writes)
        })
    }

    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError> {
        transact!(self, "listing checkpoints", writes: false, |rows| {
            calls::list(rows, thread, filter)
        })
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        transact!(self, "taking a lease", writes: true, |rows| calls::acquire(rows, request))
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        transact!(self, "renewing a lease", writes: true, |rows| calls::renew(rows, lease, ttl))
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        transact!(self, "giving a lease back", writes: true, |rows| calls::release(rows, lease))
    }

    async fn open(
        &self,
        request: &LeaseRequest,
        query: &CheckpointQuery,
    ) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
        transact!(self, "opening a thread", writes: true, |rows| {
            calls::open(rows, request, query)
        })
    }

    async fn settle(
        &self,
        lease: &Lease,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        let writes = PendingWrites::behind(&commit, writes);
        transact!(self, "settling a thread", writes: true, |rows| {
            calls::settle(rows, lease, &commit, &writes)
        })
    }

    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
        transact!(self, "deleting a thread", writes: true, |rows| {
            calls::delete_thread(rows, thread)
        })
    }

    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
        transact!(self, "deleting a run", writes: true, |rows| {
            calls::delete_run(rows, thread, run)
        })
    }

    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
        transact!(self, "copying a thread", writes: true, |rows| {
            calls::copy_thread(rows, from, to)
        })
    }

    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError> {
        let threads = match thread {
            Some(thread) => vec![thread.clone()],
            None => self.threads().await?,
        };
        let mut removed = 0;
        for thread in threads {
            let pruned: Result<u64, StoreError> = transact!(self, "pruning a thread", writes: true, |rows| {
                calls::prune(rows, &thread, retention)
            });
            removed += pruned?;
        }
        Ok(removed)
    }
}

impl PostgresStore {
    async fn threads(&self) -> Result<Vec<ThreadId>, StoreError> {
        let ids: Result<_, StoreError> =
            transact!(self, "listing threads", writes: false, |rows| rows.thread_ids());
        Ok(ids?.into_iter().map(ThreadId::from).collect())
    }
}

impl fmt::Debug for PostgresStore {
    /// How many connections there are: where to says a password, perhaps.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("connections", &self.pool.status().size)
            .finish_non_exhaustive()
    }
}

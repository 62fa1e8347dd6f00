//! The store.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointQuery, CheckpointStore, Commit, Lease, LeaseRequest,
    ListedCheckpoint, PendingWrite, PendingWrites, Retention, StoreError, StoredCheckpoint,
};
use moss_graph::{RunId, ThreadId};

use super::rows::SqliteRows;
use super::workers::Workers;
use super::writer::{Caller, Writer};
use super::{SqliteOptions, readers};
use crate::calls;

/// Keeps checkpoints in one file.
///
/// A thread of its own writes; the calls that come in while it is busy share the next transaction. Where a commit does not
/// [wait for the disk](crate::SqliteDurability::ProcessCrash), it is made where it is called. Others read. Values are compressed. Several
/// processes on one machine may use one file; on a file system of a network they must not.
///
/// Beside the file stand `…-wal` and `…-shm` as long as it is open: a copy of the file alone is not whole then.
/// Dropping the store waits for what is in its queues; [`close`](Self::close) does so without holding up a thread.
pub struct SqliteStore {
    path: Arc<Path>,
    writer: Arc<Writer>,
    readers: Arc<Workers>,
}

impl SqliteStore {
    /// Opens a file, and makes it if it is not there. Its folder must be there.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when the file is another program's; [`StoreError::TooNew`] when a newer version of
    /// MOSS wrote it; [`StoreError::Unavailable`] when it cannot be opened; and what every call may fail with.
    pub async fn open(
        path: impl Into<PathBuf>,
        options: SqliteOptions,
    ) -> Result<Self, StoreError> {
        let path: Arc<Path> = path.into().into();
        let writer = Writer::open(&path, &options).await?;
        let (readers, jobs) = Workers::new(options.queue.get());
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..options.readers.get() {
            let (file, with, jobs) = (Arc::clone(&path), options.clone(), Arc::clone(&jobs));
            readers.spawn("moss-store-reader", move || readers::run(&file, &with, &jobs))?;
        }
        Ok(Self { path, writer: Arc::new(writer), readers: Arc::new(readers) })
    }

    /// Does what is in the queues, moves all to the file and closes it.
    pub async fn close(self) {
        let (writer, readers) = (Arc::clone(&self.writer), Arc::clone(&self.readers));
        let closing = tokio::task::spawn_blocking(move || {
            readers.close();
            readers.join();
            writer.close();
            writer.join();
        });
        // It does not panic and nobody cancels it.
        let _ = closing.await;
    }

    /// Has what is in SQLite's log moved to the file and the log cut, soon, and does not wait for it. It happens by itself
    /// when nobody has written for a second: this is for a store that is given up and still has holders.
    pub fn tidy(&self) {
        self.writer.tidy();
    }

    /// Reads the whole file and fails with what is damaged in it. Takes time in proportion to the file, or a little more
    /// where there are many branches.
    ///
    /// Each row that is read has its checksum compared anyway. This finds, besides, what is damaged about the order of
    /// rows and the names by which they are looked for.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], with what was found first.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.read("checking the file", |rows| now(rows.check())).await
    }

    async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnMut(&mut SqliteRows<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.call(doing, work).await
    }

    async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        caller: Caller,
        work: impl FnMut(&mut SqliteRows<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.call(doing, caller, work).await
    }
}

#[async_trait]
impl CheckpointStore for SqliteStore {
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError> {
        let query = query.clone();
        self.read("loading a checkpoint", move |rows| now(calls::load(rows, &query))).await
    }

    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
        let (lease, caller) = (lease.clone(), Caller::of(&lease.thread, &commit.namespace));
        self.write("a commit", caller, move |rows| now(calls::commit(rows, &lease, &commit))).await
    }

    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
        let (lease, caller) = (lease.clone(), Caller::of(&lease.thread, &writes.namespace));
        let work = move |rows: &mut SqliteRows<'_>| now(calls::put_writes(rows, &lease, &writes));
        self.write("storing pending writes", caller, work).await
    }

    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError> {
        let (thread, filter) = (thread.clone(), filter.clone());
        self.read("listing checkpoints", move |rows| now(calls::list(rows, &thread, &filter))).await
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        let (request, caller) = (request.clone(), Caller::of_thread(&request.thread));
        self.write("taking a lease", caller, move |rows| now(calls::acquire(rows, &request))).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        let (lease, caller) = (lease.clone(), Caller::of_thread(&lease.thread));
        self.write("renewing a lease", caller, move |rows| now(calls::renew(rows, &lease, ttl)))
            .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let (lease, caller) = (lease.clone(), Caller::of_thread(&lease.thread));
        self.write("giving a lease back", caller, move |rows| now(calls::release(rows, &lease)))
            .await
    }

    async fn open(
        &self,
        request: &LeaseRequest,
        query: &CheckpointQuery,
    ) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
        let caller = Caller::of(&request.thread, &query.namespace);
        let (request, query) = (request.clone(), query.clone());
        self.write("opening a thread", caller, move |rows| now(calls::open(rows, &request, &query)))
            .await
    }

    async fn settle(
        &self,
        lease: &Lease,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        let (lease, caller) = (lease.clone(), Caller::of(&lease.thread, &commit.namespace));
        let writes = PendingWrites::behind(&commit, writes);
        let work =
            move |rows: &mut SqliteRows<'_>| now(calls::settle(rows, &lease, &commit, &writes));
        self.write("settling a thread", caller, work).await
    }

    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
        let (thread, caller) = (thread.clone(), Caller::of_thread(thread));
        self.write("deleting a thread", caller, move |rows| {
            now(calls::delete_thread(rows, &thread))
        })
        .await
    }

    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
        let (thread, run, caller) = (thread.clone(), run.clone(), Caller::of_thread(thread));
        self.write("deleting a run", caller, move |rows| {
            now(calls::delete_run(rows, &thread, &run))
        })
        .await
    }

    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
        let (from, to, caller) = (from.clone(), to.clone(), Caller::of_thread(to));
        self.write("copying a thread", caller, move |rows| {
            now(calls::copy_thread(rows, &from, &to))
        })
        .await
    }

    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError> {
        let threads = match thread {
            Some(thread) => vec![thread.clone()],
            None => self.read("listing threads", |rows| rows.thread_ids()).await?,
        };
        let mut removed = 0;
        for thread in threads {
            let (retention, caller) = (*retention, Caller::of_thread(&thread));
            let work =
                move |rows: &mut SqliteRows<'_>| now(calls::prune(rows, &thread, &retention));
            removed += self.write("pruning a thread", caller, work).await?;
        }
        Ok(removed)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The result of a call on rows that never wait, as SQLite's do not.
fn now<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match std::pin::pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(StoreError::Closed),
    }
}

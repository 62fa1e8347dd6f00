//! The floor: what SQLite alone costs to write what runs store. No graph runs, and no rows are looked for: a transaction
//! for each commit, with one row of the commit's bytes. No engine that keeps its promise on SQLite costs less.
//!
//! It is written where the run is, or by a thread that writes for all and so makes one transaction of what many store at
//! once: then each commit waits for that thread, as it does in `moss-store`.

use std::collections::HashSet;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use async_trait::async_trait;
use moss_graph::checkpoint::{
    Blob, ChannelChange, CheckpointFilter, CheckpointQuery, CheckpointStore, Commit, Lease,
    LeaseRequest, ListedCheckpoint, MemoryStore, PendingWrites, Retention, StoreError,
    StoredCheckpoint,
};
use moss_graph::{RunId, ThreadId};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::cpu::cpu_time;
use crate::task::ShapeTask;

/// Which size of a page is cheapest depends on how many bytes are written at once.
const PAGE_BYTES: [u32; 3] = [4096, 8192, 16_384];

/// The most runs between two looks at the clock.
const BATCH: u64 = 64;

/// What writing took.
pub struct Written {
    pub cpu: Duration,
    pub runs: u64,
}

/// Who writes.
#[derive(Clone, Copy)]
pub enum Hand {
    /// The thread that asks.
    Own,
    /// A thread that writes for all.
    Writer,
}

/// Writes these commits again and again, as many bytes each, in pages of the size that is cheapest.
pub async fn write(commits: &[usize], task: &ShapeTask, hand: Hand) -> Result<Written> {
    let mut least: Option<Written> = None;
    for page_bytes in PAGE_BYTES {
        let mut floor = Floor::open(task, page_bytes, commits, hand)?;
        let part = |ms: u64| Duration::from_millis(ms / PAGE_BYTES.len() as u64);
        floor.spend(part(task.warmup_ms), part(task.wall_ms)).await?;
        let written = floor.spend(part(task.cpu_ms), part(task.wall_ms)).await?;
        let each = |written: &Written| written.cpu.as_secs_f64() / written.runs as f64;
        if least.as_ref().is_none_or(|least| each(&written) < each(least)) {
            least = Some(written);
        }
    }
    least.context("there are sizes of pages")
}

struct Floor<'a> {
    pen: Pen,
    commits: &'a [usize],
}

/// Writes commits.
enum Pen {
    Own(File),
    Writer(Writer),
}

/// The thread that writes, which ends with this.
struct Writer {
    jobs: Option<Sender<(usize, oneshot::Sender<Result<()>>)>>,
    thread: Option<JoinHandle<()>>,
}

struct File {
    connection: Connection,
    bytes: Vec<u8>,
}

impl File {
    fn write(&self, bytes: usize) -> Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        let sql = "INSERT INTO rows (value) VALUES (?1)";
        self.connection.prepare_cached(sql)?.execute([&self.bytes[..bytes]])?;
        self.connection.prepare_cached("COMMIT")?.execute(())?;
        Ok(())
    }
}

impl Writer {
    fn of(file: File) -> Self {
        let (jobs, queue) = channel::<(usize, oneshot::Sender<Result<()>>)>();
        let thread = std::thread::spawn(move || {
            while let Ok((bytes, reply)) = queue.recv() {
                let _ = reply.send(file.write(bytes));
            }
        });
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    async fn write(&self, bytes: usize) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().context("the writer is there")?;
        jobs.send((bytes, reply))?;
        answer.await?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl<'a> Floor<'a> {
    fn open(task: &ShapeTask, page_bytes: u32, commits: &'a [usize], hand: Hand) -> Result<Self> {
        let connection = Connection::open(task.folder.join(format!("floor-{page_bytes}.db")))?;
        connection.pragma_update(None, "page_size", page_bytes)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection
            .execute_batch("CREATE TABLE rows (key INTEGER PRIMARY KEY, value BLOB NOT NULL)")?;
        let largest = commits.iter().copied().max().unwrap_or_default();
        let file = File { connection, bytes: vec![b'x'; largest] };
        let pen = match hand {
            Hand::Own => Pen::Own(file),
            Hand::Writer => Pen::Writer(Writer::of(file)),
        };
        Ok(Self { pen, commits })
    }

    async fn spend(&mut self, wanted: Duration, limit: Duration) -> Result<Written> {
        let began = Instant::now();
        let (mut cpu, mut runs, mut batch) = (Duration::ZERO, 0, 1);
        while cpu < wanted && (cpu.is_zero() || began.elapsed() < limit) {
            let before = cpu_time()?;
            for _ in 0..batch {
                self.run().await?;
            }
            cpu += cpu_time()? - before;
            runs += batch;
            batch = (2 * batch).min(BATCH);
        }
        Ok(Written { cpu, runs })
    }

    async fn run(&self) -> Result<()> {
        for bytes in self.commits {
            match &self.pen {
                Pen::Own(file) => file.write(*bytes)?,
                Pen::Writer(writer) => writer.write(*bytes).await?,
            }
        }
        Ok(())
    }
}

/// Keeps threads in memory and notes how many bytes each commit has.
///
/// What tasks have finished counts with the next commit, as if all had finished at once. What a commit holds several times
/// in the same memory counts once.
#[derive(Default)]
pub struct Tally {
    store: MemoryStore,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    commits: Vec<usize>,
    writes: usize,
}

impl Tally {
    /// The bytes of each commit so far.
    pub fn commits(&self) -> Vec<usize> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).commits.clone()
    }
}

/// The bytes of these when they are compressed, as `moss-store` does, each piece of memory once.
fn bytes<'a>(blobs: impl IntoIterator<Item = &'a Blob>) -> usize {
    let mut seen = HashSet::new();
    let pieces = blobs.into_iter().map(Blob::bytes);
    let different = pieces.filter(|bytes| seen.insert((bytes.as_ptr(), bytes.len())));
    different.map(|bytes| lz4_flex::block::compress(bytes).len().min(bytes.len())).sum()
}

fn blobs(change: &ChannelChange) -> &[Blob] {
    match change {
        ChannelChange::Set(value) => std::slice::from_ref(value),
        ChannelChange::Append(items) | ChannelChange::Rewrite { items, .. } => items,
        ChannelChange::Clear => &[],
    }
}

#[async_trait]
impl CheckpointStore for Tally {
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.store.load(query).await
    }

    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            let changes = commit.changes.values().flat_map(blobs);
            let stored = bytes(changes.chain([&commit.checkpoint.progress]));
            let writes = std::mem::take(&mut noted.writes);
            noted.commits.push(stored + writes);
        }
        self.store.commit(lease, commit).await
    }

    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
        let stored = bytes(writes.writes.iter().map(|write| &write.value));
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).writes += stored;
        self.store.put_writes(lease, writes).await
    }

    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError> {
        self.store.list(thread, filter).await
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.store.acquire(request).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.store.renew(lease, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.store.release(lease).await
    }

    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
        self.store.delete_thread(thread).await
    }

    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
        self.store.delete_run(thread, run).await
    }

    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
        self.store.copy_thread(from, to).await
    }

    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError> {
        self.store.prune(thread, retention).await
    }
}

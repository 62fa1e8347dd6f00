//! How many commits a second reach the disk, by one writer and by many at once:
//! `cargo run --release -p moss-store --example throughput [folder]`.

#![allow(clippy::print_stdout, reason = "an example that prints figures")]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moss_graph::checkpoint::{
    Blob, ChannelChange, ChannelName, Checkpoint, CheckpointId, CheckpointSource, CheckpointStore,
    Commit, JsonObject, LeaseRequest, MemoryStore, Namespace, StoreError, Timestamp,
};
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};
use rustix::time::{ClockId, clock_gettime};

const TIME: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = match std::env::args().nth(1) {
        Some(folder) => tempfile::tempdir_in(PathBuf::from(folder))?,
        None => tempfile::tempdir()?,
    };
    println!("commits of one message of 2 KB, for {} s each", TIME.as_secs());
    for (name, durability) in
        [("full", SqliteDurability::PowerLoss), ("normal", SqliteDurability::ProcessCrash)]
    {
        for writers in [1, 10, 100, 1_000] {
            let path = folder.path().join(format!("{name}-{writers}.db"));
            let options = SqliteOptions { durability, ..SqliteOptions::default() };
            let store = Arc::new(SqliteStore::open(path, options).await?);
            let commits = measure(Arc::clone(&store) as _, writers).await?;
            println!("SQLite {name:<6} {writers:>5} writers {commits}");
        }
    }
    for writers in [1, 100] {
        let commits = measure(Arc::new(MemoryStore::new()), writers).await?;
        println!("memory        {writers:>5} writers {commits}");
    }
    Ok(())
}

async fn measure(
    store: Arc<dyn CheckpointStore>,
    writers: usize,
) -> Result<String, Box<dyn Error>> {
    let cpu = cpu_time();
    let begun = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| tokio::spawn(write(Arc::clone(&store), writer, begun + TIME)))
        .collect();
    let mut commits = 0;
    for task in tasks {
        commits += task.await??;
    }
    let rate = f64::from(commits) / begun.elapsed().as_secs_f64();
    let cpu = (cpu_time() - cpu).as_secs_f64() * 1e6 / f64::from(commits);
    Ok(format!("{rate:>9.0} commits/s, {cpu:>6.1} µs of CPU each"))
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}

/// Commits to a thread of its own until the end, and says how often.
async fn write(
    store: Arc<dyn CheckpointStore>,
    writer: usize,
    end: Instant,
) -> Result<u32, StoreError> {
    let request = LeaseRequest::new(format!("thread-{writer}").into(), "example", 2 * TIME);
    let lease = store.acquire(&request).await?;
    let message = Blob::encode(&"message ".repeat(256))?;
    let progress = Blob::encode(&["next"])?;
    let (mut head, mut commits) = (None, 0);
    while Instant::now() < end {
        let now = Timestamp::now();
        let checkpoint = Checkpoint {
            id: CheckpointId::next(head, now),
            parent: head,
            superstep: commits.into(),
            source: CheckpointSource::Loop,
            created_at: now,
            run: None,
            metadata: JsonObject::new(),
            progress: progress.clone(),
        };
        let id = checkpoint.id;
        let commit = Commit::new(Namespace::root(), head, checkpoint)
            .change(ChannelName::from("messages"), ChannelChange::Append(vec![message.clone()]));
        store.commit(&lease, commit.into()).await?;
        head = Some(id);
        commits += 1;
    }
    Ok(commits)
}

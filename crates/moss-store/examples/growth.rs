//! How a conversation grows on disk, and how long its last state takes to load:
//! `cargo run --release -p moss-store --example growth [turns] [bytes a turn]`.

#![allow(clippy::print_stdout, reason = "an example that prints figures")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use moss_graph::RunId;
use moss_graph::checkpoint::{
    Blob, ChannelChange, ChannelName, Checkpoint, CheckpointId, CheckpointQuery, CheckpointSource,
    CheckpointStore, Commit, Lease, LeaseRequest, Namespace, PendingWrite, PendingWrites,
    StoreError, TaskKey, Timestamp, WriteKind,
};
use moss_store::{SqliteOptions, SqliteStore};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let turns = arguments.next().map_or(Ok(1_000), |turns| turns.parse())?;
    let bytes = arguments.next().map_or(Ok(2_048), |bytes| bytes.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("checkpoints.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await?;
    let lease = LeaseRequest::new("conversation".into(), "example", Duration::from_secs(3_600));
    let lease = store.acquire(&lease).await?;

    let mut written = Written { head: None, messages: 0, checkpoints: 0 };
    let begun = Instant::now();
    for turn in 0..turns {
        written.turn(&store, &lease, turn, bytes).await?;
    }
    let took = begun.elapsed();
    let open = size(folder.path())?;
    store.close().await;
    let closed = size(folder.path())?;

    let store = SqliteStore::open(&path, SqliteOptions::default()).await?;
    let query = CheckpointQuery::latest("conversation".into(), Namespace::root());
    let mut loads = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let loaded = store.load(&query).await?.ok_or("the conversation is there")?;
        loads.push(begun.elapsed());
        drop(loaded);
    }
    let first = loads[0];
    loads.sort();
    let messages = written.messages as f64;
    println!(
        "{turns} turns, {} checkpoints, {} ms each",
        written.checkpoints,
        millis(took / written.checkpoints)
    );
    println!("messages        {:>10} bytes", written.messages);
    println!("on disk, open   {open:>10} bytes, {:.2} times the messages", open as f64 / messages);
    println!(
        "on disk, closed {closed:>10} bytes, {:.2} times the messages",
        closed as f64 / messages
    );
    println!(
        "last state      {} ms at first, {} ms in the middle of 20",
        millis(first),
        millis(loads[10])
    );
    store.close().await;
    Ok(())
}

/// What has been written so far.
struct Written {
    head: Option<CheckpointId>,
    messages: usize,
    checkpoints: u32,
}

impl Written {
    /// A question, and an answer whose bytes make up the turn: three supersteps, as an agent takes them.
    async fn turn(
        &mut self,
        store: &SqliteStore,
        lease: &Lease,
        turn: usize,
        bytes: usize,
    ) -> Result<(), Box<dyn Error>> {
        let question =
            message("human", turn, "What is the weather like in Lisbon, and will it last?");
        let empty = message("ai", turn, "").to_string().len();
        let left = bytes.saturating_sub(question.to_string().len() + empty);
        let words = "The answer to that goes on for a while. ".repeat(left / 40 + 1);
        let answer = message("ai", turn, &words[..left]);
        let input = [("messages", append(&question)?)];
        self.commit(store, lease, turn, CheckpointSource::Input, &["llm"], &input).await?;
        self.finish(store, lease, "llm", &answer).await?;
        let update =
            [("messages", append(&answer)?), ("turns", ChannelChange::Set(Blob::encode(&turn)?))];
        self.commit(store, lease, turn, CheckpointSource::Loop, &["done"], &update).await?;
        self.finish(store, lease, "done", &Value::Null).await?;
        self.commit(store, lease, turn, CheckpointSource::Loop, &[], &[]).await?;
        self.messages += question.to_string().len() + answer.to_string().len();
        Ok(())
    }

    /// What a task has finished, before the superstep is committed.
    async fn finish(
        &self,
        store: &SqliteStore,
        lease: &Lease,
        node: &str,
        update: &Value,
    ) -> Result<(), Box<dyn Error>> {
        let checkpoint = self.head.ok_or("there is a checkpoint")?;
        let write = PendingWrite {
            task: TaskKey::from(format!("{checkpoint}:{node}")),
            kind: WriteKind::Update,
            index: 0,
            value: Blob::encode(update)?,
        };
        let writes =
            PendingWrites { namespace: Namespace::root(), checkpoint, writes: vec![write] };
        Ok(store.put_writes(lease, writes).await?)
    }

    async fn commit(
        &mut self,
        store: &SqliteStore,
        lease: &Lease,
        turn: usize,
        source: CheckpointSource,
        next: &[&str],
        changes: &[(&str, ChannelChange)],
    ) -> Result<(), Box<dyn Error>> {
        let now = Timestamp::now();
        let superstep = i64::from(self.checkpoints) - 1;
        let metadata = json!({"user": "6634f2a1", "agent": "agent_Xk2", "turn": turn});
        let checkpoint = Checkpoint {
            id: CheckpointId::next(self.head, now),
            parent: self.head,
            superstep,
            source,
            created_at: now,
            run: Some(RunId::new(format!("b2c1a7d0-5f0e-4f8e-9a53-{turn:012}"))?),
            metadata: metadata.as_object().cloned().unwrap_or_default(),
            progress: Blob::encode(
                &json!({"graph": "9f8a11c2", "superstep": superstep, "next": next}),
            )?,
        };
        let mut commit = Commit::new(Namespace::root(), self.head, checkpoint);
        for (channel, change) in changes {
            commit = commit.change(ChannelName::from(*channel), change.clone());
        }
        self.head = Some(commit.checkpoint.id);
        self.checkpoints += 1;
        Ok(store.commit(lease, commit.into()).await?)
    }
}

fn message(role: &str, turn: usize, text: &str) -> Value {
    json!({"id": format!("msg_{turn:021}"), "role": role, "content": text})
}

fn append(message: &Value) -> Result<ChannelChange, StoreError> {
    Ok(ChannelChange::Append(vec![Blob::encode(message)?]))
}

fn size(folder: &Path) -> Result<u64, std::io::Error> {
    let mut bytes = 0;
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        // The index of the write-ahead log is shared memory, and gone with the process.
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            bytes += file.metadata()?.len();
        }
    }
    Ok(bytes)
}

fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1_000.0)
}

//! Files as each version wrote them.

use std::path::Path;

use moss_graph::RunId;
use moss_graph::checkpoint::{
    CheckpointQuery, CheckpointStore, LeaseRequest, PendingWrite, StoredCheckpoint, WriteKind,
};
use moss_store::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::support::{Conversation, MINUTE, append, log, rewrite, set, state, value, write};

/// Where the file of a version is kept.
fn kept(version: u32) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/data/v{version}.db"))
}

#[tokio::test]
async fn the_file_of_version_1_is_read_and_goes_on() {
    is_read_and_goes_on(1).await;
}

#[tokio::test]
async fn the_file_of_version_2_is_read_and_goes_on() {
    is_read_and_goes_on(2).await;
}

#[tokio::test]
async fn the_file_of_version_3_is_read_and_goes_on() {
    is_read_and_goes_on(3).await;
}

#[tokio::test]
async fn the_file_of_version_4_is_read_and_goes_on() {
    is_read_and_goes_on(4).await;
}

#[tokio::test]
async fn the_file_of_version_5_is_read_and_goes_on() {
    is_read_and_goes_on(5).await;
}

#[tokio::test]
async fn the_file_of_version_6_is_read_and_goes_on() {
    is_read_and_goes_on(6).await;
}

/// What a process of version 5 does when 512 commits have no place.
const PLACE_IN_VERSION_5: &str = "
    INSERT INTO places SELECT namespace, id, key FROM commits;
    INSERT INTO changes (branch, channel, seq, kind, log, length, format, sum, value)
        SELECT branch, channel, seq, kind, log, length, value_format, change_sum, value
        FROM commits WHERE channel IS NOT NULL;
    UPDATE counters SET value = (SELECT max(key) FROM commits) WHERE name = 'placed'";

#[tokio::test]
async fn a_file_of_version_5_in_which_all_have_places_is_read_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("placed.db");
    std::fs::copy(kept(5), &path).unwrap();
    Connection::open(&path).unwrap().execute_batch(PLACE_IN_VERSION_5).unwrap();
    goes_on(&path).await;
}

async fn is_read_and_goes_on(version: u32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.db");
    std::fs::copy(kept(version), &path).unwrap();
    goes_on(&path).await;
}

async fn goes_on(path: &Path) {
    let store = SqliteStore::open(path, SqliteOptions::default()).await.unwrap();
    store.check().await.unwrap();

    let query = CheckpointQuery::latest("conversation".into(), "".into());
    let StoredCheckpoint { checkpoint, channels, writes, head } =
        store.load(&query).await.unwrap().unwrap();
    let expected = state(&[
        ("messages", log(&["Weather?", "It is sunny.", "And tomorrow?"])),
        ("turns", value(&1)),
    ]);
    assert_eq!(channels, expected);
    assert_eq!(writes, pending());
    assert_eq!((checkpoint.id, checkpoint.superstep), (head, 3));
    assert_eq!(checkpoint.run, Some(RunId::new("run-1").unwrap()));
    assert_eq!(checkpoint.metadata["superstep"], 3);
    let progress: serde_json::Value = checkpoint.progress.decode().unwrap();
    assert_eq!(progress["next"][0], "node");
    let query = CheckpointQuery::latest("conversation".into(), "call:1".into());
    let child = store.load(&query).await.unwrap().unwrap();
    assert_eq!(child.channels, state(&[("draft", value("one"))]));

    let lease = LeaseRequest::new("conversation".into(), "test", MINUTE);
    let lease = store.acquire(&lease).await.unwrap();
    let mut conversation = Conversation {
        store: &store,
        lease,
        namespace: "".into(),
        run: None,
        head: Some(head),
        superstep: 4,
    };
    let next = conversation.commit(&[("messages", append(&["Rain."]))]).await;
    let expected = state(&[
        ("messages", log(&["Weather?", "It is sunny.", "And tomorrow?", "Rain."])),
        ("turns", value(&1)),
    ]);
    assert_eq!(conversation.state_at(next).await, expected);
    store.check().await.unwrap();
}

/// What a file of version 1 holds where a channel became something large.
const LARGE_IN_VERSION_1: &str = "
    CREATE TABLE changes_v1 (
        branch INTEGER NOT NULL, channel TEXT NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
        log INTEGER, length INTEGER, format INTEGER, value BLOB, sum INTEGER NOT NULL) STRICT;
    INSERT INTO changes_v1 SELECT branch, channel, seq, kind, log, length, format,
        coalesce(value, (SELECT value FROM large_values WHERE key = large)), sum FROM loose_changes
        UNION ALL SELECT branch, channel, seq, kind, log, length, value_format, value, change_sum
        FROM commits WHERE channel IS NOT NULL;
    DROP VIEW found_commits;
    DROP TABLE loose_changes;
    DROP TABLE change_stretches;
    DROP TABLE large_values;
    ALTER TABLE changes_v1 RENAME TO changes;
    CREATE UNIQUE INDEX changes_by_place ON changes (branch, channel, seq);
    CREATE INDEX logs_of_namespace ON logs (namespace);
    DROP VIEW root_namespaces;
    DROP TABLE stretches;
    DELETE FROM counters WHERE name IN ('placed', 'log');
    CREATE TABLE checkpoints_v1 AS SELECT namespace, id, branch, seq, parent, superstep, source, created_at, run,
        metadata, format, progress, digest, sum FROM commits WHERE id IS NOT NULL;
    DROP TABLE commits;
    ALTER TABLE checkpoints_v1 RENAME TO checkpoints;
    PRAGMA user_version = 1";

#[tokio::test]
async fn large_values_of_version_1_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    let large = "x".repeat(5_000);
    let mut conversation = Conversation::begin(&store, "large").await;
    let first = conversation.commit(&[("a", set(&large)), ("b", set(&1))]).await;
    conversation.commit(&[("a", set("small")), ("b", set(&large))]).await;
    let thread = conversation.thread().clone();
    store.close().await;
    Connection::open(&path).unwrap().execute_batch(LARGE_IN_VERSION_1).unwrap();

    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    store.check().await.unwrap();
    let expected = state(&[("a", value("small")), ("b", value(&large))]);
    let conversation = Conversation::on(&store, thread).await;
    assert_eq!(conversation.latest().await.unwrap().channels, expected);
    let expected = state(&[("a", value(&large)), ("b", value(&1))]);
    assert_eq!(conversation.state_at(first).await, expected);
}

fn pending() -> [PendingWrite; 2] {
    [write("task", WriteKind::Update, 0, "done"), write("task", WriteKind::Error, 0, "failed")]
}

/// Writes the file of this version; run it once, when there is a new one.
#[tokio::test]
#[ignore = "writes a file that is kept"]
async fn write_the_file_of_this_version() {
    let path = kept(6);
    assert!(!path.exists(), "the file of a version does not change");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    let mut conversation = Conversation::on(&store, "conversation".into()).await;
    conversation.run = Some(RunId::new("run-1").unwrap());
    let mut child = conversation.within("call:1");
    child.commit(&[("draft", set("one"))]).await;
    let root = conversation.commit(&[("messages", append(&["Weather?", "It rains."]))]).await;
    conversation.commit(&[("turns", set(&7)), ("messages", append(&["astray"]))]).await;
    conversation.fork(Some(root), &[("messages", rewrite(1, &["It is sunny."]))]).await;
    conversation.commit(&[("turns", set(&1))]).await;
    // So that those before have places, and the next one has none.
    let mut gone = Conversation::on(&store, "gone".into()).await;
    gone.commit(&[("turns", set(&2))]).await;
    store.delete_thread(gone.thread()).await.unwrap();
    conversation.commit(&[("messages", append(&["And tomorrow?"]))]).await;
    conversation.put_writes(&pending()).await.unwrap();
    store.release(&conversation.lease).await.unwrap();
    store.close().await;
}

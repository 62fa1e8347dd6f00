//! Files that are damaged: what is loaded is right, or an error.

use std::path::Path;

use moss_graph::checkpoint::{
    CheckpointId, CheckpointQuery, CheckpointStore, StoreError, StoredCheckpoint, ThreadId,
    WriteKind,
};
use moss_store::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::random::Random;
use crate::support::{Conversation, append, rewrite, set, write};

/// A page of the file.
const PAGE_BYTES: usize = 2048;

/// What is in the whole file: the checkpoints of a thread.
struct Content {
    thread: ThreadId,
    checkpoints: Vec<(CheckpointId, StoredCheckpoint)>,
}

async fn content(path: &Path) -> Content {
    let store = SqliteStore::open(path, SqliteOptions::default()).await.unwrap();
    let mut conversation = Conversation::begin(&store, "damage").await;
    let root = conversation.commit(&[("log", append(&["first"])), ("n", set(&0))]).await;
    for number in 1..40 {
        let text = format!("message {number} ").repeat(20);
        conversation.commit(&[("log", append(&[&text])), ("n", set(&number))]).await;
    }
    conversation.commit(&[("log", rewrite(20, &["edited", "and", "more"]))]).await;
    conversation
        .fork(Some(root), &[("log", append(&["fork"])), ("large", set(&"x".repeat(20_000)))])
        .await;
    conversation.put_writes(&[write("task", WriteKind::Journal, 0, "pending")]).await.unwrap();
    let mut checkpoints = Vec::new();
    for id in conversation.ids().await {
        checkpoints.push((id, conversation.at(id).await.unwrap()));
    }
    let thread = conversation.thread().clone();
    store.close().await;
    Content { thread, checkpoints }
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Right,
    Refused,
    /// Something was wrong, and the check of the file says so.
    Noticed,
}

/// Opens the file and loads all there should be.
async fn outcome(path: &Path, content: &Content) -> Outcome {
    let store = match SqliteStore::open(path, SqliteOptions::default()).await {
        Ok(store) => store,
        Err(error) => {
            assert_damaged(&error);
            return Outcome::Refused;
        }
    };
    let check = store.check().await;
    let mut outcome = Outcome::Right;
    for (id, expected) in &content.checkpoints {
        let query = CheckpointQuery::at(content.thread.clone(), "".into(), *id);
        match store.load(&query).await {
            Ok(Some(loaded)) if loaded == *expected => {}
            Ok(loaded) => {
                assert!(
                    check.is_err(),
                    "silently wrong at {id}: {loaded:?}, expected {expected:?}"
                );
                outcome = Outcome::Noticed;
            }
            Err(error) => {
                assert_damaged(&error);
                outcome = Outcome::Refused;
                break;
            }
        }
    }
    store.close().await;
    outcome
}

fn assert_damaged(error: &StoreError) {
    assert!(
        matches!(
            error,
            StoreError::Corrupt { .. }
                | StoreError::Foreign { .. }
                | StoreError::TooNew { .. }
                | StoreError::Value(_)
                | StoreError::Io { .. }
                | StoreError::ReadOnly { .. }
                | StoreError::Unavailable { .. }
                | StoreError::Full { .. }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn flipped_bits_are_noticed_or_harmless() {
    let flips = std::env::var("MOSS_BIT_FLIPS").map_or(150, |flips| flips.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.db");
    let content = content(&path).await;
    let whole = std::fs::read(&path).unwrap();
    let mut random = Random::seeded();
    let mut outcomes = [0; 3];
    for flip in 0..flips {
        let mut bytes = whole.clone();
        let bit = random.next() as usize % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let path = folder.path().join(format!("flip-{flip}.db"));
        std::fs::write(&path, bytes).unwrap();
        let outcome = outcome(&path, &content).await;
        outcomes[outcome as usize] += 1;
        std::fs::remove_file(&path).unwrap();
    }
    let [right, refused, noticed] = outcomes;
    eprintln!(
        "{flips} flips in {} bytes: {right} harmless, {refused} refused, {noticed} found by the check",
        whole.len()
    );
    assert!(right > 0 && refused > 0);
}

#[tokio::test]
async fn a_cut_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.db");
    let content = content(&path).await;
    let whole = std::fs::read(&path).unwrap();
    for part in 1..16 {
        let path = folder.path().join(format!("cut-{part}.db"));
        std::fs::write(&path, &whole[..whole.len() * part / 16]).unwrap();
        assert_ne!(
            outcome(&path, &content).await,
            Outcome::Right,
            "{part} sixteenths are not whole"
        );
        let path = folder.path().join(format!("zeros-{part}.db"));
        let mut bytes = whole.clone();
        let page = bytes.len() / PAGE_BYTES * part / 16;
        bytes[page * PAGE_BYTES..(page + 1) * PAGE_BYTES].fill(0);
        std::fs::write(&path, bytes).unwrap();
        outcome(&path, &content).await;
    }
}

#[tokio::test]
async fn a_compressed_value_that_claims_too_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    let mut conversation = Conversation::begin(&store, "bomb").await;
    conversation.commit(&[("a", set(&"word ".repeat(1_000)))]).await;
    let thread = conversation.thread().clone();
    store.close().await;
    let claims = [&u32::MAX.to_le_bytes()[..], &[0; 3], &0_u32.to_le_bytes()[..]];
    for claim in claims {
        let value = [claim, &[0x1f, b'x', 0, 0, 255, 255, 255, 255]].concat();
        let connection = Connection::open(&path).unwrap();
        let sql = "UPDATE commits SET value = ?1 WHERE value_format > 131072";
        assert_eq!(connection.execute(sql, [value]).unwrap(), 1, "the value is compressed");
        drop(connection);
        let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
        let query = CheckpointQuery::latest(thread.clone(), "".into());
        let error = store.load(&query).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(matches!(store.check().await, Err(StoreError::Corrupt { .. })));
        store.close().await;
    }
}

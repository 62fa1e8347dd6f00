//! Opening and closing files, ours and others.

use std::path::Path;
use std::time::Duration;

use moss_graph::checkpoint::{CheckpointStore, LeaseRequest, StoreError, StoreErrorCode};
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::random::Random;
use crate::support::{Conversation, MINUTE, append, log, set, state};

async fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    let busy_timeout = Duration::from_millis(50);
    SqliteStore::open(path, SqliteOptions { busy_timeout, ..SqliteOptions::default() }).await
}

#[tokio::test]
async fn what_was_committed_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path).await.unwrap();
    let mut conversation = Conversation::begin(&store, "again").await;
    conversation.commit(&[("log", append(&["a"]))]).await;
    let (lease, head) = (conversation.lease.clone(), conversation.head);
    store.close().await;
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files, [path.as_path()], "a closed store is one file");

    // Dropped instead of closed; the lease outlives it.
    let store = open(&path).await.unwrap();
    let mut conversation =
        Conversation { store: &store, lease, namespace: "".into(), run: None, head, superstep: 0 };
    conversation.commit(&[("log", append(&["b"]))]).await;
    let (lease, head) = (conversation.lease.clone(), conversation.head);
    drop(store);
    let store = open(&path).await.unwrap();
    let conversation =
        Conversation { store: &store, lease, namespace: "".into(), run: None, head, superstep: 0 };
    assert_eq!(conversation.latest().await.unwrap().channels, state(&[("log", log(&["a", "b"]))]));
    store.check().await.unwrap();
}

#[tokio::test]
async fn the_files_of_other_programs_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("another.db");
    Connection::open(&database).unwrap().execute_batch("CREATE TABLE threads (id TEXT)").unwrap();
    let named = folder.path().join("named.db");
    let sql = "PRAGMA application_id = 7; CREATE TABLE threads (id TEXT)";
    Connection::open(&named).unwrap().execute_batch(sql).unwrap();
    let text = folder.path().join("text.txt");
    std::fs::write(&text, "Not a database, but somebody's own words. ".repeat(500)).unwrap();
    for path in [database, named, text] {
        let before = std::fs::read(&path).unwrap();
        let error = open(&path).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Foreign { place } if *place == path.display().to_string())
        );
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.db");
    open(&path).await.unwrap().close().await;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 7, supported: 6, .. }), "{error}");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 0).unwrap();
    let error = open(&path).await.unwrap_err();
    assert_eq!(error.code(), StoreErrorCode::StoreCorrupt);
}

#[tokio::test]
async fn a_file_that_a_newer_version_has_opened_is_not_written_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.db");
    for durability in [SqliteDurability::PowerLoss, SqliteDurability::ProcessCrash] {
        let options = SqliteOptions { durability, ..SqliteOptions::default() };
        let store = SqliteStore::open(&path, options).await.unwrap();
        let mut conversation = Conversation::begin(&store, &format!("{durability:?}")).await;
        let head = conversation.commit(&[("n", set(&1))]).await;
        let other = Connection::open(&path).unwrap();
        other.pragma_update(None, "user_version", 7).unwrap();
        for _ in 0..2 {
            let commit = conversation.prepare(Some(head), &[("n", set(&2))]);
            let error = conversation.send(commit).await.unwrap_err();
            assert!(matches!(error, StoreError::TooNew { found: 7, supported: 6, .. }), "{error}");
        }
        other.pragma_update(None, "user_version", 6).unwrap();
        conversation.commit(&[("n", set(&3))]).await;
        store.close().await;
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(&folder.path().join("no/such/folder.db")).await.unwrap_err();
    assert_eq!(error.code(), StoreErrorCode::StoreUnavailable);
    assert_eq!(
        error.to_string(),
        "the checkpoint store cannot be reached for opening the database file. Check that it runs and how it is \
         addressed"
    );
}

#[tokio::test]
async fn a_file_that_another_program_writes_to_is_busy_and_then_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("busy.db");
    let store = open(&path).await.unwrap();
    let mut conversation = Conversation::begin(&store, "busy").await;
    let first = conversation.commit(&[("log", append(&["a"]))]).await;
    let another = Connection::open(&path).unwrap();
    another.execute_batch("BEGIN IMMEDIATE").unwrap();
    let commit = conversation.prepare(Some(first), &[("log", append(&["b"]))]);
    let error = conversation.send(commit.clone()).await.unwrap_err();
    assert_eq!((error.code(), error.may_pass()), (StoreErrorCode::StoreBusy, true));
    assert!(std::error::Error::source(&error).is_some());
    // Reading goes on meanwhile.
    assert_eq!(conversation.latest().await.unwrap().channels, state(&[("log", log(&["a"]))]));
    another.execute_batch("ROLLBACK").unwrap();
    conversation.send(commit).await.unwrap();
    assert_eq!(conversation.latest().await.unwrap().channels, state(&[("log", log(&["a", "b"]))]));
}

#[tokio::test]
async fn two_stores_on_one_file_fence_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let (one, two) = (open(&path).await.unwrap(), open(&path).await.unwrap());
    let mut first = Conversation::begin(&one, "shared").await;
    first.commit(&[("log", append(&["one"]))]).await;
    let request = LeaseRequest::new(first.thread().clone(), "two", MINUTE);
    let held = two.acquire(&request).await.unwrap_err();
    assert_eq!(held.code(), StoreErrorCode::LeaseHeld);
    let lease = two.acquire(&request.take_over()).await.unwrap();
    let mut second = Conversation { store: &two, lease, ..first.within("") };
    second.head = first.head;
    second.commit(&[("log", append(&["two"]))]).await;
    let late = first.prepare(first.head, &[]);
    assert_eq!(first.send(late).await.unwrap_err().code(), StoreErrorCode::Fenced);
    assert_eq!(first.latest().await.unwrap().channels, state(&[("log", log(&["one", "two"]))]));
}

#[tokio::test]
async fn deleted_space_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("space.db");
    let store = open(&path).await.unwrap();
    let mut conversation = Conversation::begin(&store, "space").await;
    // Of other letters everywhere, so that it takes as much in the file.
    let large = Random::seeded().text(1_000_000);
    conversation.commit(&[("log", append(&[&large, &large, &large]))]).await;
    let id = conversation.thread().clone();
    store.close().await;
    assert!(std::fs::metadata(&path).unwrap().len() > 3_000_000);
    let store = open(&path).await.unwrap();
    store.delete_thread(&id).await.unwrap();
    store.close().await;
    let left = std::fs::metadata(&path).unwrap().len();
    assert!(left < 300_000, "{left} bytes are left of a file with nothing in it");
}

//! The thread that writes for all.

use std::num::NonZeroUsize;
use std::time::Duration;

use futures::FutureExt;
use moss_graph::checkpoint::{CheckpointStore, StoreErrorCode, Timestamp};
use moss_store::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::support::{Conversation, append, log, state};

/// Holds the file for as long as it lives, so that calls queue up.
struct Hold(Connection);

impl Hold {
    fn new(path: &std::path::Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self(connection)
    }
}

#[tokio::test]
async fn calls_that_queued_up_share_a_transaction_and_a_bad_one_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    let mut conversations = Vec::new();
    for number in 0..30 {
        let mut conversation = Conversation::begin(&store, &format!("group-{number}")).await;
        conversation.commit(&[("log", append(&["first"]))]).await;
        conversations.push(conversation);
    }
    let hold = Hold::new(&path);
    let commits: Vec<_> = conversations
        .iter()
        .enumerate()
        .map(|(number, conversation)| {
            let mut commit =
                conversation.prepare(conversation.head, &[("log", append(&["second"]))]);
            if number % 3 == 0 {
                commit.expected_head = None;
            }
            store.commit(&conversation.lease, commit)
        })
        .collect();
    let mut all = std::pin::pin!(futures::future::join_all(commits));
    assert!((&mut all).now_or_never().is_none(), "nobody is answered before the file is free");
    drop(hold.0);
    for (number, result) in all.await.into_iter().enumerate() {
        let code = result.map_err(|error| error.code());
        let expected = if number % 3 == 0 { Err(StoreErrorCode::HeadMoved) } else { Ok(()) };
        assert_eq!(code, expected, "{number}");
    }
    for (number, conversation) in conversations.iter().enumerate() {
        let items: &[&str] = if number % 3 == 0 { &["first"] } else { &["first", "second"] };
        assert_eq!(conversation.latest().await.unwrap().channels, state(&[("log", log(items))]));
    }
}

#[tokio::test]
async fn the_queue_is_bounded_and_who_goes_away_leaves_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let queue = NonZeroUsize::new(2).unwrap();
    let store = SqliteStore::open(&path, SqliteOptions { queue, ..SqliteOptions::default() })
        .await
        .unwrap();
    let mut conversation = Conversation::begin(&store, "queue").await;
    let head = conversation.commit(&[]).await;
    let hold = Hold::new(&path);
    {
        let waiting: Vec<_> =
            (0..5).map(|_| store.renew(&conversation.lease, Duration::from_secs(90))).collect();
        assert!(futures::future::join_all(waiting).now_or_never().is_none());
        // All five are dropped here: two in the queue, three before it.
    }
    drop(hold.0);
    conversation.commit(&[("log", append(&["a"]))]).await;
    assert_ne!(conversation.head, Some(head));
    // Those in the queue happened all the same, which nobody heard of.
    let renewed = store.renew(&conversation.lease, Duration::from_secs(1)).await.unwrap();
    assert!(renewed.expires_at < Timestamp::now().after(Duration::from_secs(60)));
}

#[test]
fn a_store_may_be_dropped_outside_a_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let open = SqliteStore::open(folder.path().join("drop.db"), SqliteOptions::default());
    let store = runtime.block_on(open).unwrap();
    drop(runtime);
    drop(store);
}

//! Who writes: the thread that does for all, and those who do where they call.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use futures::FutureExt;
use moss_graph::checkpoint::{CheckpointStore, StoreErrorCode, Timestamp};
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::random::Random;
use crate::support::{Conversation, MINUTE, append, log, set, state};

/// Holds the file for as long as it lives, so that calls queue up.
struct Hold(Connection);

impl Hold {
    fn new(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self(connection)
    }
}

async fn open(path: &Path, durability: SqliteDurability) -> SqliteStore {
    let options = SqliteOptions { durability, ..SqliteOptions::default() };
    SqliteStore::open(path, options).await.unwrap()
}

#[tokio::test]
async fn calls_that_queued_up_share_a_transaction_and_a_bad_one_harms_no_other() {
    queued_up(SqliteDurability::PowerLoss).await;
}

#[tokio::test]
async fn calls_that_need_not_wait_queue_up_while_another_process_writes() {
    queued_up(SqliteDurability::ProcessCrash).await;
}

async fn queued_up(durability: SqliteDurability) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.db");
    let store = open(&path, durability).await;
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
            store.commit(&conversation.lease, commit.into())
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

#[tokio::test]
async fn what_need_not_wait_for_the_disk_is_done_where_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("here.db"), SqliteDurability::ProcessCrash).await;
    let mut conversation = Conversation::begin(&store, "here").await;
    let commit = conversation.prepare(None, &[("log", append(&["a"]))]);
    let head = commit.checkpoint.id;
    let committed = store.commit(&conversation.lease, commit.into()).now_or_never();
    assert_eq!(committed.map(|result| result.map_err(|error| error.code())), Some(Ok(())));
    // Likewise when it fails, which leaves nothing behind that is in the way.
    conversation.head = Some(head);
    let mut commit = conversation.prepare(None, &[("log", append(&["b"]))]);
    commit.expected_head = None;
    let refused = store.commit(&conversation.lease, commit.into()).now_or_never().unwrap();
    assert_eq!(refused.unwrap_err().code(), StoreErrorCode::HeadMoved);
    assert_eq!(conversation.latest().await.unwrap().channels, state(&[("log", log(&["a"]))]));
}

#[tokio::test]
async fn calls_that_are_made_on_one_thread_at_a_time_share_a_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("share.db");
    let store = open(&path, SqliteDurability::ProcessCrash).await;
    let mut conversations = Vec::new();
    for number in 0..50 {
        conversations.push(Conversation::begin(&store, &format!("share-{number}")).await);
    }
    let watch = Connection::open(&path).unwrap();
    // It goes up by one with each transaction that another connection commits.
    let transactions =
        || watch.query_row("PRAGMA data_version", (), |row| row.get::<_, i64>(0)).unwrap();
    let before = transactions();
    let commits = conversations.iter().enumerate().map(|(number, conversation)| {
        let mut commit = conversation.prepare(None, &[("log", append(&["a"]))]);
        if number % 10 == 3 {
            commit.expected_head = Some(commit.checkpoint.id);
        }
        let (store, watch) = (&store, &transactions);
        async move {
            let result = store.commit(&conversation.lease, commit.into()).await;
            (result.map_err(|error| error.code()), watch())
        }
    });
    let answers = futures::future::join_all(commits).await;
    for (number, (result, seen)) in answers.into_iter().enumerate() {
        let expected = if number % 10 == 3 { Err(StoreErrorCode::HeadMoved) } else { Ok(()) };
        assert_eq!((result, seen), (expected, before + 1), "{number}");
    }
}

#[tokio::test]
async fn a_call_that_fails_in_a_shared_transaction_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fails.db");
    let store = open(&path, SqliteDurability::ProcessCrash).await;
    let mut conversations = Vec::new();
    for number in 0..5 {
        let mut conversation = Conversation::begin(&store, &format!("fails-{number}")).await;
        conversation.commit(&[("log", append(&["first"]))]).await;
        conversations.push(conversation);
    }
    // The checkpoint of the third is not what was written.
    let damage = "UPDATE commits SET digest = digest + 1 WHERE key = 3";
    assert_eq!(Connection::open(&path).unwrap().execute(damage, ()).unwrap(), 1);
    let commits = conversations.iter().map(|conversation| {
        let commit = conversation.prepare(conversation.head, &[("log", append(&["second"]))]);
        store.commit(&conversation.lease, commit.into())
    });
    let answers = futures::future::join_all(commits).await;
    let codes: Vec<_> =
        answers.into_iter().map(|answer| answer.map_err(|error| error.code())).collect();
    assert_eq!(codes, [Ok(()), Ok(()), Err(StoreErrorCode::StoreCorrupt), Ok(()), Ok(())]);
    for number in [0, 1, 3, 4] {
        let latest = conversations[number].latest().await.unwrap();
        assert_eq!(latest.channels, state(&[("log", log(&["first", "second"]))]), "{number}");
    }
}

#[tokio::test]
async fn a_call_that_is_made_and_given_up_is_done_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("gone.db"), SqliteDurability::ProcessCrash).await;
    let conversation = Conversation::begin(&store, "gone").await;
    let other = Conversation::begin(&store, "other").await;
    let commit = conversation.prepare(None, &[("log", append(&["a"]))]);
    {
        // Another has called last, so that it waits for more to share a transaction with.
        let mut call = std::pin::pin!(store.commit(&conversation.lease, commit.into()));
        assert!(futures::poll!(&mut call).is_pending());
    }
    assert_eq!(conversation.latest().await.unwrap().channels, state(&[("log", log(&["a"]))]));
    assert!(other.latest().await.is_none());
}

#[tokio::test]
async fn the_write_ahead_log_is_moved_to_the_file_though_the_thread_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = open(&path, SqliteDurability::ProcessCrash).await;
    let mut conversation = Conversation::begin(&store, "log").await;
    let mut random = Random::seeded();
    for _ in 0..100 {
        conversation.commit(&[("text", set(&random.text(200_000)))]).await;
    }
    // 20 MB of text are some 10 in the file.
    let log = std::fs::metadata(folder.path().join("log.db-wal")).unwrap().len();
    assert!(log < 9_000_000, "{log} bytes are in the log");
}

#[tokio::test]
async fn a_store_that_is_tidied_leaves_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidy.db");
    let store = SqliteStore::open(&path, SqliteOptions::default()).await.unwrap();
    let mut conversation = Conversation::begin(&store, "tidy").await;
    let text = Random::seeded().text(1_000_000);
    conversation.commit(&[("text", set(&text))]).await;
    let log = || std::fs::metadata(folder.path().join("tidy.db-wal")).unwrap().len();
    assert!(log() > 400_000);
    store.tidy();
    // What queues up behind it is small.
    store.renew(&conversation.lease, Duration::from_secs(90)).await.unwrap();
    assert!(log() < 50_000, "{} bytes are in the log", log());
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

#[tokio::test]
async fn who_writes_reads_on_and_stops_when_it_writes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("on.db");
    let store = open(&path, SqliteDurability::ProcessCrash).await;
    let mut conversation = Conversation::begin(&store, "on").await;
    let other = Connection::open(&path).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    // Whether something in the log cannot be moved to the file, since somebody reads what was before.
    let is_read = || {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        other.query_row(sql, (), |row| row.get::<_, bool>(0)).unwrap()
    };
    // On a machine that stands still for a second between the two, it has stopped already.
    let mut reads_on = false;
    for _ in 0..10 {
        conversation.commit(&[("log", append(&["a"]))]).await;
        conversation.commit(&[("log", append(&["b"]))]).await;
        reads_on |= is_read();
    }
    assert!(reads_on);
    // Another may write all the same, and is noticed.
    other.busy_timeout(Duration::from_secs(60)).unwrap();
    other.execute("UPDATE threads SET owner = 'another', epoch = epoch + 1000", ()).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    let commit = conversation.prepare(conversation.head, &[("log", append(&["c"]))]);
    let fenced = store.commit(&conversation.lease, commit.into()).await;
    assert_eq!(fenced.map_err(|error| error.code()), Err(StoreErrorCode::Fenced));
    let idle = async {
        while is_read() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), idle).await.expect("it stops reading");
}

#[tokio::test]
async fn who_tidies_does_not_keep_others_from_writing_while_it_waits_for_who_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reads.db");
    let options = SqliteOptions { busy_timeout: MINUTE, ..SqliteOptions::default() };
    let store = SqliteStore::open(&path, options).await.unwrap();
    let mut conversation = Conversation::begin(&store, "reads").await;
    conversation.commit(&[("log", append(&["a"]))]).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN").unwrap();
    other.query_row("SELECT count(*) FROM commits", (), |row| row.get::<_, i64>(0)).unwrap();
    let tidied = async {
        conversation.commit(&[("log", append(&["b"]))]).await;
        store.tidy();
        conversation.commit(&[("log", append(&["c"]))]).await;
    };
    tokio::time::timeout(MINUTE / 2, tidied).await.expect("nobody waits for who reads");
}

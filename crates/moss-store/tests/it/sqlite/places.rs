//! Places of checkpoints: most are given many at a time, and the newest checkpoints have none yet.

use std::num::NonZeroUsize;
use std::path::Path;

use moss_graph::checkpoint::{
    CheckpointId, CheckpointQuery, CheckpointStore, Retention, StoreErrorCode,
};
use moss_store::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::support::{Conversation, set, state, value};

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteOptions::default()).await.unwrap()
}

/// How many checkpoints there are, and how many of them have a place.
fn counts(path: &Path) -> (i64, i64) {
    let connection = Connection::open(path).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, (), |row| row.get(0)).unwrap()
    };
    (count("checkpoint_rows"), count("places"))
}

/// Commits in turns to some threads.
async fn commit(conversations: &mut [Conversation<'_>], ids: &mut [Vec<CheckpointId>], n: usize) {
    for number in 0..n {
        let at = number % conversations.len();
        ids[at].insert(0, conversations[at].commit(&[("n", set(&number))]).await);
    }
}

/// Each thread has exactly these checkpoints, the newest first, and each is found.
async fn are_found(
    store: &SqliteStore,
    conversations: &[Conversation<'_>],
    ids: &[Vec<CheckpointId>],
) {
    for (conversation, ids) in conversations.iter().zip(ids) {
        let conversation =
            Conversation { store, lease: conversation.lease.clone(), ..conversation.within("") };
        assert_eq!(conversation.ids().await, *ids);
        assert_eq!(conversation.latest().await.map(|latest| latest.head), ids.first().copied());
        for id in ids {
            let query = CheckpointQuery::at(conversation.thread().clone(), "".into(), *id);
            let found = store.load(&query).await.unwrap().unwrap();
            assert_eq!((found.checkpoint.id, Some(found.head)), (*id, ids.first().copied()));
        }
    }
}

#[tokio::test]
async fn checkpoints_are_found_with_a_place_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.db");
    let store = open(&path).await;
    let mut conversations = Vec::new();
    for name in ["a", "b", "c"] {
        conversations.push(Conversation::begin(&store, name).await);
    }
    let mut ids = vec![Vec::new(); 3];
    commit(&mut conversations, &mut ids, 150).await;
    assert_eq!(counts(&path), (150, 128), "64 are given places at a time");
    are_found(&store, &conversations, &ids).await;

    // What is deleted had a place or not; and who comes then gets a key that was there before.
    let retention = Retention::last(NonZeroUsize::new(10).unwrap());
    assert_eq!(store.prune(Some(conversations[0].thread()), &retention).await.unwrap(), 40);
    ids[0].truncate(10);
    store.delete_thread(conversations[2].thread()).await.unwrap();
    conversations.truncate(2);
    ids.truncate(2);
    assert_eq!(counts(&path), (60, 60));
    are_found(&store, &conversations, &ids).await;
    commit(&mut conversations, &mut ids, 63).await;
    assert_eq!(counts(&path), (123, 60));
    are_found(&store, &conversations, &ids).await;

    // Another process sees the same, and goes on with it.
    let other = open(&path).await;
    are_found(&other, &conversations, &ids).await;
    let mut conversations: Vec<_> = conversations
        .into_iter()
        .map(|conversation| Conversation { store: &other, ..conversation })
        .collect();
    commit(&mut conversations, &mut ids, 1).await;
    assert_eq!(counts(&path), (124, 124));
    are_found(&store, &conversations, &ids).await;
    store.check().await.unwrap();
}

#[tokio::test]
async fn places_that_are_wrong_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let wrongs = [
        "UPDATE counters SET value = value + 1 WHERE name = 'placed'",
        "UPDATE counters SET value = value - 1 WHERE name = 'placed'",
        "DELETE FROM places WHERE checkpoint = 7",
        "UPDATE places SET checkpoint = 8 WHERE checkpoint = 7",
        "DELETE FROM checkpoint_rows WHERE key = 7",
    ];
    for (number, wrong) in wrongs.into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        let store = open(&path).await;
        let mut conversation = Conversation::begin(&store, "wrong").await;
        for number in 0..70 {
            conversation.commit(&[("n", set(&number))]).await;
        }
        let latest = conversation.latest().await.unwrap();
        assert_eq!(latest.channels, state(&[("n", value(&69))]));
        store.check().await.unwrap();
        assert_eq!(Connection::open(&path).unwrap().execute(wrong, ()).unwrap(), 1, "{wrong}");
        let found = store.check().await.map_err(|error| error.code());
        assert_eq!(found, Err(StoreErrorCode::StoreCorrupt), "{wrong}");
    }
}

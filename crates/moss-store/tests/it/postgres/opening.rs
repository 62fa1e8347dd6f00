//! Opening a store on a server, and servers that are not as they should be.

use std::time::Duration;

use moss_graph::checkpoint::{StoreError, StoreErrorCode};
use moss_store::{PostgresOptions, PostgresStore};

use super::server::database;
use crate::support::{Conversation, append, log, state};

#[tokio::test]
async fn many_open_a_new_database_at_once() {
    let Some((_, url)) = database("at_once").await else { return };
    let opened = (0..5).map(|_| PostgresStore::connect(&url, PostgresOptions::default()));
    for store in futures::future::join_all(opened).await {
        Conversation::begin(&store.unwrap(), "t").await.commit(&[]).await;
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let Some((client, url)) = database("newer").await else { return };
    drop(PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap());
    client.execute("UPDATE moss.version SET version = 7", &[]).await.unwrap();
    let error = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 7, supported: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_schema_of_another_program_is_left_alone() {
    let Some((client, url)) = database("another").await else { return };
    client.batch_execute("CREATE SCHEMA moss; CREATE TABLE moss.threads (id int)").await.unwrap();
    let error = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), StoreErrorCode::StoreForeign);
    assert!(client.query("SELECT id FROM moss.threads", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_no_password_is_told() {
    for url in [
        "postgres://user:pass-word@127.0.0.1:1/db",
        "host=/nowhere password=pass-word",
        "pass-word://",
    ] {
        let error = PostgresStore::connect(url, PostgresOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), StoreErrorCode::StoreUnavailable, "{error:?}");
        let mut told = format!("{error} {error:?}");
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            told.push_str(&error.to_string());
            cause = error.source();
        }
        assert!(!told.contains("pass-word"), "{told}");
    }
}

#[tokio::test]
async fn a_damaged_row_is_noticed() {
    let Some((client, url)) = database("damaged").await else { return };
    let store = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    for damage in [
        "UPDATE moss.items SET value = '\"x\"'",
        "UPDATE moss.items SET place = place + 10",
        "DELETE FROM moss.items WHERE place = 0",
        "UPDATE moss.changes SET seq = seq + 1 WHERE seq = 1",
        "DELETE FROM moss.changes WHERE seq = 1",
        "UPDATE moss.checkpoints SET superstep = 9",
        "UPDATE moss.logs SET key = key + 100",
    ] {
        let mut conversation = Conversation::begin(&store, "damaged").await;
        conversation.commit(&[("log", append(&["a"]))]).await;
        conversation.commit(&[("log", append(&["b"]))]).await;
        let latest = conversation.latest().await.unwrap();
        assert_eq!(latest.channels, state(&[("log", log(&["a", "b"]))]));
        client.execute(damage, &[]).await.unwrap();
        let query = moss_graph::checkpoint::CheckpointQuery::latest(
            conversation.thread().clone(),
            conversation.namespace.clone(),
        );
        let loaded = moss_graph::checkpoint::CheckpointStore::load(&store, &query).await;
        let code = loaded.map_err(|error| error.code());
        assert_eq!(code, Err(StoreErrorCode::StoreCorrupt), "{damage}");
        moss_graph::checkpoint::CheckpointStore::delete_thread(&store, conversation.thread())
            .await
            .unwrap();
        client.execute("DELETE FROM moss.logs", &[]).await.unwrap();
        client.execute("DELETE FROM moss.items", &[]).await.unwrap();
    }
}

#[tokio::test]
async fn a_thread_that_another_transaction_holds_is_busy() {
    let Some((mut client, url)) = database("busy").await else { return };
    let busy_timeout = Duration::from_millis(50);
    let options = PostgresOptions { busy_timeout, ..PostgresOptions::default() };
    let store = PostgresStore::connect(&url, options).await.unwrap();
    let mut conversation = Conversation::begin(&store, "busy").await;
    conversation.commit(&[]).await;
    let holder = client.transaction().await.unwrap();
    holder.execute("SELECT FROM moss.threads FOR UPDATE", &[]).await.unwrap();
    let commit = conversation.prepare(conversation.head, &[]);
    let error = conversation.send(commit.clone()).await.unwrap_err();
    assert_eq!((error.code(), error.may_pass()), (StoreErrorCode::StoreBusy, true));
    holder.rollback().await.unwrap();
    conversation.send(commit).await.unwrap();
}

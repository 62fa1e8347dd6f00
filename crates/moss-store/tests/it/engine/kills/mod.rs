//! Processes that are killed in the midst of runs. What the engine has acknowledged is there, and is not done again.
//!
//! What is acknowledged depends on the run's durability. [`Sync`](Durability::Sync): a superstep when it is told to be
//! committed, and a task of several when it is told to be through. [`Async`](Durability::Async): what came before an
//! effect, when that gives its result; and all of a run, when it is done. In both: an effect, when it gives its result;
//! and what was found stored after a kill is stored for good, in order and without gaps.

mod journal;
mod order;
mod tally;
mod witness;
mod worker;

use std::process::Stdio;
use std::time::Duration;

use moss_graph::Durability;

use super::home::Home;
use crate::process::{self, Lifetime};
use crate::random::Random;
use witness::Witness;

/// From the start of the process to the end of about one order a clerk.
const LIFETIME: Lifetime = Lifetime { lines: 110, then: Duration::from_millis(8) };

/// Kills processes that deal with orders until there were so many kills, or `MOSS_KILLS`, and lets the last orders be
/// done.
async fn kill(home: &Home, durability: Durability, kills: usize) {
    let kills = std::env::var("MOSS_KILLS").map_or(kills, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut witness = Witness::new(durability, path.clone());
    let mut random = Random::seeded();
    for _ in 0..kills {
        let worker = worker::command(home, &path, durability, witness.next(), false);
        process::kill(worker, &mut random, LIFETIME);
        witness.tally.kills += 1;
        witness.look(home).await;
        witness.tally.assert_nothing_lost_or_repeated();
    }
    let before = witness.tally.done;
    let mut last = worker::command(home, &path, durability, witness.next(), true);
    assert!(last.stdout(Stdio::null()).status().unwrap().success());
    witness.look(home).await;
    witness.tally.assert_nothing_lost_or_repeated();
    assert_eq!(witness.tally.done, before + worker::CLERKS, "each order comes to its end");
    eprintln!("{durability:?}: {}", witness.tally);
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use moss_graph::Durability;
    use moss_store::SqliteDurability;

    use super::{Home, kill};

    async fn kill_in_a_file(file: SqliteDurability, durability: Durability, kills: usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("killed.db");
        kill(&Home::File(path.clone(), file), durability, kills).await;
        let store = moss_store::SqliteStore::open(path, Default::default()).await.unwrap();
        store.check().await.unwrap();
        store.close().await;
    }

    #[tokio::test]
    async fn runs_that_store_at_once_lose_and_repeat_no_superstep() {
        kill_in_a_file(SqliteDurability::PowerLoss, Durability::Sync, 25).await;
    }

    #[tokio::test]
    async fn runs_that_store_behind_keep_what_they_acknowledged() {
        kill_in_a_file(SqliteDurability::PowerLoss, Durability::Async, 10).await;
    }

    #[tokio::test]
    async fn runs_that_wait_for_no_disk_lose_and_repeat_no_superstep() {
        kill_in_a_file(SqliteDurability::ProcessCrash, Durability::Sync, 25).await;
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use moss_graph::Durability;

    use super::{Home, kill};
    use crate::postgres::server;

    /// The server itself goes on: what a killed client may lose does not depend on whether it waits for the disk.
    async fn kill_on_a_server(name: &str, durability: Durability, kills: usize) {
        let Some((_client, url)) = server::database(name).await else { return };
        kill(&Home::Server(url), durability, kills).await;
    }

    #[tokio::test]
    async fn runs_that_store_at_once_lose_and_repeat_no_superstep() {
        kill_on_a_server("killed_sync", Durability::Sync, 25).await;
    }

    #[tokio::test]
    async fn runs_that_store_behind_keep_what_they_acknowledged() {
        kill_on_a_server("killed_async", Durability::Async, 10).await;
    }
}

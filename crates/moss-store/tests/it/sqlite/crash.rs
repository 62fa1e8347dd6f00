//! Processes that are killed, and disks that fail: nothing that was acknowledged is lost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use moss_graph::checkpoint::LeaseRequest;
use moss_graph::checkpoint::{
    ChannelValue, CheckpointQuery, CheckpointStore, StoreError, ThreadId,
};
use moss_store::{SqliteOptions, SqliteStore};

use crate::process::{self, Lifetime, said, say};
use crate::random::Random;
use crate::support::{Conversation, MINUTE, append};

/// The file that the child writes to; unset in all other processes.
const FILE: &str = "MOSS_TEST_CRASH_FILE";
/// How many items the child appends to each thread before it ends.
const ITEMS: &str = "MOSS_TEST_CRASH_ITEMS";
const THREADS: usize = 3;

fn thread(number: usize) -> ThreadId {
    format!("thread-{number}").into()
}

/// Appends item after item, and writes a line for each that was acknowledged. What fails is told and tried again.
#[test]
#[ignore = "the child of the tests below"]
fn child() {
    let Ok(file) = std::env::var(FILE) else { return };
    let items = std::env::var(ITEMS).map_or(usize::MAX, |items| items.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        // Not tried again: a new thread would open the file, whose calls are counted anew, and fail for ever.
        let store = match SqliteStore::open(&file, SqliteOptions::default()).await {
            Ok(store) => store,
            Err(error) => return say(&format!("failed open {}", error.code())),
        };
        let writers = (0..THREADS).map(|number| write(&store, number, items));
        futures::future::join_all(writers).await;
        store.close().await;
        say("done");
    });
}

async fn write(store: &SqliteStore, number: usize, items: usize) {
    let request = LeaseRequest::new(thread(number), "child", MINUTE).take_over();
    let mut failures = 0;
    let mut fail = |what: &str, error: &StoreError| {
        assert!(error.may_pass() && failures < 20, "{what}: {error:?}");
        say(&format!("failed {what} {}", error.code()));
        failures += 1;
    };
    let lease = loop {
        match store.acquire(&request).await {
            Ok(lease) => break lease,
            Err(error) => fail("lease", &error),
        }
    };
    let mut conversation =
        Conversation { store, lease, namespace: "".into(), run: None, head: None, superstep: 0 };
    let mut next = 0;
    if let Some((head, length)) = loaded(store, number).await {
        (conversation.head, next) = (Some(head), length);
    }
    while next < items {
        let commit =
            conversation.prepare(conversation.head, &[("log", append(&[&next.to_string()]))]);
        while let Err(error) = conversation.send(commit.clone()).await {
            fail("commit", &error);
        }
        say(&format!("ack {number} {next}"));
        next += 1;
    }
}

type Head = (moss_graph::checkpoint::CheckpointId, usize);

/// The newest checkpoint of a thread and how many items its log has: those from 0 on, in their order.
async fn loaded(store: &SqliteStore, number: usize) -> Option<Head> {
    let query = CheckpointQuery::latest(thread(number), "".into());
    let stored = store.load(&query).await.unwrap()?;
    let Some(ChannelValue::Log(log)) = stored.channels.get("log") else { panic!("a log") };
    for (index, item) in log.iter().enumerate() {
        assert_eq!(item.decode::<String>().unwrap(), index.to_string());
    }
    Some((stored.head, log.len()))
}

fn child_command(file: &Path) -> Command {
    let mut command = process::child("sqlite::crash::child");
    command.env(FILE, file);
    command
}

/// The acknowledged items of each thread, and the failures, from what a child said.
#[derive(Debug, Default)]
struct Said {
    acknowledged: BTreeMap<usize, usize>,
    failures: Vec<String>,
    is_done: bool,
}

impl Said {
    fn hear(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["ack", thread, item] => {
                self.acknowledged.insert(thread.parse().unwrap(), item.parse().unwrap());
            }
            ["failed", ..] => self.failures.push(line.to_owned()),
            ["done"] => self.is_done = true,
            _ => panic!("{line}"),
        }
    }
}

/// Opens the file again: whatever was acknowledged is there.
async fn assert_nothing_lost(file: &Path, said: &Said, why: &str) {
    let store = SqliteStore::open(file, SqliteOptions::default()).await.unwrap();
    store.check().await.unwrap();
    for (number, item) in &said.acknowledged {
        let length = loaded(&store, *number).await.map_or(0, |(_, length)| length);
        assert!(
            length > *item,
            "{why}: thread {number} has {length} items, and {item} was acknowledged"
        );
    }
    store.close().await;
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_loses_nothing() {
    let kills = std::env::var("MOSS_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("killed.db");
    let mut random = Random::seeded();
    let mut said = Said::default();
    for kill in 0..kills {
        // The first kills come while the file is opened, the others while it is written to.
        let lifetime = Lifetime { lines: 40, then: Duration::from_millis(20) };
        let lines = process::kill(child_command(&file), &mut random, lifetime);
        lines.iter().for_each(|line| said.hear(line));
        assert_eq!(said.failures, [""; 0]);
        assert_nothing_lost(&file, &said, &format!("kill {kill}")).await;
    }
    eprintln!(
        "{kills} kills, {} commits acknowledged, 0 lost",
        said.acknowledged.values().map(|last| last + 1).sum::<usize>()
    );
}

/// The n-th call of a system call fails with an error, or kills the process.
struct Fault {
    call: &'static str,
    action: &'static str,
    every: usize,
}

// Which of the two calls makes sure of data is chosen when SQLite is built.
const FAULTS: [Fault; 9] = [
    Fault { call: "pwrite64", action: "error=EIO", every: 17 },
    Fault { call: "pwrite64", action: "error=ENOSPC", every: 17 },
    Fault { call: "pwrite64", action: "signal=KILL", every: 17 },
    Fault { call: "fdatasync", action: "error=EIO", every: 7 },
    Fault { call: "fdatasync", action: "signal=KILL", every: 7 },
    Fault { call: "fsync", action: "error=EIO", every: 7 },
    Fault { call: "fsync", action: "signal=KILL", every: 7 },
    Fault { call: "ftruncate", action: "error=EIO", every: 2 },
    Fault { call: "unlink", action: "error=EIO", every: 2 },
];

fn strace(file: &Path, options: &[String]) -> Option<Said> {
    let child = child_command(file);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq"]).args(options).arg(child.get_program()).args(child.get_args());
    traced.env(FILE, file).env(ITEMS, "4").stderr(Stdio::null());
    let output = traced.output().ok()?;
    let mut heard = Said::default();
    let output = String::from_utf8_lossy(&output.stdout);
    output.lines().filter_map(said).for_each(|line| heard.hear(line));
    Some(heard)
}

#[tokio::test]
async fn a_disk_that_fails_at_any_write_loses_nothing_and_works_again() {
    let is_every = std::env::var("MOSS_FAULTS").is_ok_and(|faults| faults == "all");
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let file = |name: &str| -> PathBuf { folder.path().join(name) };
    let (trace, output) =
        ("trace=pwrite64,fdatasync,fsync,ftruncate,unlink".to_owned(), log.display().to_string());
    let options = ["-e".to_owned(), trace, "-o".to_owned(), output];
    let Some(said) = strace(&file("none.db"), &options) else {
        eprintln!("skipped: no strace, which makes the disk fail");
        return;
    };
    assert!(said.is_done, "{said:?}");
    let calls = std::fs::read_to_string(&log).unwrap();
    assert!(calls.contains("sync("), "commits reach the disk");
    let (mut runs, mut failures, mut kills) = (0, 0, 0);
    for Fault { call, action, every } in FAULTS {
        let count = calls.matches(&format!("{call}(")).count();
        let step = if is_every { 1 } else { every };
        for when in (1..=count).step_by(step) {
            let path = file(&format!("{call}-{}-{when}.db", action.replace('=', "-")));
            let inject = format!("inject={call}:{action}:when={when}");
            let why = format!("{inject} of {count}");
            let options = ["-e".to_owned(), inject, "-o".to_owned(), "/dev/null".to_owned()];
            let said = strace(&path, &options).unwrap();
            let is_opened = !said.failures.iter().any(|failure| failure.starts_with("failed open"));
            // A call near the end need not be made: more commits share a transaction in one run than in another.
            let is_killed = action.contains("KILL") && !said.is_done;
            assert_eq!(said.is_done, is_opened && !is_killed, "{why}: {said:?}");
            kills += usize::from(is_killed);
            for failure in &said.failures {
                let is_typed = ["STORE_FULL", "STORE_IO", "STORE_UNAVAILABLE"];
                assert!(is_typed.iter().any(|code| failure.ends_with(code)), "{why}: {failure}");
            }
            if said.is_done {
                let all = (0..THREADS).map(|thread| (thread, 3)).collect();
                assert_eq!(said.acknowledged, all, "{why}: it works again");
            }
            assert_nothing_lost(&path, &said, &why).await;
            runs += 1;
            failures += said.failures.len();
        }
    }
    eprintln!("{runs} faults: {failures} calls failed, {kills} kills, 0 acknowledged commits lost");
    assert!(failures > 0 && kills > 0);
}

//! Retention, deleting and copying.

use std::num::NonZeroUsize;
use std::time::Duration;

use moss_graph::RunId;
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointId, CheckpointStore, LeaseRequest, Retention, StoreError,
    StoredCheckpoint, ThreadId, Timestamp, WriteKind,
};

use crate::support::{
    Conversation, MINUTE, append, log, rewrite, set, state, thread, value, write,
};

fn last(count: usize) -> Retention {
    Retention::last(NonZeroUsize::new(count).unwrap())
}

/// All checkpoints of a namespace with their states, the newest first.
async fn everything(conversation: &Conversation<'_>) -> Vec<StoredCheckpoint> {
    let mut all = Vec::new();
    for id in conversation.ids().await {
        all.push(conversation.at(id).await.unwrap());
    }
    all
}

pub async fn retention_keeps_the_newest_and_what_they_need(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "retention").await;
    let root =
        conversation.commit(&[("old", set("never written again")), ("log", append(&["0"]))]).await;
    for number in 1..10 {
        conversation.commit(&[("n", set(&number)), ("log", append(&[&number.to_string()]))]).await;
    }
    conversation.commit(&[("log", rewrite(4, &["edited"]))]).await;
    conversation.fork(Some(root), &[("log", append(&["fork"]))]).await;
    conversation.commit(&[("n", set("fork"))]).await;
    conversation.put_writes(&[write("task", WriteKind::Update, 0, "pending")]).await.unwrap();
    let before = everything(&conversation).await;
    assert_eq!(before.len(), 13);

    assert_eq!(store.prune(Some(conversation.thread()), &last(4)).await.unwrap(), 9);
    assert_eq!(everything(&conversation).await, before[..4]);
    assert_eq!(store.prune(Some(conversation.thread()), &last(4)).await.unwrap(), 0);
    assert_eq!(conversation.at(root).await, None);
    assert_eq!(store.prune(Some(conversation.thread()), &last(1)).await.unwrap(), 3);
    assert_eq!(everything(&conversation).await, before[..1]);

    // It goes on from what is left, and not from what has gone.
    let next = conversation.commit(&[("log", append(&["next"]))]).await;
    let expected = state(&[
        ("log", log(&["0", "fork", "next"])),
        ("n", value("fork")),
        ("old", value("never written again")),
    ]);
    assert_eq!(conversation.state_at(next).await, expected);
    let gone = conversation.prepare(Some(root), &[]);
    let refused = conversation.send(gone).await;
    assert!(matches!(refused, Err(StoreError::UnknownCheckpoint { id, .. }) if id == root));
}

pub async fn old_checkpoints_go_by_age(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "age").await;
    let hour = Duration::from_secs(3_600);
    for hours in [9, 8, 7, 3, 2] {
        let mut commit = conversation.prepare(conversation.head, &[("n", set(&hours))]);
        commit.checkpoint.created_at = Timestamp::now().before(hour * hours);
        conversation.send(commit).await.unwrap();
    }
    let before = everything(&conversation).await;
    let id = conversation.thread();
    assert_eq!(store.prune(Some(id), &Retention::younger_than(hour * 6)).await.unwrap(), 3);
    assert_eq!(everything(&conversation).await, before[..2]);
    assert_eq!(store.prune(Some(id), &Retention::younger_than(hour)).await.unwrap(), 1);
    assert_eq!(everything(&conversation).await, before[..1]);
}

pub async fn pruning_all_threads_prunes_each(store: &dyn CheckpointStore) {
    let mut one = Conversation::begin(store, "all-one").await;
    let mut two = Conversation::begin(store, "all-two").await;
    for number in 0..5 {
        one.commit(&[("n", set(&number))]).await;
        two.commit(&[("log", append(&[&number.to_string()]))]).await;
    }
    // Others may have threads in the same store.
    let old = Retention { keep_younger_than: Some(Duration::ZERO), ..last(2) };
    for conversation in [&one, &two] {
        store.prune(Some(conversation.thread()), &last(3)).await.unwrap();
        assert_eq!(conversation.ids().await.len(), 3);
    }
    let lots = Retention { keep_younger_than: Some(Duration::from_secs(1 << 40)), ..last(2) };
    assert_eq!(store.prune(None, &lots).await.unwrap(), 0);
    assert_eq!(store.prune(Some(one.thread()), &old).await.unwrap(), 1);
    assert_eq!(one.latest().await.unwrap().channels, state(&[("n", value(&4))]));
    let expected = state(&[("log", log(&["0", "1", "2", "3", "4"]))]);
    assert_eq!(two.latest().await.unwrap().channels, expected);
}

pub async fn invocations_of_subgraphs_go(store: &dyn CheckpointStore) {
    let mut root = Conversation::begin(store, "subgraphs").await;
    let mut own = root.within("memory");
    let mut calls = Vec::new();
    let mut newest = None;
    for number in 0..4 {
        let mut call = root.within(&format!("write:{number}"));
        for conversation in [&mut root, &mut own, &mut call] {
            let head = conversation.head;
            conversation.head = newest;
            let mut commit = conversation.prepare(head, &[("log", append(&["x"]))]);
            commit.expected_head = head;
            newest = Some(conversation.send(commit).await.unwrap());
        }
        calls.push(call);
    }
    store.prune(Some(root.thread()), &last(2)).await.unwrap();
    let mut left = Vec::new();
    for conversation in [&root, &own].into_iter().chain(&calls) {
        left.push(conversation.ids().await.len());
    }
    assert_eq!(left, [2, 2, 0, 0, 1, 1]);
    assert_eq!(own.latest().await.unwrap().channels, state(&[("log", log(&["x"; 4]))]));
    assert_eq!(calls[3].latest().await.unwrap().channels, state(&[("log", log(&["x"]))]));
}

fn run(id: &str) -> RunId {
    RunId::new(id).unwrap()
}

pub async fn taking_back_the_newest_run(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "rollback").await;
    conversation.run = Some(run("kept"));
    conversation.commit(&[("log", append(&["a"]))]).await;
    let kept = conversation.commit(&[("n", set(&1))]).await;
    let before = everything(&conversation).await;
    conversation.run = Some(run("taken back"));
    let mut child = conversation.within("child:1");
    child.commit(&[("x", set("child"))]).await;
    conversation.commit(&[("log", append(&["b"])), ("n", set(&2))]).await;
    conversation.commit(&[("log", append(&["c"]))]).await;

    let id = conversation.thread().clone();
    assert_eq!(store.delete_run(&id, &run("unknown")).await.unwrap(), 0);
    assert_eq!(store.delete_run(&id, &run("taken back")).await.unwrap(), 3);
    assert_eq!(everything(&conversation).await, before);
    assert_eq!(child.latest().await, None);
    conversation.head = Some(kept);
    let next = conversation.commit(&[("log", append(&["B"]))]).await;
    let expected = state(&[("log", log(&["a", "B"])), ("n", value(&1))]);
    assert_eq!(conversation.state_at(next).await, expected);
}

pub async fn a_run_in_the_middle_may_go(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "middle").await;
    for name in ["one", "two", "three"] {
        conversation.run = Some(run(name));
        for step in ["a", "b"] {
            let text = format!("{name} {step}");
            conversation.commit(&[(name, set(&text)), ("log", append(&[&text]))]).await;
        }
    }
    let before = everything(&conversation).await;
    assert_eq!(store.delete_run(conversation.thread(), &run("two")).await.unwrap(), 2);
    let expected: Vec<_> = [&before[..2], &before[4..]].concat();
    assert_eq!(everything(&conversation).await, expected);
    assert_eq!(store.delete_run(conversation.thread(), &run("one")).await.unwrap(), 2);
    assert_eq!(everything(&conversation).await, before[..2]);
    assert_eq!(store.delete_run(conversation.thread(), &run("three")).await.unwrap(), 2);
    assert_eq!(conversation.latest().await, None);
    conversation.head = None;
    let id = conversation.commit(&[("log", append(&["anew"]))]).await;
    assert_eq!(conversation.state_at(id).await, state(&[("log", log(&["anew"]))]));
}

pub async fn a_run_goes_under_a_branch(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "under").await;
    conversation.run = Some(run("root"));
    let root = conversation.commit(&[("log", append(&["a"])), ("n", set(&0))]).await;
    conversation.run = Some(run("goes"));
    let goes = conversation.commit(&[("log", append(&["b"])), ("n", set(&1))]).await;
    conversation.commit(&[("log", append(&["c"])), ("n", set(&2))]).await;
    conversation.run = Some(run("branch"));
    let branch = conversation.fork(Some(goes), &[("log", append(&["B"]))]).await;
    let before = conversation.state_at(branch).await;
    assert_eq!(store.delete_run(conversation.thread(), &run("goes")).await.unwrap(), 2);
    assert_eq!(conversation.state_at(branch).await, before);

    // The place of what has gone is not taken by what comes, or the branch would see it.
    let other = conversation.fork(Some(root), &[("log", append(&["x"])), ("n", set("x"))]).await;
    assert_eq!(conversation.state_at(branch).await, before);
    assert_eq!(
        conversation.state_at(other).await,
        state(&[("log", log(&["a", "x"])), ("n", value("x"))])
    );
    assert_eq!(conversation.state_at(root).await, state(&[("log", log(&["a"])), ("n", value(&0))]));
}

async fn every_namespace(store: &dyn CheckpointStore, thread: &ThreadId) -> Vec<StoredCheckpoint> {
    let filter = CheckpointFilter { limit: usize::MAX, ..CheckpointFilter::default() };
    let mut all = Vec::new();
    for listed in store.list(thread, &filter).await.unwrap() {
        let query = moss_graph::checkpoint::CheckpointQuery::at(
            thread.clone(),
            listed.namespace,
            listed.checkpoint.id,
        );
        all.push(store.load(&query).await.unwrap().unwrap());
    }
    all
}

pub async fn a_copy_is_the_same_and_apart(store: &dyn CheckpointStore) {
    let mut original = Conversation::begin(store, "original").await;
    let root = original.commit(&[("log", append(&["a", "b"])), ("n", set(&0))]).await;
    original.commit(&[("log", append(&["c"]))]).await;
    original.commit(&[("log", rewrite(2, &["C"])), ("n", set(&1))]).await;
    original.fork(Some(root), &[("log", append(&["fork"]))]).await;
    let long: Vec<_> = (0..200).map(|number| number.to_string()).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    original.commit(&[("log", append(&long))]).await;
    original.put_writes(&[write("task", WriteKind::Journal, 3, "pending")]).await.unwrap();
    let mut child = original.within("child:1");
    child.commit(&[("x", set("child"))]).await;
    store.prune(Some(original.thread()), &last(4)).await.unwrap();
    let before = every_namespace(store, original.thread()).await;

    let copy = thread("copy");
    store.copy_thread(original.thread(), &copy).await.unwrap();
    assert_eq!(every_namespace(store, &copy).await, before);
    assert_eq!(every_namespace(store, original.thread()).await, before);

    // The lease of the original says nothing about the copy, and both go their own ways.
    let mut copied = Conversation::on(store, copy.clone()).await;
    copied.head = original.head;
    copied.commit(&[("log", append(&["of the copy"]))]).await;
    assert_eq!(every_namespace(store, original.thread()).await, before);
    original.commit(&[("log", append(&["of the original"]))]).await;
    let before = every_namespace(store, &copy).await;
    store.delete_thread(original.thread()).await.unwrap();
    assert_eq!(every_namespace(store, &copy).await, before);
    store.prune(Some(&copy), &last(1)).await.unwrap();
    assert_eq!(copied.latest().await.unwrap().checkpoint.id, copied.head.unwrap());
}

pub async fn copying_is_refused_onto_something(store: &dyn CheckpointStore) {
    let mut one = Conversation::begin(store, "one").await;
    let mut two = Conversation::begin(store, "two").await;
    one.commit(&[("a", set("one"))]).await;
    let id = two.commit(&[("a", set("two"))]).await;
    let refused = store.copy_thread(one.thread(), two.thread()).await.unwrap_err();
    assert!(matches!(refused, StoreError::ThreadExists { thread } if thread == *two.thread()));
    assert_eq!(two.state_at(id).await, state(&[("a", value("two"))]));
    let refused = store.copy_thread(one.thread(), one.thread()).await.unwrap_err();
    assert!(matches!(refused, StoreError::ThreadExists { .. }));
    let nobody = thread("nobody");
    let refused = store.copy_thread(&nobody, &thread("target")).await.unwrap_err();
    assert!(matches!(refused, StoreError::UnknownThread { thread } if thread == nobody));
    // A thread on which somebody has only taken the lease is free.
    let empty = Conversation::begin(store, "empty").await;
    store.copy_thread(one.thread(), empty.thread()).await.unwrap();
    assert_eq!(empty.latest().await.unwrap().channels, state(&[("a", value("one"))]));
    store.renew(&empty.lease, MINUTE).await.unwrap();
}

pub async fn a_deleted_thread_is_gone(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "deleted").await;
    let mut child = conversation.within("child");
    let mut other = Conversation::begin(store, "not-deleted").await;
    let id = conversation.commit(&[("a", set("x")), ("log", append(&["y"]))]).await;
    child.commit(&[("a", set("x"))]).await;
    conversation.put_writes(&[write("task", WriteKind::Update, 0, "x")]).await.unwrap();
    let kept = other.commit(&[("a", set("other")), ("log", append(&["z"]))]).await;

    store.delete_thread(conversation.thread()).await.unwrap();
    store.delete_thread(conversation.thread()).await.unwrap();
    assert_eq!((conversation.latest().await, child.latest().await), (None, None));
    assert_eq!(conversation.at(id).await, None);
    let commit = conversation.prepare(Some(id), &[]);
    assert!(matches!(
        conversation.send(commit).await,
        Err(StoreError::Fenced { held_by_epoch: None, .. })
    ));
    let expected = state(&[("a", value("other")), ("log", log(&["z"]))]);
    assert_eq!(other.state_at(kept).await, expected);

    let request = LeaseRequest::new(conversation.thread().clone(), "anew", MINUTE);
    conversation.lease = store.acquire(&request).await.unwrap();
    conversation.head = None;
    let anew: CheckpointId = conversation.commit(&[("log", append(&["anew"]))]).await;
    assert_eq!(conversation.state_at(anew).await, state(&[("log", log(&["anew"]))]));
}

//! Commits, and what is loaded after them.

use std::collections::BTreeMap;

use moss_graph::RunId;
use moss_graph::checkpoint::{
    ChannelChange, ChannelName, Checkpoint, CheckpointId, CheckpointQuery, CheckpointSource,
    CheckpointStore, Commit, CommitProblem, LeaseRequest, MAX_NAME_BYTES, NameProblem, Namespace,
    StoreError, StoredCheckpoint, Timestamp,
};
use serde_json::json;

use crate::support::{Conversation, MINUTE, append, blob, log, rewrite, set, state, thread, value};

pub async fn what_is_committed_is_loaded_whole(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "whole").await;
    let parent = conversation.commit(&[]).await;
    let checkpoint = Checkpoint {
        id: CheckpointId::next(Some(parent), Timestamp::from_millis(1_700_000_000_123)),
        parent: Some(parent),
        superstep: 7,
        source: CheckpointSource::Update,
        created_at: Timestamp::from_millis(1_700_000_000_123),
        run: Some(RunId::new("run-1").unwrap()),
        metadata: json!({"user": "u1", "tags": ["a", 1, null], "nested": {"b": 1.5}})
            .as_object()
            .unwrap()
            .clone(),
        progress: blob(&json!({"next": [{"node": "write", "send": {"topic": "x"}}]})),
    };
    let commit = Commit::new(Namespace::root(), Some(parent), checkpoint.clone())
        .change(ChannelName::from("messages"), append(&["hello", "world"]))
        .change(ChannelName::from("turns"), set(&1));
    let id = conversation.send(commit).await.unwrap();

    let expected = StoredCheckpoint {
        checkpoint,
        channels: state(&[("messages", log(&["hello", "world"])), ("turns", value(&1))]),
        writes: Vec::new(),
        head: id,
    };
    assert_eq!(conversation.latest().await.as_ref(), Some(&expected));
    assert_eq!(conversation.at(id).await, Some(expected));
}

pub async fn nothing_is_loaded_where_nothing_is(store: &dyn CheckpointStore) {
    let nobody = CheckpointQuery::latest(thread("nobody"), Namespace::root());
    assert_eq!(store.load(&nobody).await.unwrap(), None);
    let mut conversation = Conversation::begin(store, "nothing").await;
    assert_eq!(conversation.latest().await, None);
    let id = conversation.commit(&[]).await;
    assert_eq!(conversation.at(CheckpointId::next(Some(id), Timestamp::now())).await, None);
    assert_eq!(conversation.within("child").latest().await, None);
    assert_eq!(conversation.state_at(id).await, BTreeMap::new());
}

pub async fn a_field_that_is_not_written_stays(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "stays").await;
    let first = conversation.commit(&[("a", set("a1")), ("b", set("b1"))]).await;
    let second = conversation.commit(&[("b", set("b2"))]).await;
    let third = conversation.commit(&[]).await;
    let fourth = conversation.commit(&[("c", set("c4"))]).await;
    let (a, b2) = (("a", value("a1")), ("b", value("b2")));
    assert_eq!(conversation.state_at(first).await, state(&[a.clone(), ("b", value("b1"))]));
    assert_eq!(conversation.state_at(second).await, state(&[a.clone(), b2.clone()]));
    assert_eq!(conversation.state_at(third).await, state(&[a.clone(), b2.clone()]));
    assert_eq!(conversation.state_at(fourth).await, state(&[a, b2, ("c", value("c4"))]));
}

pub async fn a_cleared_field_is_gone(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "cleared").await;
    conversation.commit(&[("a", set("a1")), ("log", append(&["x"])), ("b", set("b1"))]).await;
    let clear = ChannelChange::Clear;
    let cleared = conversation
        .commit(&[("a", clear.clone()), ("log", clear.clone()), ("never", clear.clone())])
        .await;
    assert_eq!(conversation.state_at(cleared).await, state(&[("b", value("b1"))]));
    let again = conversation.commit(&[("a", clear), ("log", append(&["y"]))]).await;
    let expected = state(&[("b", value("b1")), ("log", log(&["y"]))]);
    assert_eq!(conversation.state_at(again).await, expected);
}

pub async fn odd_values_come_back(store: &dyn CheckpointStore) {
    let odd = json!({
        "": "", "nul": "a\u{0}b", "emoji": "🪨\u{200d}", "quote": "'; DROP TABLE threads; --\"\\",
        "large": u64::MAX, "small": i64::MIN, "float": 0.1, "tiny": 5e-324, "null": null, "deep": [[[[]]]],
    });
    let id = thread("odd'; DROP TABLE threads; --🪨");
    let mut conversation = Conversation::on(store, id).await;
    let mut commit =
        conversation.prepare(None, &[("'\"; --", set(&odd)), ("", append(&["\u{0}"]))]);
    commit.checkpoint.metadata = odd.as_object().unwrap().clone();
    commit.checkpoint.progress = blob(&odd);
    commit.checkpoint.superstep = i64::MAX;
    let checkpoint = commit.checkpoint.clone();
    conversation.send(commit).await.unwrap();
    let loaded = conversation.latest().await.unwrap();
    assert_eq!(loaded.checkpoint, checkpoint);
    assert_eq!(loaded.channels, state(&[("'\"; --", value(&odd)), ("", log(&["\u{0}"]))]));
}

pub async fn a_large_value_comes_back(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "large").await;
    let large = "page ".repeat(600_000);
    conversation.commit(&[("a", set(&large)), ("log", append(&[&large, "small"]))]).await;
    let loaded = conversation.latest().await.unwrap();
    let expected = state(&[("a", value(&large)), ("log", log(&[&large, "small"]))]);
    assert!(loaded.channels == expected, "3 MB come back as they were");
}

pub async fn another_head_than_expected_refuses_the_commit(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "head").await;
    let first = conversation.commit(&[("a", set("a1"))]).await;
    let second = conversation.commit(&[("a", set("a2"))]).await;
    let before = conversation.latest().await;
    for expected in [None, Some(first), Some(CheckpointId::next(Some(second), Timestamp::now()))] {
        let mut late = conversation.prepare(Some(first), &[("a", set("late"))]);
        late.expected_head = expected;
        let thread = conversation.thread().clone();
        match conversation.send(late).await {
            Err(StoreError::HeadMoved { thread: on, namespace, expected: was, found }) => {
                assert_eq!((on, namespace), (thread, Namespace::root()));
                assert_eq!((was, found), (expected, Some(second)));
            }
            other => panic!("the head has moved: {other:?}"),
        }
    }
    assert_eq!(conversation.latest().await, before);
    let mut early = conversation.within("child").prepare(None, &[]);
    early.expected_head = Some(first);
    let refused = conversation.store.commit(&conversation.lease, early.into()).await;
    assert!(matches!(refused, Err(StoreError::HeadMoved { found: None, .. })), "{refused:?}");
}

pub async fn a_commit_may_be_sent_again(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "again").await;
    conversation.commit(&[("log", append(&["a"]))]).await;
    let commit = conversation.prepare(conversation.head, &[("log", append(&["b"]))]);
    conversation.send(commit.clone()).await.unwrap();
    let once = conversation.latest().await;
    conversation.store.commit(&conversation.lease, commit.clone().into()).await.unwrap();
    assert_eq!(conversation.latest().await, once);
    conversation.commit(&[]).await;
    let late = conversation.store.commit(&conversation.lease, commit.into()).await;
    assert!(matches!(late, Err(StoreError::HeadMoved { .. })), "{late:?}");
}

pub async fn a_commit_without_sense_is_refused_and_changes_nothing(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "senseless").await;
    let first = conversation.commit(&[("value", set("v")), ("log", append(&["a", "b"]))]).await;
    let before = conversation.latest().await;
    let cases = [
        (append(&["x"]), "value", CommitProblem::NotALog { channel: "value".into() }),
        (rewrite(1, &[]), "value", CommitProblem::NotALog { channel: "value".into() }),
        (
            rewrite(3, &["x"]),
            "log",
            CommitProblem::KeepsTooMuch { channel: "log".into(), keep: 3, length: 2 },
        ),
        (
            rewrite(1, &["x"]),
            "new",
            CommitProblem::KeepsTooMuch { channel: "new".into(), keep: 1, length: 0 },
        ),
    ];
    for (change, channel, expected) in cases {
        let other = ("another", set("written first, were it written"));
        let commit = conversation.prepare(Some(first), &[other, (channel, change)]);
        match conversation.send(commit).await {
            Err(StoreError::Refused { problem, .. }) => assert_eq!(problem, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    let mut old = conversation.prepare(Some(first), &[]);
    old.checkpoint.id = CheckpointId::next(None, Timestamp::from_millis(1));
    let refused = conversation.send(old).await.unwrap_err();
    let out_of_order = CommitProblem::IdOutOfOrder { head: first };
    assert!(matches!(refused, StoreError::Refused { problem, .. } if problem == out_of_order));
    let unknown = CheckpointId::next(None, Timestamp::from_millis(2));
    let orphan = conversation.prepare(Some(unknown), &[]);
    let refused = conversation.send(orphan).await.unwrap_err();
    assert!(matches!(refused, StoreError::UnknownCheckpoint { id, .. } if id == unknown));
    assert_eq!(conversation.latest().await, before);
    assert_eq!(conversation.ids().await, [first]);
}

pub async fn names_have_limits(store: &dyn CheckpointStore) {
    let long = "n".repeat(MAX_NAME_BYTES + 1);
    let too_long = NameProblem::TooLong { length: MAX_NAME_BYTES + 1 };
    for (name, expected) in [(&*long, too_long), ("nul\0", NameProblem::Nul)] {
        let request = LeaseRequest::new(name.into(), "test", MINUTE);
        let refused = store.acquire(&request).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Name { problem, .. } if *problem == expected));
        let query = CheckpointQuery::latest(name.into(), name.into());
        assert_eq!(store.load(&query).await.unwrap(), None);

        let mut conversation = Conversation::begin(store, "names").await;
        let commit = conversation.prepare(None, &[(name, set("v"))]);
        let refused = conversation.send(commit).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Name { problem, .. } if *problem == expected));
        let mut elsewhere = conversation.within(name);
        let commit = elsewhere.prepare(None, &[]);
        let refused = elsewhere.send(commit).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Name { problem, .. } if *problem == expected));
        assert_eq!(elsewhere.latest().await, None);
    }
    let longest = "n".repeat(MAX_NAME_BYTES);
    let mut conversation = Conversation::begin(store, "longest").await.within(&longest);
    let id = conversation.commit(&[(&longest, set("v"))]).await;
    assert_eq!(conversation.state_at(id).await, state(&[(&longest, value("v"))]));
}

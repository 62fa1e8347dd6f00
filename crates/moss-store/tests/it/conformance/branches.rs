//! Branches: checkpoints whose parent is not the newest one.

use moss_graph::checkpoint::{
    ChannelChange, CheckpointId, CheckpointQuery, CheckpointStore, Timestamp,
};

use crate::support::{Conversation, append, log, rewrite, set, state, value};

pub async fn branches_do_not_see_each_other(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "branches").await;
    let root = conversation.commit(&[("a", set("root"))]).await;
    let left = conversation.commit(&[("a", set("left")), ("l", set("only left"))]).await;
    let right = conversation.fork(Some(root), &[("r", set("only right"))]).await;
    let left_again = conversation.fork(Some(left), &[("b", set("left again"))]).await;
    let right_again = conversation.fork(Some(right), &[("b", set("right again"))]).await;

    let right_state = state(&[("a", value("root")), ("r", value("only right"))]);
    assert_eq!(conversation.state_at(right).await, right_state);
    let l = ("l", value("only left"));
    let expected = state(&[("a", value("left")), ("b", value("left again")), l.clone()]);
    assert_eq!(conversation.state_at(left_again).await, expected);
    assert_eq!(conversation.state_at(left).await, state(&[("a", value("left")), l]));
    let expected =
        state(&[("a", value("root")), ("b", value("right again")), ("r", value("only right"))]);
    let newest = conversation.latest().await.unwrap();
    assert_eq!((newest.checkpoint.id, newest.checkpoint.parent), (right_again, Some(right)));
    assert_eq!(newest.channels, expected);
    let old = conversation.at(root).await.unwrap();
    assert_eq!((old.head, old.channels), (right_again, state(&[("a", value("root"))])));
}

pub async fn a_branch_of_a_branch_sees_what_was_before(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "nested").await;
    let mut expected = Vec::new();
    let mut place =
        conversation.commit(&[("depth", set(&0)), ("kept", set("from the root"))]).await;
    for depth in 1..30 {
        // Something that the next branch leaves behind.
        conversation
            .fork(Some(place), &[("depth", set("astray")), ("kept", ChannelChange::Clear)])
            .await;
        place = conversation.fork(Some(place), &[("depth", set(&depth))]).await;
        expected.push((place, depth));
    }
    for (id, depth) in expected {
        let expected = state(&[("depth", value(&depth)), ("kept", value("from the root"))]);
        assert_eq!(conversation.state_at(id).await, expected);
    }
}

pub async fn logs_part_where_branches_do(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "log-branches").await;
    let root = conversation.commit(&[("log", append(&["a", "b"]))]).await;
    let on = conversation.commit(&[("log", append(&["c"]))]).await;
    let other = conversation.fork(Some(root), &[("log", append(&["C"]))]).await;
    let edited = conversation.fork(Some(on), &[("log", rewrite(1, &["B"]))]).await;
    let further = conversation.fork(Some(on), &[("log", append(&["d"]))]).await;
    let silent = conversation.fork(Some(other), &[]).await;
    let further_other = conversation.fork(Some(silent), &[("log", append(&["D"]))]).await;
    for (id, items) in [
        (root, &["a", "b"][..]),
        (on, &["a", "b", "c"]),
        (other, &["a", "b", "C"]),
        (edited, &["a", "B"]),
        (further, &["a", "b", "c", "d"]),
        (silent, &["a", "b", "C"]),
        (further_other, &["a", "b", "C", "D"]),
    ] {
        assert_eq!(conversation.state_at(id).await, state(&[("log", log(items))]));
    }
}

pub async fn selectors_find_their_checkpoint(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "selectors").await;
    let first = conversation.commit(&[("a", set(&1))]).await;
    let second = conversation.commit(&[("a", set(&2))]).await;
    let between = CheckpointId::next(Some(second), Timestamp::now());
    conversation.head = Some(between);
    let mut commit = conversation.prepare(Some(second), &[("a", set(&3))]);
    commit.expected_head = Some(second);
    let third = conversation.send(commit).await.unwrap();
    let not_after = async |id| {
        let (thread, namespace) = (conversation.thread().clone(), conversation.namespace.clone());
        let query = CheckpointQuery::not_after(thread, namespace, id);
        let found = store.load(&query).await.unwrap();
        found.map(|found| (found.checkpoint.id, found.channels, found.head))
    };
    let at = |id, number: i32| Some((id, state(&[("a", value(&number))]), third));
    assert_eq!(not_after(first).await, at(first, 1));
    assert_eq!(not_after(second).await, at(second, 2));
    assert_eq!(not_after(between).await, at(second, 2));
    assert_eq!(not_after(third).await, at(third, 3));
    assert_eq!(not_after(CheckpointId::next(None, Timestamp::from_millis(1))).await, None);
}

pub async fn a_second_beginning_sees_nothing_of_the_first(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "beginnings").await;
    let first = conversation.commit(&[("a", set("first")), ("log", append(&["x"]))]).await;
    let second = conversation.fork(None, &[("log", append(&["y"]))]).await;
    let third = conversation.fork(Some(first), &[("log", append(&["z"]))]).await;
    assert_eq!(conversation.state_at(second).await, state(&[("log", log(&["y"]))]));
    let expected = state(&[("a", value("first")), ("log", log(&["x", "z"]))]);
    assert_eq!(conversation.state_at(third).await, expected);
}

pub async fn namespaces_are_apart(store: &dyn CheckpointStore) {
    let mut root = Conversation::begin(store, "namespaces").await;
    let mut child = root.within("write:task-1");
    let mut grandchild = root.within("write:task-1|edit:task-2");
    let in_root = root.commit(&[("a", set("root")), ("log", append(&["r"]))]).await;
    let in_child = child.commit(&[("a", set("child")), ("log", append(&["c"]))]).await;
    grandchild.commit(&[("log", append(&["g"]))]).await;
    child.commit(&[("log", append(&["c2"]))]).await;
    assert_eq!(
        root.latest().await.unwrap().channels,
        state(&[("a", value("root")), ("log", log(&["r"]))])
    );
    let expected = state(&[("a", value("child")), ("log", log(&["c", "c2"]))]);
    assert_eq!(child.latest().await.unwrap().channels, expected);
    assert_eq!(grandchild.latest().await.unwrap().channels, state(&[("log", log(&["g"]))]));
    if in_root != in_child {
        assert_eq!(root.at(in_child).await, None);
    }
}

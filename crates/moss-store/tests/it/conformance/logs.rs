//! Logs: lists whose items are stored once.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use moss_graph::checkpoint::{ChannelChange, ChannelValue, CheckpointStore, Retention};

use crate::support::{Conversation, append, blob, log, rewrite, set, state, thread, value};

pub async fn items_stand_behind_each_other(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "append").await;
    let first = conversation.commit(&[("log", append(&["a"]))]).await;
    let second = conversation.commit(&[("other", set(&1))]).await;
    let third =
        conversation.commit(&[("log", append(&["b", "c"])), ("list", append(&["x"]))]).await;
    assert_eq!(conversation.state_at(first).await, state(&[("log", log(&["a"]))]));
    let expected = state(&[("log", log(&["a"])), ("other", value(&1))]);
    assert_eq!(conversation.state_at(second).await, expected);
    let expected =
        state(&[("list", log(&["x"])), ("log", log(&["a", "b", "c"])), ("other", value(&1))]);
    assert_eq!(conversation.state_at(third).await, expected);
}

pub async fn a_rewritten_log_keeps_its_first_items(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "rewrite").await;
    let first = conversation.commit(&[("log", append(&["a", "b", "c"]))]).await;
    let second = conversation.commit(&[("log", rewrite(2, &["C", "d"]))]).await;
    let third = conversation.commit(&[("log", rewrite(1, &[]))]).await;
    let fourth = conversation.commit(&[("log", append(&["z"]))]).await;
    let fifth = conversation.commit(&[("log", rewrite(2, &["end"]))]).await;
    let sixth = conversation.commit(&[("log", rewrite(0, &["new"]))]).await;
    for (id, items) in [
        (first, &["a", "b", "c"][..]),
        (second, &["a", "b", "C", "d"]),
        (third, &["a"]),
        (fourth, &["a", "z"]),
        (fifth, &["a", "z", "end"]),
        (sixth, &["new"]),
    ] {
        assert_eq!(conversation.state_at(id).await, state(&[("log", log(items))]));
    }
}

pub async fn an_edited_message_leaves_older_checkpoints_alone(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "edits").await;
    let mut expected = Vec::new();
    let mut items = vec!["question".to_owned()];
    let id = conversation.commit(&[("log", append(&["question"]))]).await;
    expected.push((id, items.clone()));
    for edit in 0..20 {
        let text = format!("edit {edit}");
        items.truncate(edit % 3);
        items.push(text.clone());
        let id = conversation.commit(&[("log", rewrite(edit % 3, &[&text]))]).await;
        expected.push((id, items.clone()));
        let more = format!("more {edit}");
        items.push(more.clone());
        let id = conversation.commit(&[("log", append(&[&more]))]).await;
        expected.push((id, items.clone()));
    }
    for (id, items) in expected {
        let items: Vec<_> = items.iter().map(String::as_str).collect();
        assert_eq!(conversation.state_at(id).await, state(&[("log", log(&items))]));
    }
}

pub async fn an_empty_log_is_a_value(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "empty").await;
    let first = conversation.commit(&[("a", append(&[])), ("b", rewrite(0, &[]))]).await;
    let second = conversation.commit(&[("a", append(&[])), ("b", append(&["x"]))]).await;
    assert_eq!(conversation.state_at(first).await, state(&[("a", log(&[])), ("b", log(&[]))]));
    assert_eq!(conversation.state_at(second).await, state(&[("a", log(&[])), ("b", log(&["x"]))]));
}

pub async fn a_log_may_become_a_value_and_begin_anew(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "kinds").await;
    let first = conversation.commit(&[("a", append(&["x"])), ("b", set("v"))]).await;
    let second = conversation.commit(&[("a", set("v")), ("b", rewrite(0, &["y"]))]).await;
    let third = conversation.commit(&[("b", append(&["z"]))]).await;
    let expected = state(&[("a", log(&["x"])), ("b", value("v"))]);
    assert_eq!(conversation.state_at(first).await, expected);
    let expected = state(&[("a", value("v")), ("b", log(&["y"]))]);
    assert_eq!(conversation.state_at(second).await, expected);
    let expected = state(&[("a", value("v")), ("b", log(&["y", "z"]))]);
    assert_eq!(conversation.state_at(third).await, expected);
}

pub async fn a_long_log_comes_back(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "long").await;
    let items: Vec<_> = (0..3_000).map(|number| format!("message {number}")).collect();
    let items: Vec<_> = items.iter().map(String::as_str).collect();
    for part in items.chunks(400) {
        conversation.commit(&[("log", append(part))]).await;
    }
    let loaded = conversation.latest().await.unwrap();
    assert_eq!(loaded.channels, state(&[("log", log(&items))]));
}

pub async fn items_that_came_together_may_part(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "parting").await;
    let all = conversation.commit(&[("log", append(&["a", "b", "c", "d"]))]).await;
    let more = conversation.commit(&[("log", append(&["e", "f"]))]).await;
    let fork = conversation.fork(Some(all), &[("log", append(&["E", "F"]))]).await;
    let cut = conversation.fork(Some(more), &[("log", rewrite(5, &["x", "y"]))]).await;
    let within = conversation.commit(&[("log", rewrite(2, &["z"]))]).await;
    for (id, items) in [
        (all, &["a", "b", "c", "d"][..]),
        (more, &["a", "b", "c", "d", "e", "f"]),
        (fork, &["a", "b", "c", "d", "E", "F"]),
        (cut, &["a", "b", "c", "d", "e", "x", "y"]),
        (within, &["a", "b", "z"]),
    ] {
        assert_eq!(conversation.state_at(id).await, state(&[("log", log(items))]));
    }

    // Of the first four only two are needed now, and those they came with go.
    let newest = Retention::last(NonZeroUsize::MIN);
    assert_eq!(store.prune(Some(conversation.thread()), &newest).await.unwrap(), 4);
    assert_eq!(conversation.state_at(within).await, state(&[("log", log(&["a", "b", "z"]))]));
    let last = conversation.commit(&[("log", append(&["end"]))]).await;
    let expected = state(&[("log", log(&["a", "b", "z", "end"]))]);
    assert_eq!(conversation.state_at(last).await, expected);

    let copy = thread("parted");
    store.copy_thread(conversation.thread(), &copy).await.unwrap();
    let copy = Conversation::on(store, copy).await;
    assert_eq!(copy.state_at(last).await, expected);
}

pub async fn items_of_one_memory_come_back_as_one(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "shared").await;
    let (large, small) = (blob(&"x".repeat(8_000)), blob("small"));
    let items: Vec<_> = (0..1_000)
        .map(|number| if number % 100 == 0 { small.clone() } else { large.clone() })
        .collect();
    conversation.commit(&[("log", ChannelChange::Append(items.clone()))]).await;
    let copy = thread("shared");
    store.copy_thread(conversation.thread(), &copy).await.unwrap();
    for conversation in [&conversation, &Conversation::on(store, copy).await] {
        let latest = conversation.latest().await.unwrap();
        let ChannelValue::Log(loaded) = &latest.channels["log"] else { panic!("{latest:?}") };
        assert!(loaded.iter().eq(&items));
        let places: HashSet<_> = loaded.iter().map(|item| item.bytes().as_ptr()).collect();
        assert_eq!(places.len(), 2);
    }
}

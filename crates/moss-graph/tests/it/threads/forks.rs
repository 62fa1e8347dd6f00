//! Going back to older checkpoints.

use moss_graph::checkpoint::CheckpointSource;
use moss_graph::json::{JsonState, JsonUpdate, json_node};
use moss_graph::{
    FieldChange, HistoryFilter, Input, NodeError, RunOptions, START, StateGraph, Thread,
};
use serde_json::json;

use super::support::{Calls, DURABILITIES, log_of, start, thread_of, with};

fn graph(calls: &Calls) -> StateGraph<JsonState> {
    let node = |name: &'static str| {
        let calls = calls.clone();
        json_node(move |_, _| {
            let call = calls.one() + 1;
            async move { Ok::<_, NodeError>(json!({ "log": [format!("{name}{call}")] })) }
        })
    };
    StateGraph::new()
        .node("a", node("a"))
        .node("b", node("b"))
        .node("c", node("c"))
        .edge(START, "a")
        .sequence(["a", "b", "c"])
}

async fn checkpoint_after(
    thread: &Thread<JsonState>,
    superstep: i64,
) -> moss_graph::checkpoint::CheckpointId {
    let history = thread.history(HistoryFilter::default()).await.unwrap();
    history.iter().rfind(|snapshot| snapshot.superstep == superstep).unwrap().checkpoint
}

#[tokio::test]
async fn a_run_may_be_played_again_from_any_checkpoint() {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let thread = thread_of(graph(&calls));
        thread.run(start(), RunOptions::default()).await.unwrap();
        let after_a = checkpoint_after(&thread, 1).await;
        let again = thread.run(Input::Continue.at(after_a), with(durability)).await.unwrap();
        assert_eq!(log_of(&again.state), ["in", "a1", "b4", "c5"]);
        // The thread goes on with the fork, and the old way stays in its history.
        let newest = thread.state().await.unwrap().unwrap();
        assert_eq!(log_of(&newest.values), ["in", "a1", "b4", "c5"]);
        let history = thread.history(HistoryFilter::default()).await.unwrap();
        assert!(history.iter().any(|one| log_of(&one.values) == ["in", "a1", "b2", "c3"]));
    }
}

#[tokio::test]
async fn a_new_turn_may_begin_at_an_old_checkpoint() {
    let calls = Calls::default();
    let thread = thread_of(graph(&calls));
    thread.run(start(), RunOptions::default()).await.unwrap();
    let after_b = checkpoint_after(&thread, 2).await;
    let other = super::support::input(json!({ "log": ["other"] })).at(after_b);
    let outcome = thread.run(other, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&outcome.state), ["in", "a1", "b2", "other", "a4", "b5", "c6"]);
}

#[tokio::test]
async fn an_old_checkpoint_may_be_updated_and_gone_on_from() {
    let calls = Calls::default();
    let thread = thread_of(graph(&calls));
    thread.run(start(), RunOptions::default()).await.unwrap();
    let after_a = checkpoint_after(&thread, 1).await;
    let update = JsonUpdate::from_json(json!({ "log": ["edited"] })).unwrap();
    let made = thread.update_at(after_a, update, "a").await.unwrap();
    let snapshot = thread.state().await.unwrap().unwrap();
    assert_eq!(snapshot.checkpoint, made);
    assert_eq!((snapshot.source, snapshot.parent), (CheckpointSource::Update, Some(after_a)));
    assert_eq!(snapshot.next, ["b"]);
    let outcome = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&outcome.state), ["in", "a1", "edited", "b4", "c5"]);
}

#[tokio::test]
async fn a_fork_is_a_copy_of_an_old_checkpoint() {
    let calls = Calls::default();
    let thread = thread_of(graph(&calls));
    thread.run(start(), RunOptions::default()).await.unwrap();
    let after_b = checkpoint_after(&thread, 2).await;
    let copy = thread.fork(after_b).await.unwrap();
    let snapshot = thread.state().await.unwrap().unwrap();
    assert_eq!((snapshot.checkpoint, snapshot.source), (copy, CheckpointSource::Fork));
    assert_eq!(snapshot.next, ["c"]);
    assert_eq!(log_of(&snapshot.values), ["in", "a1", "b2"]);
}

#[tokio::test]
async fn what_changed_between_two_checkpoints_is_told() {
    let calls = Calls::default();
    let thread = thread_of(graph(&calls));
    thread.run(start(), RunOptions::default()).await.unwrap();
    let (from, to) = (checkpoint_after(&thread, 1).await, checkpoint_after(&thread, 3).await);
    let diff = thread.diff(from, to).await.unwrap();
    let items = vec![json!("b2"), json!("c3")];
    assert_eq!(
        diff.0.into_iter().collect::<Vec<_>>(),
        [("log".to_owned(), FieldChange::Appended { items: items.clone() })]
    );
    let back = thread.diff(to, from).await.unwrap();
    assert!(matches!(back.0["log"], FieldChange::Changed { .. }));
    assert!(thread.diff(to, to).await.unwrap().is_empty());
}

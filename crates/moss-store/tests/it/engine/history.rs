//! Going back to older checkpoints.

use std::num::NonZeroUsize;

use moss_graph::checkpoint::{CheckpointId, CheckpointSource, Retention};
use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    Durability, FieldChange, HistoryFilter, Input, NodeError, START, StateGraph, StateSnapshot,
};
use serde_json::json;

use super::fields::{Calls, input, log_of, reopened, update};
use super::home::Home;
use super::reopened::{DURABILITIES, Reopened};

/// Three nodes, which number their calls over all runs.
fn graph(calls: &Calls) -> StateGraph<JsonState> {
    let names = ["a", "b", "c"];
    let graph = StateGraph::new().edge(START, "a").sequence(names);
    names.into_iter().fold(graph, |graph, name| {
        let calls = calls.clone();
        let node = json_node(move |_, _| {
            let call = calls.one();
            async move { Ok::<_, NodeError>(json!({ "log": [format!("{name}{call}")] })) }
        });
        graph.node(name, node)
    })
}

async fn history(thread: &Reopened<'_, JsonState>) -> Vec<StateSnapshot<JsonState>> {
    thread.step(async |thread| thread.history(HistoryFilter::default()).await.unwrap()).await
}

/// The oldest checkpoint of a superstep.
async fn after(thread: &Reopened<'_, JsonState>, superstep: i64) -> CheckpointId {
    let history = history(thread).await;
    history.iter().rfind(|one| one.superstep == superstep).unwrap().checkpoint
}

pub async fn a_run_is_played_again_from_its_history(home: &Home) {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let thread = reopened(home, "again", || graph(&calls));
        thread.run(input(), Durability::Sync).await;
        let after_a = after(&thread, 1).await;
        let again = thread.run(Input::Continue.at(after_a), durability).await;
        assert_eq!(log_of(&again.state), ["in", "a1", "b4", "c5"], "{durability:?}");
        assert_eq!(thread.state().await.values, again.state);
        // The way that was taken first stays.
        let first = ["in", "a1", "b2", "c3"];
        assert!(history(&thread).await.iter().any(|one| log_of(&one.values) == first));
        // A new turn may begin there too.
        let other = Input::Update(update(json!({ "log": ["other"] }))).at(after_a);
        let other = thread.run(other, durability).await;
        assert_eq!(log_of(&other.state), ["in", "a1", "other", "a6", "b7", "c8"]);
    }
}

pub async fn a_thread_forks_and_is_updated_there(home: &Home) {
    let calls = Calls::default();
    let thread = reopened(home, "fork", || graph(&calls));
    thread.run(input(), Durability::Async).await;
    let (after_a, after_b) = (after(&thread, 1).await, after(&thread, 2).await);
    let copy = thread.step(async |thread| thread.fork(after_b).await.unwrap()).await;
    let stands = thread.state().await;
    assert_eq!((stands.checkpoint, stands.source), (copy, CheckpointSource::Fork));
    assert_eq!((stands.next, log_of(&stands.values)), {
        (vec!["c".to_owned()], ["in", "a1", "b2"].map(str::to_owned).to_vec())
    });
    let edit = update(json!({ "log": ["edited"] }));
    let made = thread.step(async |thread| thread.update_at(after_a, edit, "a").await.unwrap());
    let made = made.await;
    let stands = thread.state().await;
    assert_eq!((stands.checkpoint, stands.parent), (made, Some(after_a)));
    let done = thread.run(Input::Continue, Durability::Async).await;
    assert_eq!(log_of(&done.state), ["in", "a1", "edited", "b4", "c5"]);
    let (from, to) = (after_a, done.checkpoint.unwrap());
    let diff = thread.step(async |thread| thread.diff(from, to).await.unwrap()).await;
    let items = ["edited", "b4", "c5"].map(|item| json!(item)).to_vec();
    let expected = [("log".to_owned(), FieldChange::Appended { items })];
    assert_eq!(diff.0.into_iter().collect::<Vec<_>>(), expected);
}

pub async fn what_is_pruned_is_not_needed_to_go_on(home: &Home) {
    let calls = Calls::default();
    let thread = reopened(home, "pruned", || graph(&calls).interrupt_before(["c"]));
    for _ in 0..2 {
        thread.run(input(), Durability::Sync).await;
        thread.run(Input::Continue, Durability::Sync).await;
    }
    thread.run(input(), Durability::Sync).await;
    let before = thread.state().await;
    let keep = Retention::last(NonZeroUsize::MIN);
    let id = &thread.id;
    let removed = thread.store(async |store| store.prune(Some(id), &keep).await.unwrap()).await;
    assert_eq!((removed, history(&thread).await.len()), (10, 1));
    let after = thread.state().await;
    assert_eq!((after.checkpoint, &after.values), (before.checkpoint, &before.values));
    let done = thread.run(Input::Continue, Durability::Sync).await;
    let turns = ["in", "a1", "b2", "c3", "in", "a4", "b5", "c6", "in", "a7", "b8", "c9"];
    assert_eq!(log_of(&done.state), turns);
}

//! Joins: what they wait for, and what becomes of skipped sources.

use moss_graph::{GraphErrorCode, JoinMode, START, StateGraph};

use crate::support::{Trail, run, visitors, visits};

#[tokio::test]
async fn a_join_waits_for_branches_of_different_length() {
    let graph = visitors(["a", "b", "b2", "c"])
        .edge(START, "a")
        .edge(START, "b")
        .edge("b", "b2")
        .join(["a", "b2"], "c");
    assert_eq!(visits(graph).await, ["1:a", "1:b", "2:b2", "3:c"]);
}

#[tokio::test]
async fn a_join_begins_anew_in_every_round_of_a_loop() {
    let graph = visitors(["a", "b", "c"])
        .edge(START, "a")
        .edge(START, "b")
        .join(["a", "b"], "c")
        .conditional_edge(
            "c",
            |trail: &Trail| if trail.visits.len() < 6 { vec!["a", "b"] } else { vec![] },
            ["a", "b"],
        );
    assert_eq!(visits(graph).await, ["1:a", "1:b", "2:c", "3:a", "3:b", "4:c"]);
}

#[tokio::test]
async fn a_source_that_runs_twice_counts_once() {
    let graph = visitors(["a", "b", "b2", "c"])
        .edge(START, "a")
        .edge(START, "b")
        .edge("b", "b2")
        .conditional_edge(
            "a",
            |trail: &Trail| if trail.visits.len() < 2 { vec!["a"] } else { vec![] },
            ["a"],
        )
        .join(["a", "b2"], "c");
    assert_eq!(visits(graph).await, ["1:a", "1:b", "2:a", "2:b2", "3:c"]);
}

#[tokio::test]
async fn an_edge_and_a_join_into_one_node_run_it_once() {
    let graph = visitors(["a", "b", "c"])
        .edge(START, "a")
        .edge(START, "b")
        .edge("a", "c")
        .join(["a", "b"], "c");
    assert_eq!(visits(graph).await, ["1:a", "1:b", "2:c"]);
}

/// `start` routes to `a` only, and a join waits for `a` and `b`.
fn skipping(mode: JoinMode) -> StateGraph<Trail> {
    visitors(["start", "a", "b", "long", "c"])
        .edge(START, "start")
        .conditional_edge("start", |_| "a", ["a", "b"])
        .edge("a", "long")
        .join_with(mode, ["a", "b"], "c")
}

#[tokio::test]
async fn a_join_whose_source_was_skipped_fails_the_run() {
    let error = run(skipping(JoinMode::All).compile().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::IncompleteJoin);
    assert_eq!(error.code().as_str(), "INCOMPLETE_JOIN");
    assert_eq!(
        error.to_string(),
        "the run ended after superstep 3 while the join into \"c\" still waited for \"b\": \"a\" ran, so the \
         others were skipped; route to all of its sources or to none, or build it with JoinMode::Reached"
    );
    assert_eq!(error.state().visits, ["1:start", "2:a", "3:long"]);
}

#[tokio::test]
async fn a_join_none_of_whose_sources_ran_is_no_error() {
    let graph = visitors(["start", "a", "b", "c", "other"])
        .edge(START, "start")
        .conditional_edge("start", |_| "other", ["a", "b", "other"])
        .join(["a", "b"], "c");
    assert_eq!(visits(graph).await, ["1:start", "2:other"]);
}

#[tokio::test]
async fn a_join_of_the_sources_reached_runs_when_nothing_else_is_left() {
    assert_eq!(visits(skipping(JoinMode::Reached)).await, ["1:start", "2:a", "3:long", "4:c"]);
}

#[tokio::test]
async fn a_join_of_the_sources_reached_runs_at_once_when_all_are_through() {
    let graph = visitors(["a", "b", "c", "x", "y", "z"])
        .edge(START, "a")
        .edge(START, "b")
        .edge("a", "x")
        .edge("x", "y")
        .edge("y", "z")
        .join_with(JoinMode::Reached, ["a", "b"], "c");
    assert_eq!(visits(graph).await, ["1:a", "1:b", "2:c", "2:x", "3:y", "4:z"]);
}

#[tokio::test]
async fn joins_of_the_sources_reached_may_complete_a_strict_one() {
    let graph = visitors(["a", "skipped", "c", "d", "e"])
        .edge(START, "a")
        .conditional_edge(START, |_| [""; 0], ["skipped"])
        .join_with(JoinMode::Reached, ["a", "skipped"], "c")
        .join_with(JoinMode::Reached, ["a", "skipped"], "d")
        .join(["c", "a"], "e");
    assert_eq!(visits(graph).await, ["1:a", "2:c", "2:d", "3:e"]);
}

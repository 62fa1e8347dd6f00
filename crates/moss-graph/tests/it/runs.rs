//! The ways a run takes through a graph.

use std::sync::{Arc, Mutex};

use moss_graph::{END, Route, RunId, RunOptions, START, State, StateGraph, StateGraphEngine};

use crate::support::{Trail, node, run, visitors, visits};

#[tokio::test]
async fn a_chain_runs_one_node_a_superstep() {
    let graph =
        visitors(["a", "b", "c"]).edge(START, "a").edge("a", "b").edge("b", "c").edge("c", END);
    assert_eq!(visits(graph).await, ["1:a", "2:b", "3:c"]);
}

#[tokio::test]
async fn a_node_without_a_way_out_ends_its_branch() {
    let graph = visitors(["a", "b"]).edge(START, "a").edge("a", "b");
    assert_eq!(visits(graph).await, ["1:a", "2:b"]);
}

#[tokio::test]
async fn a_graph_may_end_at_once() {
    assert_eq!(visits(visitors([]).edge(START, END)).await, [""; 0]);
    let routed = visitors(["a"]).conditional_edge(START, |_| END, ["a", END]);
    assert_eq!(visits(routed).await, [""; 0]);
}

#[tokio::test]
async fn branches_of_a_superstep_run_side_by_side_and_their_target_once() {
    let graph = visitors(["a", "b", "c", "d"])
        .edge(START, "a")
        .edge("a", "c")
        .edge("a", "b")
        .edge("b", "d")
        .edge("c", "d");
    assert_eq!(visits(graph).await, ["1:a", "2:b", "2:c", "3:d"]);
}

#[tokio::test]
async fn plain_edges_from_branches_of_different_length_run_their_target_twice() {
    let graph = visitors(["a", "b", "c", "d"])
        .edge(START, "a")
        .edge(START, "b")
        .edge("a", "d")
        .edge("b", "c")
        .edge("c", "d");
    assert_eq!(visits(graph).await, ["1:a", "1:b", "2:c", "2:d", "3:d"]);
}

#[tokio::test]
async fn the_same_edge_twice_is_one_edge() {
    let graph = visitors(["a", "b"]).edge(START, "a").edge("a", "b").edge("a", "b");
    assert_eq!(visits(graph).await, ["1:a", "2:b"]);
}

#[tokio::test]
async fn a_loop_runs_until_its_router_leaves_it() {
    let graph = visitors(["llm", "tools", "done"])
        .edge(START, "llm")
        .conditional_edge(
            "llm",
            |trail: &Trail| if trail.visits.len() < 4 { "tools" } else { "done" },
            ["tools", "done"],
        )
        .edge("tools", "llm");
    assert_eq!(visits(graph).await, ["1:llm", "2:tools", "3:llm", "4:tools", "5:llm", "6:done"]);
}

#[tokio::test]
async fn a_router_may_choose_several_nodes_or_none() {
    let fan = |route: fn() -> Route<Trail>| {
        visitors(["a", "b", "c", "d"]).edge(START, "a").conditional_edge(
            "a",
            move |_| route(),
            ["b", "c", "d", END],
        )
    };
    assert_eq!(visits(fan(|| ["d", "b", END, "d"].into())).await, ["1:a", "2:b", "2:d"]);
    assert_eq!(visits(fan(|| vec!["c".to_owned()].into())).await, ["1:a", "2:c"]);
    assert_eq!(visits(fan(|| Vec::<String>::new().into())).await, ["1:a"]);
    assert_eq!(visits(fan(Route::end)).await, ["1:a"]);
}

#[tokio::test]
async fn all_conditional_edges_of_a_node_are_asked() {
    let graph = visitors(["a", "b", "c", "d"])
        .edge(START, "a")
        .edge("a", "b")
        .conditional_edge("a", |_| "c", ["c"])
        .conditional_edge("a", |_| "d", ["d", END]);
    assert_eq!(visits(graph).await, ["1:a", "2:b", "2:c", "2:d"]);
}

#[tokio::test]
async fn a_router_sees_its_nodes_own_update_and_not_its_siblings() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let router = |name: &'static str| {
        let seen = Arc::clone(&seen);
        move |trail: &Trail| {
            seen.lock().unwrap().push(format!("{name} sees {:?}", trail.visits));
            END
        }
    };
    let graph = visitors(["a", "b", "z"])
        .edge(START, "z")
        .edge("z", "a")
        .edge("z", "b")
        .conditional_edge("a", router("a"), [END])
        .conditional_edge("b", router("b"), [END])
        .conditional_edge(START, router("start"), [END]);
    assert_eq!(visits(graph).await, ["1:z", "2:a", "2:b"]);
    assert_eq!(
        *seen.lock().unwrap(),
        [r#"start sees []"#, r#"a sees ["1:z", "2:a"]"#, r#"b sees ["1:z", "2:b"]"#]
    );
}

#[tokio::test]
async fn nodes_of_a_superstep_see_the_state_before_it() {
    let look = || {
        node(async |trail, context| {
            let line = format!("{} sees {}", context.node(), trail.visits.len());
            Ok(Trail::update().visits([line]))
        })
    };
    let graph = StateGraph::new()
        .node("a", look())
        .node("b", look())
        .node("c", look())
        .edge(START, "a")
        .edge(START, "b")
        .edge("b", "c");
    assert_eq!(visits(graph).await, ["a sees 0", "b sees 0", "c sees 2"]);
}

#[tokio::test]
async fn a_node_is_told_its_task_and_run() {
    let tell = node(async |_, context| {
        let run = context.run_id().map(RunId::as_str).unwrap_or_default();
        let (node, superstep, task) = (context.node(), context.superstep(), context.task());
        Ok(Trail::update().last(format!("{node} in {superstep} as {task} of {run}")))
    });
    let graph = StateGraph::new().node("a", tell).edge(START, "a").compile().unwrap();
    let options =
        RunOptions { run_id: Some(RunId::new("run-7").unwrap()), ..RunOptions::default() };
    let trail = StateGraphEngine::new(graph).run(Trail::default(), options).await.unwrap();
    assert_eq!(trail.last, "a in 1 as 1:a of run-7");
}

#[tokio::test]
async fn one_graph_serves_many_runs_at_once() {
    let graph = visitors(["a", "b"]).edge(START, "a").edge("a", "b").compile().unwrap();
    let runs = (0..50).map(|_| run(graph.clone()));
    for trail in futures::future::join_all(runs).await {
        assert_eq!(trail.unwrap().visits, ["1:a", "2:b"]);
    }
}

#[tokio::test]
async fn a_run_goes_on_from_the_state_it_is_given() {
    let given = Trail::from_update(Trail::update().visits(["given".to_owned()])).unwrap();
    let graph = visitors(["a"]).edge(START, "a").compile().unwrap();
    let engine = StateGraphEngine::new(graph);
    let held = Arc::new(given.clone());
    let trail = engine.run(Arc::clone(&held), RunOptions::default()).await.unwrap();
    assert_eq!(trail.visits, ["given", "1:a"]);
    assert_eq!(*held, given, "who holds the state given keeps it as it was");
}

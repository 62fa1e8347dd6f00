//! What the recursion limit counts without a barrier: how many tasks follow each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt;
use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonState, json_node};
use moss_graph::scheduler::{Finished, Plan, commit, plan, start};
use moss_graph::{
    Command, Ending, Execution, GraphErrorCode, Input, JoinMode, NodeContext, NodeError,
    NodeOptions, NodeResult, RunError, RunOptions, START, SendTo, StateGraph, StateGraphEngine,
};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Trail, node, visit, visitors};
use crate::threads::support::{DURABILITIES, log_of, start as input, thread_in, with};

async fn run_within(graph: StateGraph<Trail>, limit: u64) -> Result<Trail, RunError<Trail>> {
    let graph = graph.execution(Execution::Dataflow).compile().unwrap();
    let options = RunOptions { recursion_limit: limit, ..RunOptions::default() };
    StateGraphEngine::new(graph).run(Trail::default(), options).await
}

/// The least limit within which a graph is done.
async fn depth_of(graph: impl Fn() -> StateGraph<Trail>) -> u64 {
    for limit in 0..50 {
        match run_within(graph(), limit).await {
            Ok(_) => return limit,
            Err(error) => assert_eq!(error.code(), GraphErrorCode::GraphRecursionLimit),
        }
    }
    panic!("the graph comes to no end");
}

fn times(trail: &Trail, name: &str) -> usize {
    trail.visits.iter().filter(|visit| visit.split(':').nth(1) == Some(name)).count()
}

/// A node that takes so many turns.
fn slow(turns: usize) -> impl moss_graph::Node<Trail> {
    node(move |_, context: NodeContext| async move {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        Ok(Trail::update().visits([context.task().to_string()])) as NodeResult<Trail>
    })
}

/// A node that goes where its command says.
fn goes(
    command: impl Fn() -> Command<Trail> + Send + Sync + 'static,
) -> impl moss_graph::Node<Trail> {
    move |_: Arc<Trail>, context: NodeContext| {
        let command = command().and_update(Trail::update().visits([context.task().to_string()]));
        async move { Ok::<_, NodeError>(command) }
    }
}

#[tokio::test]
async fn a_hundred_nodes_beside_each_other_are_within_the_default_limit() {
    let names: Vec<String> = (0..100).map(|number| format!("n{number:02}")).collect();
    let graph = visitors(names.iter().map(String::as_str).chain(["first", "last"]));
    let graph = names.iter().fold(graph, |graph, name| graph.edge("first", name));
    let graph = graph.edge(START, "first").join(names, "last");
    let limit = RunOptions::default().recursion_limit;
    let trail = run_within(graph, limit).await.unwrap();
    assert_eq!((trail.visits.len(), times(&trail, "last")), (102, 1));
}

#[tokio::test]
async fn a_hundred_sends_are_as_deep_as_one() {
    let sends = |number| {
        let send = move || {
            let sends = (0..number).map(|_| SendTo::new("each", Arc::new(Trail::default())));
            sends.fold(Command::new(), Command::goto)
        };
        visitors(["each"])
            .node_with("send", goes(send), NodeOptions::new().ends(["each"]))
            .edge(START, "send")
    };
    assert_eq!(depth_of(|| sends(1)).await, 2);
    assert_eq!(depth_of(|| sends(100)).await, 2);
}

/// Beside the loop there is a node that takes long, and more nodes than the limit.
#[tokio::test]
async fn a_loop_ends_at_the_limit_whatever_runs_beside_it() {
    for limit in [1, 2, 7, 25] {
        for beside in [0, 1, 40] {
            let graph = visitors(["a", "b"]).edge(START, "a").edge("a", "b").edge("b", "a");
            let graph = (0..beside).fold(graph, |graph, number| {
                let name = format!("n{number:02}");
                graph.node(name.as_str(), slow(number * 3)).edge(START, name)
            });
            let error = run_within(graph, limit).await.unwrap_err();
            assert_eq!(error.code(), GraphErrorCode::GraphRecursionLimit);
            let rounds = times(error.state(), "a") + times(error.state(), "b");
            assert_eq!(rounds as u64, limit, "beside {beside}");
        }
    }
}

#[tokio::test]
async fn a_chain_is_done_within_as_many_as_it_has() {
    let chain = || visitors(["a", "b", "c"]).edge(START, "a").sequence(["a", "b", "c"]);
    assert_eq!(depth_of(chain).await, 3);
    let failed = run_within(chain(), 2).await.unwrap_err();
    assert_eq!(failed.state().visits.len(), 2);
}

/// A chain of three and one node that ends before it or behind it, and a node behind both.
fn long_and_short(turns: usize) -> StateGraph<Trail> {
    visitors(["a", "b", "c", "behind"])
        .node("short", slow(turns))
        .edge(START, "a")
        .sequence(["a", "b", "c"])
        .edge(START, "short")
}

#[tokio::test]
async fn a_join_is_one_deeper_than_its_deepest_source_whichever_ends_last() {
    for mode in [JoinMode::All, JoinMode::Reached] {
        for turns in [0, 50] {
            let graph = || long_and_short(turns).join_with(mode, ["c", "short"], "behind");
            assert_eq!(depth_of(graph).await, 4, "{mode:?}, {turns}");
            let shallow = || long_and_short(turns).join_with(mode, ["a", "short"], "behind");
            assert_eq!(depth_of(shallow).await, 3, "{mode:?}, {turns}");
        }
    }
}

/// `skipped` is a source that does not run, so the join goes when nothing else is left to run: that makes it no deeper.
#[tokio::test]
async fn a_join_over_the_sources_that_ran_counts_those_and_not_what_ran_beside_them() {
    let graph = |sources: [&'static str; 2], tail: usize| {
        let graph = long_and_short(0).node("skipped", visit);
        let graph = graph.conditional_edge("a", |_| Vec::<&str>::new(), ["skipped"]);
        let graph = graph.join_with(JoinMode::Reached, sources, "behind");
        (0..tail).fold(graph, |graph, number| {
            let from = if number == 0 { "behind".to_owned() } else { format!("t{}", number - 1) };
            let name = format!("t{number}");
            graph.node(name.as_str(), visit).edge(from, name)
        })
    };
    // `behind` is at 2, and so what follows it comes past the chain of three at 4 only.
    assert_eq!(depth_of(|| graph(["short", "skipped"], 0)).await, 3);
    assert_eq!(depth_of(|| graph(["short", "skipped"], 1)).await, 3);
    assert_eq!(depth_of(|| graph(["short", "skipped"], 2)).await, 4);
    assert_eq!(depth_of(|| graph(["c", "skipped"], 0)).await, 4);
    assert_eq!(depth_of(|| graph(["c", "skipped"], 2)).await, 6);
}

#[tokio::test]
async fn a_deferred_node_is_one_deeper_than_the_deepest_that_led_to_it() {
    let deferred = |from: &[&str], turns| {
        let graph = long_and_short(turns)
            .edge("short", "behind")
            .node_with("end", visit, NodeOptions::new().deferred())
            .node("then", visit)
            .node("last", visit)
            .sequence(["end", "then", "last"]);
        from.iter().fold(graph, |graph, from| graph.edge(*from, "end"))
    };
    for turns in [0, 50] {
        assert_eq!(depth_of(|| deferred(&["short"], turns)).await, 4, "{turns}");
        assert_eq!(depth_of(|| deferred(&["c"], turns)).await, 6, "{turns}");
        assert_eq!(depth_of(|| deferred(&["a", "c", "short"], turns)).await, 6, "{turns}");
    }
}

#[tokio::test]
async fn a_command_leads_one_deeper() {
    let graph = || {
        visitors(["b", "c"])
            .node_with(
                "a",
                goes(|| Command::new().goto("b").goto("c")),
                NodeOptions::new().ends(["b", "c"]),
            )
            .edge(START, "a")
            .edge("b", "c")
    };
    assert_eq!(depth_of(graph).await, 3);
}

fn json_step(name: &'static str) -> impl moss_graph::Node<JsonState> {
    json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "log": [name] })) })
}

fn asks() -> impl moss_graph::Node<JsonState> {
    json_node(|_, context: NodeContext| async move {
        context.interrupt("?")?;
        Ok::<_, NodeError>(json!({ "log": ["ask"] }))
    })
}

/// Three that follow each other, the last of which asks; and after the answer three again, that one among them. The
/// join has seen its other source, and the deferred node has been led to, before the question.
fn asking(execution: Execution) -> StateGraph<JsonState> {
    StateGraph::new()
        .node("a", json_step("a"))
        .node("b", json_step("b"))
        .node("ask", asks())
        .node("c", json_step("c"))
        .node_with("end", json_step("end"), NodeOptions::new().deferred())
        .edge(START, "a")
        .sequence(["a", "b", "ask"])
        .edge("b", "end")
        .join(["b", "ask"], "c")
        .execution(execution)
}

#[tokio::test]
async fn a_run_that_goes_on_counts_anew_in_both_executions() {
    for execution in [Execution::Supersteps, Execution::Dataflow] {
        for durability in DURABILITIES {
            let within = |limit| RunOptions { recursion_limit: limit, ..with(durability) };
            let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
            let thread = || thread_in(asking(execution), &store);
            let failed = thread().run(input(), within(2)).await.unwrap_err();
            assert_eq!(failed.code(), GraphErrorCode::GraphRecursionLimit);
            // What is left is `ask`, and then `c` and `end`.
            let asked = thread().run(Input::Continue, within(1)).await.unwrap();
            assert_eq!(asked.ending.interrupts().len(), 1);
            let failed = thread().run(Input::answer(1), within(1)).await.unwrap_err();
            assert_eq!(failed.code(), GraphErrorCode::GraphRecursionLimit);
            assert_eq!(log_of(failed.state()), ["in", "a", "b", "ask"]);
            let done = thread().run(Input::Continue, within(2)).await.unwrap();
            assert_eq!(done.ending, Ending::Done);
            assert_eq!(log_of(&done.state), ["in", "a", "b", "ask", "c", "end"]);
            // So does a turn.
            let asked = thread().run(input(), within(3)).await.unwrap();
            assert_eq!(asked.ending.interrupts().len(), 1, "{execution:?}, {durability:?}");
        }
    }
}

/// Two tasks that ask, at the depths 1 and 3, and one behind each: after the answers all begin at 1.
#[tokio::test]
async fn tasks_of_different_depths_are_gone_on_with_as_equals() {
    let graph = || {
        StateGraph::new()
            .node("a", json_step("a"))
            .node("b", json_step("b"))
            .node("deep", asks())
            .node("shallow", asks())
            .node("c", json_step("c"))
            .edge(START, "shallow")
            .edge(START, "a")
            .sequence(["a", "b", "deep", "c"])
            .edge("shallow", "c")
            .execution(Execution::Dataflow)
    };
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    let within = |limit| RunOptions { recursion_limit: limit, ..RunOptions::default() };
    let asked = thread_in(graph(), &store).run(input(), within(3)).await.unwrap();
    let answers = asked.ending.interrupts().iter().map(|asked| (asked.id.clone(), json!(1)));
    let answers = Input::Resume(moss_graph::Answers::by_id(answers.collect::<BTreeMap<_, _>>()));
    let done = thread_in(graph(), &store).run(answers, within(2)).await.unwrap();
    assert_eq!(done.ending, Ending::Done);
}

/// Edges from nodes to later ones. Each way from the beginning to a node is a task of its own then.
fn edges() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1..7usize).prop_flat_map(|nodes| {
        let after = |node: usize| {
            proptest::sample::subsequence((node + 1..nodes).collect::<Vec<_>>(), 0..nodes - node)
        };
        (0..nodes).map(after).collect::<Vec<_>>()
    })
}

/// How many ways of each length lead to each node, from the nodes that nothing leads to.
fn ways(edges: &[Vec<usize>]) -> BTreeMap<(usize, u64), usize> {
    let mut ways = BTreeMap::new();
    for node in 0..edges.len() {
        if is_entry(edges, node) {
            *ways.entry((node, 1)).or_default() += 1;
        }
        let here: Vec<_> = ways.range((node, 0)..(node + 1, 0)).map(|(at, n)| (at.1, *n)).collect();
        for (length, number) in here {
            for target in &edges[node] {
                *ways.entry((*target, length + 1)).or_default() += number;
            }
        }
    }
    ways
}

fn is_entry(edges: &[Vec<usize>], node: usize) -> bool {
    !edges.iter().any(|targets| targets.contains(&node))
}

fn graph_of(edges: &[Vec<usize>]) -> StateGraph<Trail> {
    let name = |node: usize| format!("n{node}");
    let graph =
        (0..edges.len()).fold(StateGraph::new(), |graph, node| graph.node(name(node), visit));
    (0..edges.len()).fold(graph, |graph, from| {
        let graph = if is_entry(edges, from) { graph.edge(START, name(from)) } else { graph };
        edges[from].iter().fold(graph, |graph, to| graph.edge(name(from), name(*to)))
    })
}

proptest! {
    /// In whatever order tasks end, each is as deep as the way to it is long.
    #[test]
    fn a_task_is_as_deep_as_its_way_is_long(
        edges in edges(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 200),
    ) {
        let graph = graph_of(&edges).execution(Execution::Dataflow).compile().unwrap();
        let mut state = Arc::new(Trail::default());
        let mut progress = start(&graph, &state).now_or_never().unwrap().unwrap();
        let mut ran = BTreeMap::new();
        let mut order = order.iter().cycle();
        while let Plan::Run(tasks) = plan(&graph, &progress, 25).unwrap() {
            let task = tasks[order.next().unwrap().index(tasks.len())].clone();
            let node = graph.node_name(task.node()).as_str()[1..].parse::<usize>().unwrap();
            *ran.entry((node, task.depth())).or_default() += 1;
            let finished = vec![Finished::new(&task, Trail::update())];
            commit(&graph, &mut progress, &mut state, finished).now_or_never().unwrap().unwrap();
        }
        prop_assert_eq!(ran, ways(&edges));
    }

    /// In supersteps a task is as deep as its superstep.
    #[test]
    fn in_supersteps_the_depth_is_the_superstep(edges in edges()) {
        let graph = graph_of(&edges).compile().unwrap();
        let mut state = Arc::new(Trail::default());
        let mut progress = start(&graph, &state).now_or_never().unwrap().unwrap();
        while let Plan::Run(tasks) = plan(&graph, &progress, 25).unwrap() {
            prop_assert!(tasks.iter().all(|task| task.depth() == task.superstep()));
            let finished = tasks.iter().map(|task| Finished::new(task, Trail::update())).collect();
            commit(&graph, &mut progress, &mut state, finished).now_or_never().unwrap().unwrap();
        }
    }
}

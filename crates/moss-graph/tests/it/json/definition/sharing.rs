//! What a subgraph shares with the graph around it.

use std::sync::Arc;

use futures::FutureExt;
use moss_graph::checkpoint::MemoryStore;
use moss_graph::json::overwrite;
use moss_graph::{Ending, Input, RunOptions, StateGraphEngine};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::host::{Host, build, graph, run};
use crate::threads::support::input;

/// Nodes in a row, each of which writes one of these.
fn row(writes: &[Value]) -> (Host, Vec<Value>, Vec<Value>) {
    let mut host = Host::default().with(99, |reduced| {
        // The custom reducer of the tests: it counts how often it was called.
        let calls = reduced[0]["calls"].as_u64().unwrap_or(0) + 1;
        Ok(json!({ "calls": calls, "writes": reduced[1] }))
    });
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let mut last = "__start__".to_owned();
    for (place, written) in (0u32..).zip(writes) {
        host = host.writes(place, written.clone());
        let name = format!("n{place}");
        nodes.push(json!({ "name": name, "fn": place }));
        edges.push(json!({ "from": last, "to": name }));
        last = name;
    }
    (host, nodes, edges)
}

/// A graph with these fields, in which a graph with those fields writes.
fn around(fields: Value, inner: Value, writes: &[Value]) -> (Host, Value) {
    let (host, nodes, edges) = row(writes);
    let inner = graph(json!({ "state": inner, "nodes": nodes, "edges": edges }));
    let members = json!({
        "state": { "fields": fields },
        "nodes": [{ "name": "sub", "subgraph": inner }],
        "edges": [{ "from": "__start__", "to": "sub" }],
    });
    (host, members)
}

/// What the field `x` comes to where a subgraph with the same reducer writes these.
fn shared(reducer: &Value, begins: &Value, writes: &[Value]) -> Value {
    let writes: Vec<_> = writes.iter().map(|write| json!({ "x": write })).collect();
    let fields = json!({ "x": reducer });
    let (host, members) = around(fields.clone(), json!({ "fields": fields }), &writes);
    let state = run(&host, members, json!({ "x": begins })).now_or_never().unwrap();
    state["x"].clone()
}

/// What it comes to where the nodes are in the graph itself.
fn in_one_graph(reducer: &Value, begins: &Value, writes: &[Value]) -> Value {
    let writes: Vec<_> = writes.iter().map(|write| json!({ "x": write })).collect();
    let (host, nodes, edges) = row(&writes);
    let members =
        json!({ "state": { "fields": { "x": reducer } }, "nodes": nodes, "edges": edges });
    run(&host, members, json!({ "x": begins })).now_or_never().unwrap()["x"].clone()
}

#[test]
fn what_a_subgraph_adds_is_counted_once() {
    let message = |id: &str, text: &str| json!({ "id": id, "type": "human", "content": text });
    let cases = [
        (json!({ "reducer": "last_value" }), json!(1), vec![json!(2)], json!(2)),
        (
            json!({ "reducer": "append" }),
            json!(["a"]),
            vec![json!("b"), json!([["c"]])],
            json!(["a", "b", ["c"]]),
        ),
        (
            json!({ "reducer": "append" }),
            json!(["a"]),
            vec![overwrite(json!(["new"]))],
            json!(["new"]),
        ),
        (
            json!({ "reducer": "topic", "unique": true }),
            json!(["a"]),
            vec![json!(["a", "b"])],
            json!(["a", "b"]),
        ),
        (json!({ "reducer": "add" }), json!(40), vec![json!(1), json!(1)], json!(42)),
        (json!({ "reducer": "add", "default": 100 }), json!(1), vec![json!(1)], json!(102)),
        (json!({ "reducer": "add" }), json!("a"), vec![json!("b")], json!("ab")),
        (json!({ "reducer": "add" }), json!("a"), vec![overwrite(json!(7))], json!(7)),
        (
            json!({ "reducer": "merge" }),
            json!({ "a": 1, "b": 1 }),
            vec![json!({ "b": 2 })],
            json!({ "a": 1, "b": 2 }),
        ),
        (json!({ "reducer": "merge" }), json!({ "a": 1 }), vec![overwrite(json!({}))], json!({})),
        (json!({ "reducer": "ephemeral" }), json!(1), vec![json!(2)], json!(2)),
        (
            json!({ "reducer": "messages" }),
            json!([message("1", "a"), message("2", "b")]),
            vec![
                json!([message("2", "B"), message("3", "c")]),
                json!({ "type": "remove", "id": "1" }),
            ],
            json!([message("2", "B"), message("3", "c")]),
        ),
        (
            json!({ "reducer": "messages" }),
            json!([message("1", "a"), message("2", "b")]),
            vec![overwrite(json!([message("2", "b"), message("1", "a")]))],
            json!([message("2", "b"), message("1", "a")]),
        ),
        (
            json!({ "reducer": "custom", "fn": 99 }),
            json!("in"),
            vec![json!("w")],
            json!({ "calls": 2, "writes": ["w"] }),
        ),
    ];
    for (reducer, begins, writes, expected) in cases {
        assert_eq!(shared(&reducer, &begins, &writes), expected, "{reducer} {writes:?}");
    }
}

fn writes_of(reducer: &'static str) -> BoxedStrategy<Value> {
    let items = prop::collection::vec(0..5u8, 0..4).prop_map(Value::from);
    let message = (0..6u8, 0..3u8)
        .prop_map(|(id, text)| json!({ "id": id.to_string(), "content": text.to_string() }));
    let members = prop::collection::btree_map("[a-c]", 0..3u8, 0..3);
    let plain = match reducer {
        "append" | "topic" => items.boxed(),
        "messages" => prop_oneof![
            prop::collection::vec(message, 0..5).prop_map(Value::from),
            Just(json!("a text")),
        ]
        .boxed(),
        "merge" => members.prop_map(|members| json!(members)).boxed(),
        "custom" | "last_value" => any::<u8>().prop_map(Value::from).boxed(),
        _ => prop_oneof![(-9..9i64).prop_map(Value::from), Just(json!(0.1)), Just(json!(1e300))]
            .boxed(),
    };
    if reducer == "last_value" {
        return plain;
    }
    prop_oneof![4 => plain.clone(), 1 => plain.prop_map(overwrite)].boxed()
}

fn case() -> impl Strategy<Value = (Value, Value, Vec<Value>)> {
    let names = ["append", "topic", "messages", "merge", "custom", "last_value", "add"];
    prop::sample::select(names.to_vec()).prop_flat_map(|name| {
        let mut reducer = json!({ "reducer": name });
        if name == "custom" {
            reducer["fn"] = json!(99);
        }
        (Just(reducer), writes_of(name), prop::collection::vec(writes_of(name), 1..5))
    })
}

proptest! {
    /// A subgraph that shares a field makes of it what its nodes would have made of it in the graph around.
    #[test]
    fn a_subgraph_makes_of_a_field_what_its_nodes_make_of_it((reducer, begins, writes) in case()) {
        prop_assert_eq!(
            shared(&reducer, &begins, &writes),
            in_one_graph(&reducer, &begins, &writes)
        );
    }
}

#[tokio::test]
async fn only_what_both_have_and_the_inner_graph_takes_in_and_shows_is_shared() {
    let inner = json!({
        "fields": {
            "in": { "reducer": "append" },
            "out": { "reducer": "append" },
            "hidden": { "reducer": "append" },
            "own": { "reducer": "append" },
        },
        "input": ["in", "hidden", "own"],
        "output": ["in", "out", "own"],
    });
    let fields = json!({
        "in": { "reducer": "append" },
        "out": { "reducer": "append" },
        "hidden": { "reducer": "append" },
        "outer": { "reducer": "append" },
    });
    let all = json!({ "in": "s", "out": "s", "hidden": "s", "own": "s" });
    let (host, members) = around(fields, inner, &[all]);
    let given = json!({ "in": "i", "out": "o", "hidden": "h", "outer": "x" });
    assert_eq!(
        run(&host, members, given).await,
        json!({ "in": ["i", "s"], "out": ["o", "s"], "hidden": ["h"], "outer": ["x"] })
    );
}

#[tokio::test]
async fn what_was_not_given_is_written_as_it_is() {
    let (host, members) = around(
        json!({ "x": { "reducer": "custom", "fn": 99 }, "log": { "reducer": "append" } }),
        json!({ "fields": { "x": {}, "log": { "reducer": "append" } }, "input": [] }),
        &[json!({ "x": 1, "log": "b" })],
    );
    assert_eq!(
        run(&host, members, json!({ "x": 0, "log": "a" })).await,
        json!({ "x": { "calls": 2, "writes": [1] }, "log": ["a", "b"] })
    );
}

#[tokio::test]
async fn reducers_may_differ_inside() {
    // Inside, the log is a value that is replaced, and the number begins anew.
    let (host, members) = around(
        json!({ "log": { "reducer": "append" }, "heard": { "reducer": "append" } }),
        json!({ "fields": { "log": {}, "heard": { "reducer": "topic", "accumulate": false } } }),
        &[json!({ "log": ["a", "b"], "heard": "lost" }), json!({ "heard": "new" })],
    );
    assert_eq!(
        run(&host, members, json!({ "log": "a", "heard": "old" })).await,
        json!({ "log": ["a", "b"], "heard": ["old", "new"] })
    );
}

/// Two subgraphs side by side: `s0` and `s1`.
fn two(inner: &Value, nodes: &[Value], edges: &[Value], fields: &Value) -> Value {
    let sub = |name: &str| {
        let inner = graph(json!({ "state": inner, "nodes": nodes, "edges": edges }));
        json!({ "name": name, "subgraph": inner })
    };
    json!({
        "state": { "fields": fields },
        "nodes": [sub("s0"), sub("s1")],
        "edges": [{ "from": "__start__", "to": "s0" }, { "from": "__start__", "to": "s1" }],
    })
}

#[tokio::test]
async fn subgraphs_side_by_side_are_in_no_conflict_over_what_they_only_read() {
    let (host, nodes, edges) = row(&[json!({ "n": 1, "log": "a", "messages": "Hi" })]);
    let fields = json!({
        "topic": {},
        "n": { "reducer": "add", "default": 0 },
        "log": { "reducer": "append" },
        "messages": { "reducer": "append" },
    });
    let members = two(&json!({ "fields": fields }), &nodes, &edges, &fields);
    assert_eq!(
        run(&host, members, json!({ "topic": "t", "n": 5, "log": "in" })).await,
        json!({ "topic": "t", "n": 7, "log": ["in", "a", "a"], "messages": ["Hi", "Hi"] })
    );
}

#[tokio::test]
async fn what_was_sent_to_a_subgraph_is_what_it_is_given() {
    let (host, nodes, edges) = row(&[json!({ "log": "new", "n": 1 })]);
    let host = host.writes(
        50,
        json!({ "goto": [
            { "node": "sub", "args": { "topic": "cats", "log": ["sent"], "n": 10 } },
            { "node": "sub", "args": { "topic": "dogs" } },
        ] }),
    );
    let fields = json!({ "topic": {}, "log": { "reducer": "append" }, "n": { "reducer": "add" } });
    let inner = graph(json!({ "state": { "fields": fields }, "nodes": nodes, "edges": edges }));
    let members = json!({
        "state": { "fields": fields },
        "nodes": [{ "name": "plan", "fn": 50, "ends": ["sub"] }, { "name": "sub", "subgraph": inner }],
        "edges": [{ "from": "__start__", "to": "plan" }],
    });
    assert_eq!(
        run(&host, members, json!({ "topic": "all", "log": "in", "n": 100 })).await,
        json!({ "topic": "all", "log": ["in", "new", "new"], "n": 102 })
    );
}

#[tokio::test]
async fn what_was_sent_to_a_subgraph_may_name_its_own_fields() {
    let host = Host::default()
        .writes(
            50,
            json!({ "goto": [
                { "node": "sub", "args": { "own": "cats", "hidden": 1 } },
                { "node": "sub", "args": { "own": "dogs" } },
            ] }),
        )
        .with(51, |seen| Ok(json!({ "log": [{ "own": seen["own"], "hidden": seen["hidden"] }] })));
    let log = json!({ "reducer": "append" });
    let inner = graph(json!({
        "state": {
            "fields": { "own": { "default": "none" }, "hidden": { "default": 0 }, "log": log },
            "input": ["own"],
        },
        "nodes": [{ "name": "tell", "fn": 51 }],
        "edges": [{ "from": "__start__", "to": "tell" }],
    }));
    let members = json!({
        "state": { "fields": { "log": log } },
        "nodes": [{ "name": "plan", "fn": 50, "ends": ["sub"] }, { "name": "sub", "subgraph": inner }],
        "edges": [{ "from": "__start__", "to": "plan" }],
    });
    assert_eq!(
        run(&host, members, json!({})).await,
        json!({ "log": [{ "own": "cats", "hidden": 0 }, { "own": "dogs", "hidden": 0 }] })
    );
}

/// A thread of a graph whose subgraph stops before its last node, and what it remembers.
async fn stopping(memory: &str, runs: usize) -> Value {
    let (host, nodes, edges) = row(&[json!({ "log": "a" }), json!({ "log": "b", "own": 1 })]);
    let inner = graph(json!({
        "state": { "fields": { "log": { "reducer": "append" }, "own": { "reducer": "add" } } },
        "nodes": nodes,
        "edges": edges,
        "interruptBefore": ["n1"],
    }));
    let members = json!({
        "state": { "fields": { "log": { "reducer": "append" } } },
        "nodes": [{ "name": "sub", "subgraph": inner, "memory": memory }],
        "edges": [{ "from": "__start__", "to": "sub" }],
    });
    let built = build(&host, members).unwrap();
    let engine = StateGraphEngine::persistent(built.graph, built.fields.initial());
    let thread = engine.with_store(Arc::new(MemoryStore::new())).thread("t").unwrap();
    let mut state = Value::Null;
    for _ in 0..runs {
        let asked = thread.run(input(json!({ "log": "in" })), RunOptions::default()).await.unwrap();
        assert_eq!(asked.ending.interrupts().len(), 1);
        let done = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
        assert_eq!(done.ending, Ending::Done);
        state = done.state.to_value();
    }
    state
}

#[tokio::test]
async fn a_subgraph_that_stopped_writes_what_it_added_in_all() {
    for memory in ["task", "thread"] {
        assert_eq!(
            stopping(memory, 2).await,
            json!({ "log": ["in", "a", "b", "in", "a", "b"] }),
            "{memory}"
        );
    }
}

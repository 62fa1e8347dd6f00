//! What is built of definitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{DrawFormat, Ending, Input, MemoryCache, RunOptions, StateGraphEngine};
use serde_json::{Value, json};

use super::host::{Host, build, definition, graph, run};
use crate::threads::support::input;

#[tokio::test]
async fn nodes_routers_and_reducers_are_the_hosts() {
    let host = Host::default()
        .with(0, |seen| Ok(json!({ "n": 1, "best": seen })))
        .with(1, |state| {
            Ok(if state["n"].as_i64() < Some(3) { json!("count") } else { json!("__end__") })
        })
        .with(2, |reduced| {
            let [held, writes] =
                <[Value; 2]>::try_from(reduced.as_array().unwrap().clone()).unwrap();
            Ok(json!({ "held": held["last"], "last": writes }))
        });
    let graph = json!({
        "state": { "fields": {
            "n": { "reducer": "add", "default": 0 },
            "best": { "reducer": "custom", "fn": 2 },
        } },
        "nodes": [{ "name": "count", "fn": 0, "fields": ["n"] }],
        "edges": [{ "from": "__start__", "to": "count" }],
        "conditionalEdges": [{ "from": "count", "fn": 1 }],
    });
    assert_eq!(
        run(&host, graph, json!({})).await,
        json!({ "n": 3, "best": { "held": [{ "n": 1 }], "last": [{ "n": 2 }] } })
    );
    assert_eq!(*host.asked.lock().unwrap(), ["reducer best", "node count", "router count"]);
}

#[tokio::test]
async fn joins_commands_and_deferred_nodes_are_built() {
    let host = Host::default()
        .writes(0, json!({ "log": "a" }))
        .writes(1, json!({ "update": { "log": "go" }, "goto": "far" }))
        .writes(2, json!({ "log": "far" }))
        .writes(3, json!({ "log": "joined" }))
        .writes(4, json!({ "log": "last" }));
    let graph = json!({
        "state": { "fields": { "log": { "reducer": "append" } } },
        "nodes": [
            { "name": "a", "fn": 0 },
            { "name": "go", "fn": 1, "ends": ["far"] },
            { "name": "far", "fn": 2 },
            { "name": "joined", "fn": 3 },
            { "name": "last", "fn": 4, "defer": true },
        ],
        "edges": [
            { "from": "__start__", "to": "a" },
            { "from": "__start__", "to": "go" },
            { "from": "__start__", "to": "last" },
            { "from": ["a", "far"], "to": "joined", "join": "all" },
        ],
    });
    assert_eq!(
        run(&host, graph, json!({})).await,
        json!({ "log": ["a", "go", "far", "joined", "last"] })
    );
}

#[tokio::test]
async fn policies_of_nodes_are_built() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let host = Host::default()
        .with(0, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            Err("broken".into())
        })
        .with(1, |node| Ok(json!({ "log": [node] })));
    let graph = json!({
        "state": { "fields": { "log": { "reducer": "append" } } },
        "nodes": [{
            "name": "a", "fn": 0, "errorHandler": 1,
            "retry": [{ "attempts": 4, "firstWaitMs": 0, "jitterMs": 0 }],
        }],
        "edges": [{ "from": "__start__", "to": "a" }],
    });
    assert_eq!(run(&host, graph, json!({})).await, json!({ "log": ["a"] }));
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn the_host_says_which_errors_a_retry_policy_is_for() {
    for (text, expected) in [("broken", 3), ("other", 1)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let mut host = Host::default()
            .with(0, move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                Err("broken".into())
            })
            .writes(1, json!(null));
        host.retries = vec![text];
        let graph = json!({
            "nodes": [{
                "name": "a", "fn": 0, "errorHandler": 1,
                "retry": [{ "attempts": 3, "firstWaitMs": 0, "jitterMs": 0 }],
            }],
            "edges": [{ "from": "__start__", "to": "a" }],
        });
        run(&host, graph, json!({})).await;
        assert_eq!(calls.load(Ordering::SeqCst), expected);
    }
}

/// A node that counts its calls, and is kept by the field `key`.
fn counting(calls: &Arc<AtomicUsize>) -> (Host, Value) {
    let counted = Arc::clone(calls);
    let host = Host::default()
        .with(0, move |_| Ok(json!({ "log": [counted.fetch_add(1, Ordering::SeqCst)] })));
    let graph = json!({
        "state": { "fields": { "log": { "reducer": "append" }, "key": {} } },
        "nodes": [{ "name": "a", "fn": 0, "cache": { "fields": ["key"] } }],
        "edges": [{ "from": "__start__", "to": "a" }],
    });
    (host, graph)
}

#[tokio::test]
async fn outputs_are_kept_by_the_json_of_fields() {
    let calls = Arc::new(AtomicUsize::new(0));
    let (host, graph) = counting(&calls);
    let built = build(&host, graph).unwrap();
    let engine = StateGraphEngine::new(built.graph)
        .with_cache(Arc::new(MemoryCache::new(8.try_into().unwrap())));
    for (given, ran) in [
        (json!({ "key": 1 }), 1),
        (json!({ "key": 1, "log": "other" }), 1),
        (json!({ "key": 2 }), 2),
    ] {
        let state = built.fields.state(given).unwrap();
        engine.run(state, RunOptions::default()).await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), ran);
    }
}

#[tokio::test]
async fn a_subgraph_keeps_the_outputs_of_its_nodes_where_the_host_says() {
    for (caches, expected) in [(true, 1), (false, 2)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let (mut host, inner) = counting(&calls);
        host.caches = caches;
        let sub = |name: &str| json!({ "name": name, "subgraph": graph(inner.clone()) });
        let built = build(
            &host,
            json!({ "nodes": [sub("s")], "edges": [{ "from": "__start__", "to": "s" }] }),
        )
        .unwrap();
        let engine = StateGraphEngine::new(built.graph);
        for _ in 0..2 {
            engine.run(built.fields.initial(), RunOptions::default()).await.unwrap();
        }
        assert_eq!(calls.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn a_run_stops_where_the_definition_says() {
    let host = Host::default().writes(0, json!({ "log": "a" })).writes(1, json!({ "log": "b" }));
    let members = json!({
        "state": { "fields": { "log": { "reducer": "append" } } },
        "nodes": [{ "name": "a", "fn": 0 }, { "name": "b", "fn": 1 }],
        "edges": [{ "from": "__start__", "to": "a" }, { "from": "a", "to": "b" }],
        "interruptBefore": ["b"],
        "interruptAfter": "*",
    });
    let built = build(&host, members).unwrap();
    let engine = StateGraphEngine::persistent(built.graph, built.fields.initial());
    let thread = engine.with_store(Arc::new(MemoryStore::new())).thread("t").unwrap();
    let options = RunOptions::default;
    let stopped = thread.run(input(json!({})), options()).await.unwrap();
    assert_eq!(stopped.ending, Ending::StoppedAfter(vec!["a".try_into().unwrap()]));
    let done = thread.run(Input::Continue, options()).await.unwrap();
    assert_eq!(done.state.to_value(), json!({ "log": ["a", "b"] }));
}

#[test]
fn functions_are_asked_for_with_the_graph_they_are_in() {
    let host = Host::default().writes(0, Value::Null);
    let leaf = json!({ "nodes": [{ "name": "leaf", "fn": 0 }], "edges": [{ "from": "__start__", "to": "leaf" }] });
    let within = |name: &str, inner: Value| json!({ "nodes": [{ "name": name, "subgraph": graph(inner) }], "edges": [{ "from": "__start__", "to": name }] });
    build(&host, within("outer", within("inner", leaf))).unwrap();
    assert_eq!(
        *host.asked.lock().unwrap(),
        ["node outer/inner/leaf", "subgraph outer/inner", "subgraph outer"]
    );
}

#[test]
fn a_picture_needs_no_functions() {
    let drawing = definition(graph(json!({
        "state": { "fields": { "best": { "reducer": "custom" } } },
        "nodes": [
            { "name": "llm", "errorHandler": 5 },
            { "name": "tools" },
            { "name": "sub", "subgraph": graph(json!({
                "nodes": [{ "name": "leaf" }],
                "edges": [{ "from": "__start__", "to": "leaf" }],
            })) },
        ],
        "edges": [
            { "from": "__start__", "to": "llm" },
            { "from": "tools", "to": "llm" },
        ],
        "conditionalEdges": [{ "from": "llm", "targets": ["tools", "sub", "__end__"] }],
    })))
    .drawing()
    .unwrap();
    assert_eq!(
        drawing.write(DrawFormat::Text),
        "__start__ → llm\n\
         llm → __end__?, sub?, tools?\n\
         sub → __end__\n\
         \x20 __start__ → leaf\n\
         \x20 leaf → __end__\n\
         tools → llm\n"
    );
}

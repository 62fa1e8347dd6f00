//! What a definition may say.

use moss_graph::json::definition::{
    FieldDefinition, GraphDefinition, Names, NodeBody, ReducerDefinition, Sources,
};
use moss_graph::{Execution, GraphErrorCode, SubgraphMemory};
use serde_json::{Value, json};

use super::host::{Host, build, definition, graph};
use crate::support::chain;

/// Everything that can be said, in the form it is written.
fn everything() -> Value {
    json!({
        "version": 1,
        "name": "research",
        "state": {
            "fields": {
                "messages": { "reducer": "messages" },
                "n": { "reducer": "add", "default": 0 },
                "nothing": { "reducer": "last_value", "default": null },
                "any": { "reducer": "any_value" },
                "log": { "reducer": "append", "default": ["a"] },
                "merged": { "reducer": "merge" },
                "seen": { "reducer": "topic", "unique": true, "accumulate": false },
                "hint": { "reducer": "ephemeral", "guard": false },
                "secret": { "reducer": "untracked", "guard": true },
                "best": { "reducer": "custom", "fn": 3 },
            },
            "input": ["messages"],
            "output": ["messages", "best"],
        },
        "nodes": [
            {
                "name": "llm",
                "fn": 0,
                "fields": ["messages", "n"],
                "ends": ["tools", "__end__"],
                "defer": true,
                "retry": [{ "attempts": 3, "firstWaitMs": 500, "factor": 2.5, "maxWaitMs": 128_000, "jitterMs": 1_000 }],
                "timeout": { "runMs": 1_000, "idleMs": 500, "refresh": "heartbeat" },
                "errorHandler": 5,
                "cache": { "ttlMs": 1_000, "fields": ["messages"] },
                "metadata": { "shown": true },
            },
            { "name": "tools", "ends": "*" },
            {
                "name": "sub",
                "subgraph": {
                    "version": 1,
                    "state": { "fields": {} },
                    "nodes": [{ "name": "a" }],
                    "edges": [{ "from": "__start__", "to": "a" }],
                    "execution": "supersteps",
                },
                "memory": "thread",
                "recursionLimit": 7,
            },
        ],
        "edges": [
            { "from": "__start__", "to": "llm" },
            { "from": ["tools", "sub"], "to": "llm", "join": "reached" },
        ],
        "conditionalEdges": [
            { "from": "llm", "fn": 1, "targets": ["tools", "__end__"] },
            { "from": "llm" },
        ],
        "interruptBefore": ["tools"],
        "interruptAfter": "*",
        "execution": "dataflow",
    })
}

#[test]
fn everything_that_can_be_said_is_read_and_written() {
    let read = definition(everything());
    assert_eq!(serde_json::to_value(&read).unwrap(), everything());
    assert_eq!(read.interrupt_before, ["tools"].into());
    assert_eq!((&read.interrupt_after, read.execution), (&Names::All, Execution::Dataflow));
    let names: Vec<_> = read.state.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names[..3],
        ["messages", "n", "nothing"],
        "fields are in the order they are written"
    );
    let NodeBody::Subgraph { memory, recursion_limit, .. } = &read.nodes[2].body else { panic!() };
    assert_eq!((*memory, *recursion_limit), (SubgraphMemory::PerThread, Some(7)));
}

#[test]
fn what_is_left_out_has_its_default() {
    let read = definition(json!({
        "version": 1,
        "state": { "fields": {
            "plain": {},
            "seen": { "reducer": "topic" },
            "hint": { "reducer": "ephemeral" },
            "best": { "reducer": "custom" },
        } },
        "nodes": [{ "name": "a" }],
        "edges": [{ "from": ["a"], "to": "__end__" }],
    }));
    let field = |reducer| FieldDefinition { reducer, default: None };
    let fields: Vec<_> = read.state.fields.iter().map(|(_, field)| field.clone()).collect();
    assert_eq!(
        fields,
        [
            field(ReducerDefinition::LastValue),
            field(ReducerDefinition::Topic { unique: false, accumulate: true }),
            field(ReducerDefinition::Ephemeral { guard: true }),
            field(ReducerDefinition::Custom { function: None }),
        ]
    );
    assert_eq!(read.nodes[0].body, NodeBody::Function { function: None, fields: None });
    assert_eq!(read.edges[0].from, Sources::One("a".to_owned()), "a list of one is that one");
    assert_eq!(read.execution, Execution::Supersteps);
    assert_eq!(definition(json!({ "version": 1 })), GraphDefinition::default());
}

/// The text of the error and its causes, for a definition with one member replaced.
fn refused(pointer: &str, value: Value) -> (GraphErrorCode, String) {
    let mut json = everything();
    match json.pointer_mut(pointer) {
        Some(member) => *member = value,
        None => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            parent.insert(name.to_owned(), value);
        }
    }
    let error = GraphDefinition::from_json(json).unwrap_err();
    (error.code(), error.to_string())
}

#[test]
fn what_has_not_the_right_form_is_named_with_its_place() {
    let wrong = [
        (
            "/nodes/0/retry/0/attempts",
            json!("three"),
            "nodes[0].retry[0].attempts",
            "invalid type: string \"three\", expected u32",
        ),
        ("/nodes/0/fn", json!(-1), "nodes[0].fn", "invalid value: integer `-1`, expected u32"),
        (
            "/nodes/0/retry/0/attempt",
            json!(1),
            "nodes[0].retry[0].attempt",
            "unknown field `attempt`, expected one of `attempts`, `firstWaitMs`, `factor`, `maxWaitMs`, `jitterMs`",
        ),
        (
            "/nodes/0/ends",
            json!("tools"),
            "nodes[0].ends",
            "invalid value: string \"tools\", expected a list of names, or `*`",
        ),
        (
            "/nodes/0/timeout/refresh",
            json!("never"),
            "nodes[0].timeout.refresh",
            "unknown variant `never`, expected `auto` or `heartbeat`",
        ),
        (
            "/nodes/0/memory",
            json!("task"),
            "nodes[0]",
            "a node without a subgraph has no `memory`; leave it out",
        ),
        ("/nodes/2/fn", json!(3), "nodes[2]", "a subgraph has no `fn`; leave it out"),
        (
            "/nodes/2/subgraph/nodes/0/name",
            json!(null),
            "nodes[2].subgraph.nodes[0].name",
            "invalid type: null, expected a string",
        ),
        (
            "/state/fields/n/reducer",
            json!("ad"),
            "state.fields.n",
            "there is no reducer `ad`; did you mean `add`?",
        ),
        ("/state/fields/n/reducer", json!("sum"), "state.fields.n", "there is no reducer `sum`"),
        (
            "/state/fields/n/guard",
            json!(true),
            "state.fields.n",
            "the reducer `add` has no `guard`; leave it out",
        ),
        (
            "/edges/1/from",
            json!(7),
            "edges[1].from",
            "invalid type: integer `7`, expected a name, or a list of names",
        ),
        (
            "/edges/1/join",
            json!("any"),
            "edges[1].join",
            "unknown variant `any`, expected `all` or `reached`",
        ),
        (
            "/execution",
            json!("fast"),
            "execution",
            "unknown variant `fast`, expected `supersteps` or `dataflow`",
        ),
    ];
    for (pointer, value, at, text) in wrong {
        let expected = format!("the graph definition is wrong at `{at}`: {text}");
        assert_eq!(refused(pointer, value), (GraphErrorCode::InvalidDefinition, expected));
    }
}

#[test]
fn a_version_that_is_not_known_is_told_before_all_else() {
    let text = |found: &str| {
        format!(
            "the graph definition is of version {found}, and the one that is known here is 1. Use a newer MOSS, or write \
             it in that version"
        )
    };
    let newer = json!({ "version": 2, "whatever": true });
    let error = GraphDefinition::from_json(newer).unwrap_err();
    assert_eq!(
        (error.code().as_str(), error.to_string()),
        ("UNKNOWN_DEFINITION_VERSION", text("2"))
    );
    let error = GraphDefinition::from_json(json!({ "nodes": [] })).unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::UnknownDefinitionVersion);
    assert_eq!(
        error.to_string(),
        "the graph definition has no `version`; the one that is known here is 1"
    );
    let (_, inner) = refused("/nodes/2/subgraph/version", json!("1"));
    let at = "the graph definition is wrong at `nodes[2].subgraph.version`";
    assert_eq!(inner, format!("{at}: {}", text("\"1\"")));
    let error = GraphDefinition::from_json(json!([])).unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidDefinition);
    assert_eq!(error.to_string(), "a graph definition is an object, and this is a list");
}

#[test]
fn what_makes_no_sense_is_named_with_its_place() {
    let node = |members: Value| {
        let mut node = members;
        node["name"] = json!("a");
        node["fn"] = json!(0);
        json!({ "nodes": [node], "edges": [{ "from": "__start__", "to": "a" }], "state": { "fields": { "topic": {} } } })
    };
    let sub = |graph: Value| json!({ "nodes": [{ "name": "s", "subgraph": graph, "recursionLimit": 0 }] });
    let wrong = [
        (
            node(json!({ "retry": [{}, { "attempts": 0 }] })),
            "nodes[0].retry[1].attempts",
            "a node is tried at least once; write 1 or more",
        ),
        (
            node(json!({ "retry": [{ "factor": 0.5 }] })),
            "nodes[0].retry[0].factor",
            "waits do not become shorter; write 1 or more",
        ),
        (
            node(json!({ "timeout": { "idleMs": 0 } })),
            "nodes[0].timeout.idleMs",
            "no node is done in no time; write 1 or more, or leave the limit out",
        ),
        (
            node(json!({ "fields": ["topic", "topics"] })),
            "nodes[0].fields[1]",
            "the state has no field `topics`; did you mean `topic`?",
        ),
        (
            node(json!({ "cache": { "fields": ["x"] } })),
            "nodes[0].cache.fields[0]",
            "the state has no field `x`",
        ),
        (json!({ "state": { "input": ["x"] } }), "state.input[0]", "the state has no field `x`"),
        (json!({ "state": { "output": ["x"] } }), "state.output[0]", "the state has no field `x`"),
        (
            json!({ "edges": [{ "from": "a", "to": "b", "join": "all" }] }),
            "edges[0].join",
            "only an edge from several nodes joins; name them in a list, or leave `join` out",
        ),
        (
            sub(graph(json!({}))),
            "nodes[0].recursionLimit",
            "no graph is done without a superstep; write 1 or more",
        ),
    ];
    let host = Host::default().writes(0, Value::Null);
    for (members, at, text) in wrong {
        let error = build(&host, members).unwrap_err();
        let expected = format!("the graph definition is wrong at `{at}`: {text}");
        assert_eq!(
            (error.code(), error.to_string()),
            (GraphErrorCode::InvalidDefinition, expected)
        );
    }
}

#[test]
fn a_function_that_the_host_has_not_is_named() {
    let wrong = [
        (json!({ "nodes": [{ "name": "a", "fn": 9 }] }), "nodes[0]", "node `a` (function 9)"),
        (json!({ "nodes": [{ "name": "a" }] }), "nodes[0]", "node `a`"),
        (
            json!({ "nodes": [{ "name": "a", "fn": 0, "errorHandler": 9 }] }),
            "nodes[0].errorHandler",
            "error handler of `a` (function 9)",
        ),
        (
            json!({ "conditionalEdges": [{ "from": "a", "fn": 9, "targets": ["a"] }] }),
            "conditionalEdges[0]",
            "router after `a` (function 9)",
        ),
        (
            json!({ "state": { "fields": { "x": { "reducer": "custom", "fn": 9 } } } }),
            "state.fields.x",
            "reducer of `x` (function 9)",
        ),
    ];
    let host = Host::default().writes(0, Value::Null);
    for (members, at, what) in wrong {
        for inside in [false, true] {
            let (members, at) = match inside {
                false => (members.clone(), at.to_owned()),
                true => (
                    json!({ "nodes": [{ "name": "s", "subgraph": graph(members.clone()) }] }),
                    format!("nodes[0].subgraph.{at}"),
                ),
            };
            let error = build(&host, members).unwrap_err();
            assert_eq!(error.code().as_str(), "MISSING_FUNCTION");
            assert_eq!(
                error.to_string(),
                format!(
                    "the graph definition asks at `{at}` for the {what}, and the host has none; give it that function"
                )
            );
        }
    }
}

#[test]
fn a_graph_that_does_not_compile_is_named() {
    let broken = json!({ "nodes": [{ "name": "tools", "fn": 0 }], "edges": [{ "from": "__start__", "to": "tool" }] });
    let inner = json!({ "nodes": [{ "name": "s", "subgraph": graph(broken.clone()) }] });
    let host = Host::default().writes(0, Value::Null);
    for (members, of) in [(broken, "the graph"), (inner, "the graph at `nodes[0].subgraph`")] {
        let error = build(&host, members).unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::UnknownNode);
        assert_eq!(
            chain(&error),
            format!(
                "{of} does not compile\nthe edge from \"__start__\" to \"tool\" names \"tool\", but there is no such node; \
                 did you mean \"tools\"?"
            )
        );
    }
}

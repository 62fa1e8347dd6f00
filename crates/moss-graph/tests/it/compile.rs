//! Graphs that do not compile, and what is said about them.

use moss_graph::{END, GraphError, JoinMode, NodeName, START, StateGraph};

use crate::support::{Trail, visitors};

#[track_caller]
fn assert_refused(graph: StateGraph<Trail>, code: &str, text: &str) -> GraphError {
    let error = graph.compile().unwrap_err();
    assert_eq!((error.code().as_str(), error.to_string().as_str()), (code, text));
    assert_eq!(error.code().to_string(), code);
    error
}

#[test]
fn names_that_no_node_may_have() {
    let texts = [
        ("", "a node's name is empty; give it a name"),
        ("__start__", "a node is named \"__start__\", which is reserved; give it another name"),
        (END, "a node is named \"__end__\", which is reserved; give it another name"),
        (
            "a|b",
            "the node name \"a|b\" holds '|', which separates checkpoint namespaces; leave it out",
        ),
        (
            "a:b",
            "the node name \"a:b\" holds ':', which separates checkpoint namespaces; leave it out",
        ),
    ];
    for (name, text) in texts {
        assert_refused(visitors([name]).edge(START, name), "INVALID_NODE_NAME", text);
        assert_eq!(NodeName::new(name).unwrap_err().to_string(), text);
    }
}

#[test]
fn two_nodes_of_one_name() {
    assert_refused(
        visitors(["a", "b", "a"]).edge(START, "a"),
        "DUPLICATE_NODE",
        "there are two nodes named \"a\"; give one of them another name",
    );
}

#[test]
fn edges_that_name_no_node() {
    let graph = || visitors(["llm", "tools"]).edge(START, "llm");
    assert_refused(
        graph().edge("llm", "toolz"),
        "UNKNOWN_NODE",
        "the edge from \"llm\" to \"toolz\" names \"toolz\", but there is no such node; did you mean \"tools\"?",
    );
    assert_refused(
        graph().edge("summarize", "tools"),
        "UNKNOWN_NODE",
        "the edge from \"summarize\" to \"tools\" names \"summarize\", but there is no such node; add it with \
         .node(\"summarize\", …) or correct the name",
    );
    assert_refused(
        graph().conditional_edge("llm", |_| END, ["Tools"]),
        "UNKNOWN_NODE",
        "the conditional edge from \"llm\" names \"Tools\", but there is no such node; did you mean \"tools\"?",
    );
    assert_refused(
        graph().join(["llm", "lm"], "tools"),
        "UNKNOWN_NODE",
        "the join into \"tools\" names \"lm\", but there is no such node; did you mean \"llm\"?",
    );
}

#[test]
fn nodes_that_no_way_leads_to() {
    assert_refused(
        visitors(["a", "b", "c"]).edge(START, "a").edge("b", "c").edge("c", "b"),
        "UNREACHABLE_NODE",
        "no way leads from __start__ to \"b\", \"c\"; add an edge to it, name it among the targets of a conditional \
         edge, or leave it out. A join is reached when all its sources are",
    );
}

#[test]
fn a_join_is_reached_when_its_sources_are() {
    let graph = |mode| {
        visitors(["a", "b", "c"]).edge(START, "a").edge("c", "b").join_with(mode, ["a", "b"], "c")
    };
    let GraphError::UnreachableNodes { nodes } = graph(JoinMode::All).compile().unwrap_err() else {
        panic!("b is reached from c only, and c waits for b");
    };
    assert_eq!(nodes, ["b", "c"]);
    graph(JoinMode::Reached).compile().unwrap();
}

#[test]
fn a_graph_that_does_not_begin() {
    let text = "the graph has no entry point; add an edge from START to the node that runs first";
    assert_refused(visitors([]), "MISSING_ENTRY_POINT", text);
    assert_refused(visitors(["a", "b"]).edge("a", "b"), "MISSING_ENTRY_POINT", text);
}

#[test]
fn edges_into_the_start_and_out_of_the_end() {
    let graph = || visitors(["a", "b"]).edge(START, "a").edge("a", "b");
    let into_start =
        "leads into __start__, where a run only begins; lead it to the node that should run";
    let out_of_end = "leads out of __end__, where a run has ended; let it leave the node before";
    let code = "INVALID_EDGE";
    assert_refused(
        graph().edge("b", START),
        code,
        &format!("the edge from \"b\" to \"__start__\" {into_start}"),
    );
    assert_refused(
        graph().conditional_edge("b", |_| END, [START]),
        code,
        &format!("the conditional edge from \"b\" {into_start}"),
    );
    assert_refused(
        graph().join(["a", "b"], START),
        code,
        &format!("the join into \"__start__\" {into_start}"),
    );
    assert_refused(
        graph().edge(END, "b"),
        code,
        &format!("the edge from \"__end__\" to \"b\" {out_of_end}"),
    );
    assert_refused(
        graph().conditional_edge(END, |_| "b", ["b"]),
        code,
        &format!("the conditional edge from \"__end__\" {out_of_end}"),
    );
    assert_refused(
        graph().join([END, "b"], "a"),
        code,
        &format!("the join into \"a\" {out_of_end}"),
    );
}

#[test]
fn joins_that_make_no_sense() {
    let graph = |sources: &[&str], target: &str| {
        visitors(["a", "b", "c"])
            .edge(START, "a")
            .edge(START, "b")
            .edge(START, "c")
            .join(sources.iter().copied(), target)
    };
    let code = "INVALID_JOIN";
    assert_refused(
        graph(&[], "c"),
        code,
        "the join into \"c\" has no source; name the nodes it waits for",
    );
    assert_refused(
        graph(&["a"], "c"),
        code,
        "the join into \"c\" has \"a\" as its only source; use a plain edge",
    );
    assert_refused(
        graph(&["a", "b", "a"], "c"),
        code,
        "the join into \"c\" names its source \"a\" twice; name it once",
    );
    assert_refused(
        graph(&["a", START], "c"),
        code,
        "the join into \"c\" has __start__ among its sources, which is always there; leave it out",
    );
    assert_refused(
        graph(&["a", "b"], END),
        code,
        "the join into \"__end__\" leads to __end__, where nothing waits; let each source end by itself",
    );
}

#[test]
fn a_conditional_edge_without_targets() {
    assert_refused(
        visitors(["a"]).edge(START, "a").conditional_edge("a", |_| END, [""; 0]),
        "MISSING_ROUTE_TARGETS",
        "the conditional edge from \"a\" declares no target; name all nodes its router may choose, and END where \
         it may end",
    );
}

#[test]
fn a_compiled_graph_tells_its_nodes_in_order() {
    let graph =
        visitors(["tools", "llm"]).edge(START, "llm").edge("llm", "tools").compile().unwrap();
    assert_eq!(graph.node_names().collect::<Vec<_>>(), ["llm", "tools"]);
    assert_eq!(format!("{graph:?}"), r#"CompiledGraph { nodes: ["llm", "tools"], .. }"#);
}

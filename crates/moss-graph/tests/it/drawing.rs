//! Pictures of graphs.

use moss_graph::{
    CompiledGraph, DrawFormat, END, JoinMode, NodeOptions, START, StateGraph, StateGraphEngine,
    Subgraph,
};

use crate::support::{Trail, visit, visitors};

fn graph() -> CompiledGraph<Trail> {
    visitors(["plan", "search", "read", "merge"])
        .node_with("report", visit, NodeOptions::new().deferred().ends(["plan"]))
        .edge(START, "plan")
        .conditional_edge("plan", |_| "search", ["search", "read", END])
        .join(["search", "read"], "merge")
        .join_with(JoinMode::Reached, ["search", "merge"], "report")
        .compile()
        .unwrap()
}

#[test]
fn a_picture_as_text() {
    assert_eq!(
        graph().draw(DrawFormat::Text),
        "__start__ → plan\n\
         merge → report (join of those reached)\n\
         plan → __end__?, read?, search?\n\
         read → merge (join)\n\
         report (deferred) → plan!\n\
         search → merge (join), report (join of those reached)\n"
    );
}

#[test]
fn a_picture_in_mermaid() {
    assert_eq!(
        graph().draw(DrawFormat::Mermaid),
        "flowchart TD\n  \
           n0([\"__start__\"])\n  \
           n1([\"__end__\"])\n  \
           n2[\"merge\"]\n  \
           n3[\"plan\"]\n  \
           n4[\"read\"]\n  \
           n5[[\"report\"]]\n  \
           n6[\"search\"]\n  \
           n0 --> n3\n  \
           n2 == reached ==> n5\n  \
           n3 -.-> n1\n  \
           n3 -.-> n4\n  \
           n3 -.-> n6\n  \
           n4 == all ==> n2\n  \
           n5 -. command .-> n3\n  \
           n6 == all ==> n2\n  \
           n6 == reached ==> n5\n"
    );
}

#[test]
fn a_picture_for_graphviz_shows_the_graph_in_a_node() {
    let inner = visitors(["say \"hi\""]).edge(START, "say \"hi\"").compile().unwrap();
    let sub: Subgraph<Trail, Trail> = Subgraph::new(
        StateGraphEngine::new(inner),
        Trail::default(),
        |_| Trail::update(),
        |_| Trail::update(),
    );
    let outer = StateGraph::<Trail>::new().node("sub", sub).edge(START, "sub").compile().unwrap();
    assert_eq!(
        outer.draw(DrawFormat::Dot),
        r#"digraph {
  node [shape=box];
  "__start__" [label="__start__", shape=oval];
  "__end__" [label="__end__", shape=oval];
  "sub" [label="sub"];
  subgraph "cluster_sub" {
    label="sub";
    "sub|__start__" [label="__start__", shape=oval];
    "sub|__end__" [label="__end__", shape=oval];
    "sub|say \"hi\"" [label="say \"hi\""];
    "sub|__start__" -> "sub|say \"hi\"";
    "sub|say \"hi\"" -> "sub|__end__";
  }
  "__start__" -> "sub";
  "sub" -> "__end__";
}
"#
    );
    assert!(outer.draw(DrawFormat::Mermaid).contains("[\"say #34;hi#34;\"]"));
}

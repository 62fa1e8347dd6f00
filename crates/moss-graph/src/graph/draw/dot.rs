//! Pictures for Graphviz.

use std::fmt::Write as _;

use super::super::name::{END, START};
use super::{Drawing, EdgeKind};

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = "digraph {\n  node [shape=box];\n".to_owned();
    graph(&mut out, drawing, "", 1);
    out.push_str("}\n");
    out
}

// Writing to a text does not fail.
fn graph(out: &mut String, drawing: &Drawing, path: &str, depth: usize) {
    let indent = "  ".repeat(depth);
    let id = |name: &str| format!("{:?}", format!("{path}{name}"));
    for end in [START, END] {
        let _ = writeln!(out, "{indent}{} [label={end:?}, shape=oval];", id(end));
    }
    for node in &drawing.nodes {
        let name = &node.name;
        let shape = if node.deferred { ", peripheries=2" } else { "" };
        let _ = writeln!(out, "{indent}{} [label={name:?}{shape}];", id(name));
        if let Some(inner) = &node.inner {
            let _ = writeln!(out, "{indent}subgraph {:?} {{", format!("cluster_{path}{name}"));
            let _ = writeln!(out, "{indent}  label={name:?};");
            graph(out, inner, &format!("{path}{name}|"), depth + 1);
            let _ = writeln!(out, "{indent}}}");
        }
    }
    for edge in &drawing.edges {
        let style = match edge.kind {
            EdgeKind::Plain => "",
            EdgeKind::Conditional => " [style=dashed]",
            EdgeKind::Command => " [style=dotted]",
            EdgeKind::Join => " [style=bold, label=\"all\"]",
            EdgeKind::JoinReached => " [style=bold, label=\"reached\"]",
        };
        let _ = writeln!(out, "{indent}{} -> {}{style};", id(&edge.source), id(&edge.target));
    }
}

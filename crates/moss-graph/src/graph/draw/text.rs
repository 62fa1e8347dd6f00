//! Pictures as lines of text.

use std::fmt::Write as _;

use super::super::name::START;
use super::{Drawing, EdgeKind};

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = String::new();
    graph(&mut out, drawing, 0);
    out
}

// Writing to a text does not fail.
fn graph(out: &mut String, drawing: &Drawing, depth: usize) {
    let indent = "  ".repeat(depth);
    leads(out, drawing, START, &indent);
    for node in &drawing.nodes {
        let deferred = if node.deferred { " (deferred)" } else { "" };
        let _ = write!(out, "{indent}{}{deferred}", node.name);
        targets(out, drawing, &node.name);
        out.push('\n');
        if let Some(inner) = &node.inner {
            graph(out, inner, depth + 1);
        }
    }
}

fn leads(out: &mut String, drawing: &Drawing, name: &str, indent: &str) {
    let _ = write!(out, "{indent}{name}");
    targets(out, drawing, name);
    out.push('\n');
}

fn targets(out: &mut String, drawing: &Drawing, name: &str) {
    for (place, edge) in drawing.edges.iter().filter(|edge| edge.source == name).enumerate() {
        let comma = if place == 0 { " → " } else { ", " };
        let kind = match edge.kind {
            EdgeKind::Plain => "",
            EdgeKind::Conditional => "?",
            EdgeKind::Command => "!",
            EdgeKind::Join => " (join)",
            EdgeKind::JoinReached => " (join of those reached)",
        };
        let _ = write!(out, "{comma}{}{kind}", edge.target);
    }
}

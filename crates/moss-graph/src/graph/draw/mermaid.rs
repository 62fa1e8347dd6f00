//! Pictures as Mermaid flowcharts.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::super::name::{END, START};
use super::{Drawing, EdgeKind};

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = "flowchart TD\n".to_owned();
    Writer { out: &mut out, next: 0 }.graph(drawing, 1);
    out
}

struct Writer<'o> {
    out: &'o mut String,
    /// Ids are numbers: names may hold what Mermaid takes for its own.
    next: usize,
}

impl Writer<'_> {
    // Writing to a text does not fail.
    fn line(&mut self, depth: usize, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.out, "{}{line}", "  ".repeat(depth));
    }

    fn graph(&mut self, drawing: &Drawing, depth: usize) {
        let mut ids = HashMap::new();
        for end in [START, END] {
            ids.insert(end, self.id());
            self.line(depth, format_args!("{}([{}])", ids[end], quoted(end)));
        }
        for node in &drawing.nodes {
            let id = self.id();
            match &node.inner {
                Some(inner) => {
                    self.line(depth, format_args!("subgraph {id}[{}]", quoted(&node.name)));
                    self.graph(inner, depth + 1);
                    self.line(depth, format_args!("end"));
                }
                None if node.deferred => {
                    self.line(depth, format_args!("{id}[[{}]]", quoted(&node.name)));
                }
                None => self.line(depth, format_args!("{id}[{}]", quoted(&node.name))),
            }
            ids.insert(&node.name, id);
        }
        for edge in &drawing.edges {
            let arrow = match edge.kind {
                EdgeKind::Plain => "-->",
                EdgeKind::Conditional => "-.->",
                EdgeKind::Command => "-. command .->",
                EdgeKind::Join => "== all ==>",
                EdgeKind::JoinReached => "== reached ==>",
            };
            let id = |name: &str| ids.get(name).map_or("", String::as_str);
            let line = format!("{} {arrow} {}", id(&edge.source), id(&edge.target));
            self.line(depth, format_args!("{line}"));
        }
    }

    fn id(&mut self) -> String {
        self.next += 1;
        format!("n{}", self.next - 1)
    }
}

fn quoted(name: &str) -> String {
    let escaped: String = name
        .chars()
        .map(|c| match c {
            '"' | '#' | '<' | '>' | '&' | '\n' | '\r' => format!("#{};", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

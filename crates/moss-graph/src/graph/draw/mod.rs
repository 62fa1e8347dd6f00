//! Pictures of graphs.

mod dot;
mod mermaid;
mod text;

use super::builder::JoinMode;
use super::compiled::{CompiledGraph, Outgoing};
use super::name::{END, START};
use crate::State;

/// In which language a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DrawFormat {
    /// A Mermaid flowchart.
    Mermaid,
    /// Graphviz.
    Dot,
    /// Lines of text: each node, and where it leads.
    Text,
}

/// What a picture of a graph shows, for those who draw it themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawing {
    /// The nodes, by name.
    pub nodes: Vec<DrawnNode>,
    /// What leads from one to another.
    pub edges: Vec<DrawnEdge>,
}

/// A node of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnNode {
    /// Its name.
    pub name: String,
    /// Whether it waits for everything else.
    pub deferred: bool,
    /// The graph in it, where it is one.
    pub inner: Option<Drawing>,
}

/// Something that leads from one node to another, or from `__start__`, or to `__end__`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DrawnEdge {
    /// Where it leaves.
    pub source: String,
    /// Where it leads.
    pub target: String,
    /// What it is.
    pub kind: EdgeKind,
}

/// What leads from one node to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// An edge.
    Plain,
    /// A router may choose it.
    Conditional,
    /// The node's command may name it.
    Command,
    /// One of the sources of a join, all of which it waits for.
    Join,
    /// One of the sources of a join that waits for those which are reached.
    JoinReached,
}

impl<S: State> CompiledGraph<S> {
    /// A picture of the graph, with the graphs in its nodes.
    #[must_use]
    pub fn draw(&self, format: DrawFormat) -> String {
        self.drawing().write(format)
    }

    /// What a picture of the graph shows.
    #[must_use]
    pub fn drawing(&self) -> Drawing {
        let mut drawing = Drawing::default();
        self.add_edges(&mut drawing, START, self.start());
        for index in self.node_indices() {
            let name = self.node_name(index).as_str();
            drawing.nodes.push(DrawnNode {
                name: name.to_owned(),
                deferred: self.is_deferred(index),
                inner: self.node(index).drawing(),
            });
            let outgoing = self.outgoing(index);
            self.add_edges(&mut drawing, name, outgoing);
            let ends = self.ends(index);
            // A node whose commands may lead anywhere would cover the picture.
            if !ends.any {
                for target in self.declared(&ends.targets, ends.may_end) {
                    drawing.add(name, target, EdgeKind::Command);
                }
            }
            if outgoing.is_empty() && (ends.any || ends.targets.is_empty()) {
                drawing.add(name, END.to_owned(), EdgeKind::Plain);
            }
        }
        for join in self.joins() {
            let kind = match join.mode {
                JoinMode::All => EdgeKind::Join,
                JoinMode::Reached => EdgeKind::JoinReached,
            };
            for source in &join.sources {
                let target = self.node_name(join.target).to_string();
                drawing.add(self.node_name(*source).as_str(), target, kind);
            }
        }
        drawing.edges.sort();
        drawing.edges.dedup();
        drawing
    }

    fn add_edges(&self, drawing: &mut Drawing, source: &str, outgoing: &Outgoing<S>) {
        for target in &outgoing.edges {
            drawing.add(source, self.node_name(*target).to_string(), EdgeKind::Plain);
        }
        for edge in &outgoing.conditional_edges {
            for target in self.declared(&edge.targets, edge.may_end) {
                drawing.add(source, target, EdgeKind::Conditional);
            }
        }
    }
}

impl Drawing {
    /// The picture in one of the languages.
    #[must_use]
    pub fn write(&self, format: DrawFormat) -> String {
        match format {
            DrawFormat::Mermaid => mermaid::write(self),
            DrawFormat::Dot => dot::write(self),
            DrawFormat::Text => text::write(self),
        }
    }

    fn add(&mut self, source: &str, target: String, kind: EdgeKind) {
        self.edges.push(DrawnEdge { source: source.to_owned(), target, kind });
    }
}

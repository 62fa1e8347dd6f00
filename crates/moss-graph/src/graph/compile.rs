//! From the builder's names to a graph that runs.

use std::collections::BTreeSet;

use super::builder::{ConditionalEdgeSpec, JoinEdge, StateGraph};
use super::compiled::{
    CompiledGraph, CompiledNode, ConditionalEdge, Join, JoinIndex, NodeIndex, Outgoing,
};
use super::name::{END, NodeName, START};
use super::reach;
use super::suggest::nearest;
use crate::error::JoinProblem;
use crate::{GraphError, State};

pub(super) fn compile<S: State>(graph: StateGraph<S>) -> Result<CompiledGraph<S>, GraphError> {
    let mut compiler = Compiler::new(graph.nodes.iter().map(|(name, _)| name.as_str()))?;
    for (source, target) in &graph.edges {
        compiler.edge(source, target)?;
    }
    for join in &graph.joins {
        compiler.join(join)?;
    }
    for edge in graph.conditional_edges {
        compiler.conditional_edge(edge)?;
    }
    if compiler.start.is_empty() && !compiler.ends_at_once {
        return Err(GraphError::MissingEntryPoint);
    }

    let Compiler { names, start, outgoing, joins, .. } = compiler;
    let mut nodes = graph.nodes;
    nodes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let nodes: Vec<_> = names
        .into_iter()
        .zip(nodes)
        .zip(outgoing)
        .map(|((name, (_, node)), outgoing)| CompiledNode { name, node, outgoing })
        .collect();
    let unreachable = reach::unreachable(&start, &nodes, &joins);
    if !unreachable.is_empty() {
        let nodes = unreachable.into_iter().map(|index| nodes[index.0].name.clone()).collect();
        return Err(GraphError::UnreachableNodes { nodes });
    }
    Ok(CompiledGraph::new(nodes, start, joins))
}

struct Compiler<S> {
    /// Sorted.
    names: Vec<NodeName>,
    start: Outgoing<S>,
    /// By node.
    outgoing: Vec<Outgoing<S>>,
    joins: Vec<Join>,
    /// Whether a plain edge leads from `__start__` to `__end__`.
    ends_at_once: bool,
}

/// What a name in an edge stands for.
enum Place {
    Start,
    Node(NodeIndex),
    End,
}

impl<S> Compiler<S> {
    fn new<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, GraphError> {
        let mut names = names.map(NodeName::new).collect::<Result<Vec<_>, _>>()?;
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(GraphError::DuplicateNode { node: pair[0].clone() });
        }
        let outgoing = names.iter().map(|_| Outgoing::default()).collect();
        Ok(Self {
            names,
            start: Outgoing::default(),
            outgoing,
            joins: Vec::new(),
            ends_at_once: false,
        })
    }

    fn edge(&mut self, source: &str, target: &str) -> Result<(), GraphError> {
        let edge = || format!("the edge from {source:?} to {target:?}");
        let target = self.target(target, edge)?;
        let from_start = source == START;
        let outgoing = self.source(source, edge)?;
        match target {
            Some(target) => insert_once(&mut outgoing.edges, target),
            None => self.ends_at_once |= from_start,
        }
        Ok(())
    }

    fn join(&mut self, join: &JoinEdge) -> Result<(), GraphError> {
        let edge = || format!("the join into {:?}", join.target);
        let invalid = |problem| GraphError::InvalidJoin { target: join.target.clone(), problem };
        let Some(target) = self.target(&join.target, edge)? else {
            return Err(invalid(JoinProblem::EndAsTarget));
        };
        let mut sources = BTreeSet::new();
        for source in &join.sources {
            let index = match self.place(source, edge)? {
                Place::Node(index) => index,
                Place::Start => return Err(invalid(JoinProblem::StartAsSource)),
                Place::End => return Err(GraphError::EdgeOutOfEnd { edge: edge() }),
            };
            if !sources.insert(index) {
                let source_node = source.clone();
                return Err(invalid(JoinProblem::DuplicateSource { source_node }));
            }
        }
        match join.sources.as_slice() {
            [] => return Err(invalid(JoinProblem::NoSource)),
            [source] => {
                let source_node = source.clone();
                return Err(invalid(JoinProblem::OneSource { source_node }));
            }
            _ => {}
        }
        for source in &sources {
            self.outgoing[source.0].joins.push(JoinIndex(self.joins.len()));
        }
        self.joins.push(Join { mode: join.mode, sources, target });
        Ok(())
    }

    fn conditional_edge(&mut self, spec: ConditionalEdgeSpec<S>) -> Result<(), GraphError> {
        let ConditionalEdgeSpec { source, router, targets: declared } = spec;
        let edge = || format!("the conditional edge from {source:?}");
        if declared.is_empty() {
            return Err(GraphError::MissingRouteTargets { node: source });
        }
        let mut targets = BTreeSet::new();
        let mut may_end = false;
        for target in &declared {
            match self.target(target, edge)? {
                Some(target) => {
                    targets.insert(target);
                }
                None => may_end = true,
            }
        }
        let targets = targets.into_iter().collect();
        let outgoing = self.source(&source, edge)?;
        outgoing.conditional_edges.push(ConditionalEdge { router, targets, may_end });
        Ok(())
    }

    fn source(
        &mut self,
        name: &str,
        edge: impl Fn() -> String,
    ) -> Result<&mut Outgoing<S>, GraphError> {
        match self.place(name, &edge)? {
            Place::Start => Ok(&mut self.start),
            Place::Node(index) => Ok(&mut self.outgoing[index.0]),
            Place::End => Err(GraphError::EdgeOutOfEnd { edge: edge() }),
        }
    }

    /// The node an edge leads to, or none where it leads to [`END`].
    fn target(
        &self,
        name: &str,
        edge: impl Fn() -> String,
    ) -> Result<Option<NodeIndex>, GraphError> {
        match self.place(name, &edge)? {
            Place::Start => Err(GraphError::EdgeIntoStart { edge: edge() }),
            Place::Node(index) => Ok(Some(index)),
            Place::End => Ok(None),
        }
    }

    fn place(&self, name: &str, edge: impl Fn() -> String) -> Result<Place, GraphError> {
        match name {
            START => Ok(Place::Start),
            END => Ok(Place::End),
            _ => match self.names.binary_search_by(|known| known.as_str().cmp(name)) {
                Ok(index) => Ok(Place::Node(NodeIndex(index))),
                Err(_) => Err(GraphError::UnknownNode {
                    name: name.to_owned(),
                    edge: edge(),
                    nearest: nearest(name, &self.names).cloned(),
                }),
            },
        }
    }
}

fn insert_once(targets: &mut Vec<NodeIndex>, target: NodeIndex) {
    // Twice the same edge is one edge, as in LangGraph.
    if !targets.contains(&target) {
        targets.push(target);
    }
}

//! From the builder's names to a graph that runs.

use std::collections::BTreeSet;

use super::builder::{ConditionalEdgeSpec, Interrupts, JoinEdge, StateGraph};
use super::compiled::{
    CompiledEnds, CompiledGraph, CompiledNode, ConditionalEdge, Join, JoinIndex, NodeIndex,
    Outgoing, Stops,
};
use super::name::{END, NodeName, START};
use super::options::Ends;
use super::reach;
use super::suggest::nearest;
use crate::error::JoinProblem;
use crate::{GraphError, State};

pub(super) fn compile<S: State>(graph: StateGraph<S>) -> Result<CompiledGraph<S>, GraphError> {
    let mut compiler = Compiler::new(graph.nodes.iter().map(|node| node.name.as_str()))?;
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

    let stops = Stops {
        before: compiler.stops(&graph.interrupt_before, "interrupt_before")?,
        after: compiler.stops(&graph.interrupt_after, "interrupt_after")?,
    };
    let mut specs = graph.nodes;
    specs.sort_by(|a, b| a.name.cmp(&b.name));
    let mut ends = Vec::with_capacity(specs.len());
    for spec in &mut specs {
        spec.options = std::mem::take(&mut spec.options).or(&graph.defaults);
        ends.push(compiler.ends(&spec.name, &spec.options.ends)?);
    }
    let Compiler { names, start, outgoing, joins, .. } = compiler;
    let nodes: Vec<_> = names
        .into_iter()
        .zip(specs)
        .zip(outgoing)
        .zip(ends)
        .map(|(((name, spec), outgoing), ends)| CompiledNode {
            name,
            node: spec.node,
            options: spec.options,
            ends,
            outgoing,
        })
        .collect();
    let unreachable = reach::unreachable(&start, &nodes, &joins);
    if !unreachable.is_empty() {
        let nodes = unreachable.into_iter().map(|index| nodes[index.0].name.clone()).collect();
        return Err(GraphError::UnreachableNodes { nodes });
    }
    Ok(CompiledGraph::new(nodes, start, joins, graph.execution, stops))
}

struct Compiler<S: State> {
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

impl<S: State> Compiler<S> {
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
        // Twice the same join is one join, as it is with edges; a stored thread tells joins apart by what they say.
        let is_known = |known: &Join| {
            known.mode == join.mode && known.sources == sources && known.target == target
        };
        if self.joins.iter().any(is_known) {
            return Ok(());
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

    /// Where the commands of a node may lead.
    fn ends(&self, node: &str, ends: &Ends) -> Result<CompiledEnds, GraphError> {
        let names = match ends {
            Ends::None => return Ok(CompiledEnds::default()),
            Ends::Any => {
                let targets = (0..self.names.len()).map(NodeIndex).collect();
                return Ok(CompiledEnds { targets, may_end: true, any: true });
            }
            Ends::Declared(names) => names,
        };
        let edge = || format!("the declared ends of {node:?}");
        let mut compiled = CompiledEnds::default();
        for name in names {
            match self.target(name, edge)? {
                Some(target) => compiled.targets.push(target),
                None => compiled.may_end = true,
            }
        }
        compiled.targets.sort_unstable();
        compiled.targets.dedup();
        Ok(compiled)
    }

    fn stops(&self, at: &Interrupts, what: &str) -> Result<BTreeSet<NodeIndex>, GraphError> {
        let names = match at {
            Interrupts::None => return Ok(BTreeSet::new()),
            Interrupts::All => return Ok((0..self.names.len()).map(NodeIndex).collect()),
            Interrupts::At(names) => names,
        };
        let mut stops = BTreeSet::new();
        for name in names {
            // The two ends of a graph are no nodes: nothing stops there.
            if let Place::Node(node) = self.place(name, || what.to_owned())? {
                stops.insert(node);
            }
        }
        Ok(stops)
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

//! From a definition to a graph.

use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use super::error::{DefinitionError, DefinitionProblem, FunctionKind};
use super::share::Shared;
use super::{
    Behaviours, CacheDefinition, EdgeDefinition, FunctionRef, GraphDefinition, Names, NodeBody,
    NodeDefinition, ReducerDefinition, Sources, StateDefinition,
};
use crate::graph::nearest;
use crate::json::{JsonFields, JsonState, Reducer};
use crate::{
    CachePolicy, CompiledGraph, END, JoinMode, Node, NodeOptions, RetryPolicy, StateGraph,
    StateGraphEngine, SubgraphMemory,
};

/// A graph that was built from its definition.
#[derive(Debug, Clone)]
pub struct BuiltGraph {
    /// The graph.
    pub graph: CompiledGraph<JsonState>,
    /// The fields of its state.
    pub fields: JsonFields,
}

impl GraphDefinition {
    /// Builds the graph with the host's functions.
    ///
    /// # Errors
    /// [`DefinitionError`] for the first mistake found, with its place.
    pub fn build(
        &self,
        behaviours: &(impl Behaviours + ?Sized),
    ) -> Result<BuiltGraph, DefinitionError> {
        Builder { behaviours, graph: &[], at: String::new() }.whole(self)
    }
}

/// Builds one of the graphs.
struct Builder<'b, B: ?Sized> {
    behaviours: &'b B,
    /// The nodes that it is in.
    graph: &'b [&'b str],
    /// Its place, with a dot behind it; empty for the whole.
    at: String,
}

/// The JSON of the fields that a node's output depends on.
struct CacheKey<'s>(&'s JsonState, Option<&'s [String]>);

impl Display for CacheKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.sent(), self.1) {
            (Some(sent), _) => Display::fmt(sent, f),
            (None, Some(fields)) => Display::fmt(&self.0.view(fields), f),
            (None, None) => Display::fmt(&self.0.to_value(), f),
        }
    }
}

impl<B: Behaviours + ?Sized> Builder<'_, B> {
    fn whole(&self, definition: &GraphDefinition) -> Result<BuiltGraph, DefinitionError> {
        let fields = self.state(&definition.state)?;
        let mut graph = StateGraph::new()
            .execution(definition.execution)
            .interrupt_before(&definition.interrupt_before)
            .interrupt_after(&definition.interrupt_after);
        for (place, node) in definition.nodes.iter().enumerate() {
            let at = format!("{}nodes[{place}]", self.at);
            let body = self.body(node, &fields, &at)?;
            let options = self.options(node, &fields, &at)?;
            graph = graph.node_with(&node.name, body, options);
        }
        for (place, edge) in definition.edges.iter().enumerate() {
            graph = self.edge(graph, edge, place)?;
        }
        for (place, edge) in definition.conditional_edges.iter().enumerate() {
            let wanted = self.function(edge.function, &edge.from);
            let router = self.behaviours.router(&wanted).ok_or_else(|| {
                let at = format!("{}conditionalEdges[{place}]", self.at);
                missing(at, FunctionKind::Router, &wanted)
            })?;
            let targets = match &edge.targets {
                Names::Listed(names) => names.clone(),
                Names::All => {
                    let nodes = definition.nodes.iter().map(|node| node.name.clone());
                    nodes.chain([END.to_owned()]).collect()
                }
            };
            graph = graph.conditional_edge_async(&edge.from, move |state| router(state), targets);
        }
        let at = self.at.trim_end_matches('.');
        let graph = graph
            .compile()
            .map_err(|source| DefinitionError::Graph { at: at.to_owned(), source })?;
        Ok(BuiltGraph { graph, fields })
    }

    fn state(&self, state: &StateDefinition) -> Result<JsonFields, DefinitionError> {
        let mut fields = JsonFields::new();
        for (name, field) in &state.fields {
            let reducer = match field.reducer {
                ReducerDefinition::LastValue => Reducer::LastValue,
                ReducerDefinition::AnyValue => Reducer::AnyValue,
                ReducerDefinition::Append => Reducer::Append,
                ReducerDefinition::Messages => Reducer::Messages,
                ReducerDefinition::Add => Reducer::Add,
                ReducerDefinition::Merge => Reducer::Merge,
                ReducerDefinition::Topic { unique, accumulate } => {
                    Reducer::Topic { unique, accumulate }
                }
                ReducerDefinition::Ephemeral { guard } => Reducer::Ephemeral { guard },
                ReducerDefinition::Untracked { guard } => Reducer::Untracked { guard },
                ReducerDefinition::Custom { function } => {
                    let wanted = self.function(function, name);
                    self.behaviours.reducer(&wanted).ok_or_else(|| {
                        let at = format!("{}state.fields.{name}", self.at);
                        missing(at, FunctionKind::Reducer, &wanted)
                    })?
                }
            };
            fields = match &field.default {
                Some(default) => fields.field_with_default(name, reducer, default.clone()),
                None => fields.field(name, reducer),
            };
        }
        if let Some(input) = &state.input {
            known(&fields, input, || format!("{}state.input", self.at))?;
            fields = fields.input(input);
        }
        if let Some(output) = &state.output {
            known(&fields, output, || format!("{}state.output", self.at))?;
            fields = fields.output(output);
        }
        Ok(fields)
    }

    fn body(
        &self,
        node: &NodeDefinition,
        fields: &JsonFields,
        at: &str,
    ) -> Result<Arc<dyn Node<JsonState>>, DefinitionError> {
        match &node.body {
            NodeBody::Function { function, fields: seen } => {
                if let Some(seen) = seen {
                    known(fields, seen, || format!("{at}.fields"))?;
                }
                let wanted = self.function(*function, &node.name);
                let node = self.behaviours.node(&wanted, seen.as_deref());
                node.ok_or_else(|| missing(at.to_owned(), FunctionKind::Node, &wanted))
            }
            NodeBody::Subgraph { definition, memory, recursion_limit } => {
                if *recursion_limit == Some(0) {
                    let at = format!("{at}.recursionLimit");
                    return Err(invalid(at, DefinitionProblem::NoSuperstep));
                }
                let rules = (*memory, *recursion_limit);
                self.subgraph(node, definition, rules, fields, at)
            }
        }
    }

    fn subgraph(
        &self,
        node: &NodeDefinition,
        definition: &GraphDefinition,
        (memory, recursion_limit): (SubgraphMemory, Option<u64>),
        around: &JsonFields,
        at: &str,
    ) -> Result<Arc<dyn Node<JsonState>>, DefinitionError> {
        let mut path = self.graph.to_vec();
        path.push(&node.name);
        let inner =
            Builder { behaviours: self.behaviours, graph: &path, at: format!("{at}.subgraph.") };
        let BuiltGraph { graph, fields } = inner.whole(definition)?;
        let wanted = self.function(None, &node.name);
        let mut engine = StateGraphEngine::persistent(graph, fields.initial());
        if let Some(cache) = self.behaviours.cache(&wanted) {
            engine = engine.with_cache(cache);
        }
        let mut subgraph = Shared::between(around, &fields).subgraph(engine).memory(memory);
        if let Some(limit) = recursion_limit {
            subgraph = subgraph.recursion_limit(limit);
        }
        Ok(self.behaviours.subgraph(&wanted, Arc::new(subgraph)))
    }

    fn options(
        &self,
        node: &NodeDefinition,
        fields: &JsonFields,
        at: &str,
    ) -> Result<NodeOptions<JsonState>, DefinitionError> {
        let mut options = NodeOptions::new();
        options.ends = (&node.ends).into();
        if node.defer {
            options = options.deferred();
        }
        for (place, retry) in node.retry.iter().enumerate() {
            let at = |member| format!("{at}.retry[{place}].{member}");
            if retry.attempts == Some(0) {
                return Err(invalid(at("attempts"), DefinitionProblem::NoAttempt));
            }
            if retry.factor.is_some_and(|factor| factor < 1.0) {
                return Err(invalid(at("factor"), DefinitionProblem::ShrinkingWaits));
            }
            let function = match &node.body {
                NodeBody::Function { function, .. } => *function,
                NodeBody::Subgraph { .. } => None,
            };
            let judge = self.behaviours.retry_judge(&self.function(function, &node.name), place);
            options = options.retry(RetryPolicy { judge, ..retry.policy() });
        }
        if let Some(timeout) = &node.timeout {
            for (member, limit) in [("runMs", timeout.run_ms), ("idleMs", timeout.idle_ms)] {
                if limit == Some(0) {
                    let at = format!("{at}.timeout.{member}");
                    return Err(invalid(at, DefinitionProblem::NoTime));
                }
            }
            options = options.timeout(timeout.policy());
        }
        if let Some(function) = node.error_handler {
            let wanted = self.function(Some(function), &node.name);
            let handler = self.behaviours.error_handler(&wanted).ok_or_else(|| {
                missing(format!("{at}.errorHandler"), FunctionKind::ErrorHandler, &wanted)
            })?;
            options = options.on_error(handler);
        }
        if let Some(CacheDefinition { ttl_ms, fields: seen }) = &node.cache {
            if let Some(seen) = seen {
                known(fields, seen, || format!("{at}.cache.fields"))?;
            }
            let seen = seen.clone();
            let mut policy = CachePolicy::by(move |state: &JsonState| {
                CacheKey(state, seen.as_deref()).to_string()
            });
            if let Some(ttl) = ttl_ms {
                policy = policy.ttl(Duration::from_millis(*ttl));
            }
            options = options.cache(policy);
        }
        for (key, value) in &node.metadata {
            options = options.metadata(key, value.clone());
        }
        Ok(options)
    }

    fn edge(
        &self,
        graph: StateGraph<JsonState>,
        edge: &EdgeDefinition,
        place: usize,
    ) -> Result<StateGraph<JsonState>, DefinitionError> {
        match (&edge.from, edge.join) {
            (Sources::One(from), None) => Ok(graph.edge(from, &edge.to)),
            (Sources::One(_), Some(_)) => {
                let at = format!("{}edges[{place}].join", self.at);
                Err(invalid(at, DefinitionProblem::NoJoin))
            }
            (Sources::Join(from), None) => Ok(graph.join_with(JoinMode::All, from, &edge.to)),
            (Sources::Join(from), Some(mode)) => Ok(graph.join_with(mode, from, &edge.to)),
        }
    }

    const fn function<'f>(&'f self, function: Option<u32>, name: &'f str) -> FunctionRef<'f> {
        FunctionRef { function, name, graph: self.graph }
    }
}

fn known(
    fields: &JsonFields,
    names: &[String],
    at: impl Fn() -> String,
) -> Result<(), DefinitionError> {
    let there: Vec<&str> = fields.names().collect();
    match names.iter().enumerate().find(|(_, name)| !there.contains(&name.as_str())) {
        None => Ok(()),
        Some((place, name)) => {
            let nearest = nearest(name, &there).map(|name| (*name).to_owned());
            let problem = DefinitionProblem::UnknownField { field: name.clone(), nearest };
            Err(invalid(format!("{}[{place}]", at()), problem))
        }
    }
}

const fn invalid(at: String, problem: DefinitionProblem) -> DefinitionError {
    DefinitionError::Invalid { at, problem }
}

fn missing(at: String, kind: FunctionKind, wanted: &FunctionRef<'_>) -> DefinitionError {
    let FunctionRef { function, name, .. } = *wanted;
    DefinitionError::MissingFunction { at, kind, function, name: name.to_owned() }
}

//! A host whose functions have numbers.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use moss_graph::json::definition::{
    Behaviours, BuiltGraph, DefinitionError, FunctionRef, GraphDefinition, JsonRouter,
};
use moss_graph::json::{JsonState, Reducer, command_from_json, json_node, json_node_on};
use moss_graph::{
    Command, ErrorHandler, MemoryCache, Node, NodeCache, NodeContext, NodeError, NodeFailure,
    RetryJudge, Route, RunOptions, StateGraphEngine,
};
use serde_json::{Value, json};

type Run = dyn Fn(Value) -> Result<Value, NodeError> + Send + Sync;

/// A host whose functions have numbers. It notes what it is asked for.
#[derive(Default)]
pub(super) struct Host {
    functions: HashMap<u32, Arc<Run>>,
    pub(super) asked: Mutex<Vec<String>>,
    pub(super) caches: bool,
    /// For each retry policy, the text of the errors it is for; all where there is none.
    pub(super) retries: Vec<&'static str>,
}

impl Host {
    /// A function: a node of what it sees, a router of the state, a reducer of `[value, writes]`, an error handler of the
    /// error's text.
    pub(super) fn with(
        mut self,
        number: u32,
        run: impl Fn(Value) -> Result<Value, NodeError> + Send + Sync + 'static,
    ) -> Self {
        self.functions.insert(number, Arc::new(run));
        self
    }

    /// A node that writes this, whatever it sees.
    pub(super) fn writes(self, number: u32, written: Value) -> Self {
        self.with(number, move |_| Ok(written.clone()))
    }

    fn find(&self, kind: &str, at: &FunctionRef<'_>) -> Option<Arc<Run>> {
        let path: String = at.graph.iter().map(|node| format!("{node}/")).collect();
        self.asked.lock().unwrap().push(format!("{kind} {path}{}", at.name));
        self.functions.get(&at.function?).cloned()
    }
}

fn command(written: Value) -> Result<Command<JsonState>, NodeError> {
    use moss_graph::NodeOutput;
    if written.get("goto").is_some() || written.get("graph").is_some() {
        let any = moss_graph::json::JsonFields::new().initial();
        return Ok(command_from_json(&any, written)?);
    }
    written.into_command()
}

impl Behaviours for Host {
    fn node(
        &self,
        at: &FunctionRef<'_>,
        fields: Option<&[String]>,
    ) -> Option<Arc<dyn Node<JsonState>>> {
        let run = self.find("node", at)?;
        let run = move |seen: Value, _: NodeContext| {
            let run = Arc::clone(&run);
            async move { command(run(seen)?) }
        };
        Some(match fields {
            None => Arc::new(json_node(run)),
            Some(fields) => Arc::new(json_node_on(fields, run)),
        })
    }

    fn router(&self, at: &FunctionRef<'_>) -> Option<Arc<JsonRouter>> {
        let run = self.find("router", at)?;
        Some(Arc::new(move |state: Arc<JsonState>| {
            let run = Arc::clone(&run);
            Box::pin(async move {
                let target = run(state.to_value())?;
                Ok(Route::from(target.as_str().unwrap().to_owned()))
            })
        }))
    }

    fn reducer(&self, at: &FunctionRef<'_>) -> Option<Reducer> {
        let run = self.find("reducer", at)?;
        Some(Reducer::later(move |held: Option<Arc<Value>>, writes: Vec<Value>| {
            let reduced = run(json!([held.map(Arc::unwrap_or_clone), writes]));
            async move { reduced.map_err(|error| error.to_string()) }
        }))
    }

    fn error_handler(&self, at: &FunctionRef<'_>) -> Option<Arc<dyn ErrorHandler<JsonState>>> {
        let run = self.find("error handler", at)?;
        let handle = move |_: Arc<JsonState>, failure: Arc<NodeFailure>, _: NodeContext| {
            let run = Arc::clone(&run);
            async move { command(run(json!(failure.node().as_str()))?) }
        };
        Some(Arc::new(handle))
    }

    fn retry_judge(&self, _: &FunctionRef<'_>, policy: usize) -> Option<Arc<RetryJudge>> {
        let text = *self.retries.get(policy)?;
        Some(Arc::new(move |error| error.to_string() == text))
    }

    fn subgraph(
        &self,
        at: &FunctionRef<'_>,
        node: Arc<dyn Node<JsonState>>,
    ) -> Arc<dyn Node<JsonState>> {
        let _ = self.find("subgraph", at);
        node
    }

    fn cache(&self, _: &FunctionRef<'_>) -> Option<Arc<dyn NodeCache<JsonState>>> {
        self.caches.then(|| {
            Arc::new(MemoryCache::new(NonZeroUsize::new(8).unwrap())) as Arc<dyn NodeCache<_>>
        })
    }
}

pub(super) fn definition(json: Value) -> GraphDefinition {
    GraphDefinition::from_json(json).unwrap()
}

/// A graph of these members, of version 1.
pub(super) fn graph(mut members: Value) -> Value {
    members.as_object_mut().unwrap().insert("version".to_owned(), json!(1));
    members
}

pub(super) fn build(host: &Host, members: Value) -> Result<BuiltGraph, DefinitionError> {
    GraphDefinition::from_json(graph(members))?.build(host)
}

/// The state that a run of the graph ends with.
pub(super) async fn run(host: &Host, members: Value, input: Value) -> Value {
    let built = build(host, members).unwrap();
    let state = built.fields.state_later(input).await.unwrap();
    let engine = StateGraphEngine::persistent(built.graph, built.fields.initial());
    engine.run(state, RunOptions::default()).await.unwrap().to_value()
}

//! A graph as data: what it is comes from JSON, and what its functions do from the host.

use std::error::Error;
use std::sync::Arc;

use moss_graph::json::definition::{Behaviours, FunctionRef, GraphDefinition, JsonRouter};
use moss_graph::json::{JsonState, Reducer, json_node};
use moss_graph::{ErrorHandler, Node, NodeContext, NodeError, RunOptions, StateGraphEngine};
use serde_json::{Value, json};

/// The functions that definitions may name: here one node for all names, and nothing else.
struct Functions;

impl Behaviours for Functions {
    fn node(&self, _: &FunctionRef<'_>, _: Option<&[String]>) -> Option<Arc<dyn Node<JsonState>>> {
        Some(Arc::new(json_node(|_: Value, context: NodeContext| async move {
            Ok::<_, NodeError>(json!({ "visited": [context.node().as_str()] }))
        })))
    }

    fn router(&self, _: &FunctionRef<'_>) -> Option<Arc<JsonRouter>> {
        None
    }

    fn reducer(&self, _: &FunctionRef<'_>) -> Option<Reducer> {
        None
    }

    fn error_handler(&self, _: &FunctionRef<'_>) -> Option<Arc<dyn ErrorHandler<JsonState>>> {
        None
    }
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let definition = json!({
        "version": 1,
        "state": { "fields": { "visited": { "reducer": "append" } } },
        "nodes": [{ "name": "search" }, { "name": "write", "retry": [{ "attempts": 5 }] }],
        "edges": [{ "from": "__start__", "to": "search" }, { "from": "search", "to": "write" }],
    });
    let built = GraphDefinition::from_json(definition.clone())?.build(&Functions)?;
    let state = built.fields.initial();
    let state = StateGraphEngine::new(built.graph).run(state, RunOptions::default()).await?;
    println!("{}", state.to_value());

    let mut mistaken = definition;
    mistaken["nodes"][1]["retry"][0]["attempts"] = json!("five");
    if let Err(error) = GraphDefinition::from_json(mistaken) {
        println!("{error}");
    }
    Ok(())
}

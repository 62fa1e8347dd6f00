//! Errors of graphs as JavaScript gets them.

use std::error::Error;

use moss_graph::checkpoint::StoreError;
use moss_graph::json::JsonState;
use moss_graph::json::definition::DefinitionError;
use moss_graph::{NodeFailure, RunError, RunFailure, SubgraphError};
use serde::Serialize;
use serde_json::{Value, json};

use super::calls::Thrown;

/// An error as JavaScript gets it.
#[derive(Debug, Serialize)]
pub(crate) struct GraphErrorJson {
    name: &'static str,
    message: String,
    code: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// What the functions that failed have thrown: JavaScript has the objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<FailureJson>,
}

#[derive(Debug, Serialize)]
struct FailureJson {
    node: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thrown: Option<u32>,
}

impl GraphErrorJson {
    pub(super) fn new(code: &str, error: &(dyn Error + 'static)) -> Self {
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        Self {
            name: "GraphError",
            message: error.to_string(),
            code: code.to_owned(),
            causes,
            failures: Vec::new(),
        }
    }

    pub(super) fn other(code: &str, message: impl Into<String>) -> Self {
        Self {
            name: "GraphError",
            message: message.into(),
            code: code.to_owned(),
            causes: Vec::new(),
            failures: Vec::new(),
        }
    }
}

/// A whole answer, or an operation's end.
pub(super) fn answer(error: GraphErrorJson) -> Value {
    json!({ "ok": false, "error": error })
}

pub(super) fn panicked() -> Value {
    let message = "the engine failed unexpectedly; this is a defect of MOSS";
    answer(GraphErrorJson::other("INTERNAL", message))
}

pub(super) fn closed_store() -> Value {
    answer(GraphErrorJson::other("STORE_CLOSED", "the checkpointer is closed. Open another one"))
}

pub(super) fn dropped_graph() -> Value {
    answer(GraphErrorJson::other("INVALID_GRAPH", "the graph was dropped. Compile it again"))
}

impl From<StoreError> for GraphErrorJson {
    fn from(error: StoreError) -> Self {
        Self::new(error.code().as_str(), &error)
    }
}

impl From<DefinitionError> for GraphErrorJson {
    fn from(error: DefinitionError) -> Self {
        let code = error.code();
        match &error {
            // The graph is the one that is being compiled: what is wrong with it says enough.
            DefinitionError::Graph { at, source } if at.is_empty() => {
                Self::new(code.as_str(), source)
            }
            _ => Self::new(code.as_str(), &error),
        }
    }
}

impl From<RunError<JsonState>> for GraphErrorJson {
    fn from(error: RunError<JsonState>) -> Self {
        error.into_parts().0.into()
    }
}

impl From<RunFailure> for GraphErrorJson {
    fn from(failure: RunFailure) -> Self {
        let code = match &failure {
            RunFailure::Store(error) => error.code().as_str(),
            other => other.code().as_str(),
        };
        Self { failures: failures(&failure), ..Self::new(code, &failure) }
    }
}

/// The functions that failed, in the graph itself and in its subgraphs.
fn failures(failure: &RunFailure) -> Vec<FailureJson> {
    match failure {
        RunFailure::Nodes(nodes) => nodes.iter().flat_map(of_node).collect(),
        RunFailure::RouterFailed { node, source, .. } => {
            of_error(node, &**source).into_iter().collect()
        }
        RunFailure::Reducer { node, source, .. } => {
            of_error(node.as_str(), &*source.source).into_iter().collect()
        }
        RunFailure::Input { source } => {
            of_error("__input__", &*source.source).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn of_node(failure: &NodeFailure) -> Vec<FailureJson> {
    let node = failure.node().as_str();
    if let NodeFailure::Failed { source, .. } = failure {
        if let Some(inner) = source.downcast_ref::<SubgraphError>() {
            let inner = failures(&inner.failure);
            if !inner.is_empty() {
                return inner;
            }
        }
        if let Some(thrown) = of_error(node, &**source) {
            return vec![thrown];
        }
    }
    vec![FailureJson { node: node.to_owned(), message: failure.to_string(), thrown: None }]
}

fn of_error(node: &str, error: &(dyn Error + Send + Sync + 'static)) -> Option<FailureJson> {
    let thrown = error.downcast_ref::<Thrown>()?;
    let (node, message) = (node.to_owned(), thrown.message.clone());
    Some(FailureJson { node, message, thrown: Some(thrown.call) })
}

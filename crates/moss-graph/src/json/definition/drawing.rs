//! Pictures of graphs that are data only.

use std::sync::Arc;

use serde_json::Value;

use super::{Behaviours, DefinitionError, FunctionRef, GraphDefinition, JsonRouter};
use crate::json::{JsonState, Reducer, json_node};
use crate::{Drawing, ErrorHandler, Node, NodeContext, NodeError, NodeFailure, Route};

impl GraphDefinition {
    /// A picture of the graph that is built of it, with the graphs in its nodes. It needs no functions.
    ///
    /// # Errors
    /// What [`build`](Self::build) finds wrong with the definition.
    pub fn drawing(&self) -> Result<Drawing, DefinitionError> {
        Ok(self.build(&Still)?.graph.drawing())
    }
}

/// Functions that do nothing: the graph is looked at, and never runs.
struct Still;

impl Behaviours for Still {
    fn node(&self, _: &FunctionRef<'_>, _: Option<&[String]>) -> Option<Arc<dyn Node<JsonState>>> {
        Some(Arc::new(json_node(|_, _| async { Ok(Value::Null) })))
    }

    fn router(&self, _: &FunctionRef<'_>) -> Option<Arc<JsonRouter>> {
        Some(Arc::new(|_| Box::pin(async { Ok(Route::end()) })))
    }

    fn reducer(&self, _: &FunctionRef<'_>) -> Option<Reducer> {
        Some(Reducer::LastValue)
    }

    fn error_handler(&self, _: &FunctionRef<'_>) -> Option<Arc<dyn ErrorHandler<JsonState>>> {
        let handle = |_: Arc<JsonState>, _: Arc<NodeFailure>, _: NodeContext| async {
            Ok::<_, NodeError>(Value::Null)
        };
        Some(Arc::new(handle))
    }
}

//! Asking somebody, and waiting for the answer in another run.

use serde_json::Value;
use thiserror::Error;

use super::NodeContext;
use crate::{Interrupt, NodeError};

/// Why a node does not go on behind a question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InterruptError {
    /// It is not answered yet. A node passes this on with `?`; the run stops even if it does not.
    #[error("the node waits for an answer")]
    Waiting,
    /// The run is on no thread, so that nothing could be gone on with.
    #[error(
        "the node \"{node}\" asks, and its run is on no thread. Run the graph on a thread, with a checkpoint store"
    )]
    NoThread {
        /// The node.
        node: String,
    },
}

impl NodeContext {
    /// Asks something, and gives the answer: LangGraph's `interrupt`. While there is no answer it is an error, which
    /// the node passes on with `?`: the run stops when the other tasks of the superstep are through.
    ///
    /// When the run is gone on with, the node runs again from its beginning, and this call gives the answer. The n-th
    /// call of a task takes the n-th answer, so a node asks in the same order in every attempt. What must not happen
    /// twice before a question goes into an [`effect`](Self::effect).
    ///
    /// # Errors
    /// [`InterruptError`].
    pub fn interrupt(&self, value: impl Into<Value>) -> Result<Value, NodeError> {
        self.ask(value.into(), None)
    }

    /// Asks as [`interrupt`](Self::interrupt) does, for an answer that a JSON Schema describes. Other answers are
    /// refused when they are given, and the question stays open.
    ///
    /// # Errors
    /// [`InterruptError`].
    pub fn interrupt_for(
        &self,
        value: impl Into<Value>,
        schema: impl Into<Value>,
    ) -> Result<Value, NodeError> {
        self.ask(value.into(), Some(schema.into()))
    }

    fn ask(&self, value: Value, schema: Option<Value>) -> Result<Value, NodeError> {
        let (Some(desk), Some(_)) = (self.desk(), &self.run.ledger) else {
            return Err(InterruptError::NoThread { node: self.node().into() }.into());
        };
        let id = desk.next_question();
        if let Some(answer) = self.run.answers.get(&id) {
            return Ok(answer);
        }
        let namespace = self.run.namespace.to_string();
        desk.raise([Interrupt { id, value, schema, node: self.node().clone(), namespace }]);
        Err(InterruptError::Waiting.into())
    }
}

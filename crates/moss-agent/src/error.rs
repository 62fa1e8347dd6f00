//! Why a run did not come to its end.

use moss_graph::RunFailure;
use moss_llm::{ModelError, ModelSetupError};
use moss_protocol::{ConfigError, ErrorCode};
use thiserror::Error;

use crate::HandlerError;

/// A run could not be made, or did not come to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The model's client could not be made.
    #[error(transparent)]
    ModelSetup(#[from] ModelSetupError),
    /// A tool's schema is no JSON Schema.
    #[error("the schema of tool `{tool}` is no JSON Schema: {problem}")]
    InvalidToolSchema {
        /// The tool.
        tool: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The model did not answer. Shown as the provider's own client would.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// A handler of the host failed. Shown as the handler's own error.
    #[error("{0}")]
    Handler(#[source] HandlerError),
    /// The run was cancelled. The sentence is the Run interface's.
    #[error("This operation was aborted")]
    Cancelled,
    /// The run took as many supersteps as it may. The sentence is LangGraph's.
    #[error(
        "Recursion limit of {limit} reached without hitting a stop condition. You can increase the limit by setting the \"recursionLimit\" config key."
    )]
    RecursionLimit {
        /// How many supersteps it may take.
        limit: u64,
    },
    /// The graph failed in another way: a node of the host's, a conflict, a defect.
    #[error(transparent)]
    Graph(#[from] RunFailure),
    /// The graph that the host extended does not fit together.
    #[error(transparent)]
    GraphBuild(#[from] moss_graph::GraphError),
    /// The runtime is running already.
    #[error(
        "run `{run_id}` is still going on. Await it before the next one, or create another runtime"
    )]
    Busy {
        /// The run.
        run_id: String,
    },
}

impl AgentError {
    /// The error's stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Config(error) => error.code(),
            Self::ModelSetup(error) => error.code(),
            Self::InvalidToolSchema { .. } => ErrorCode::InvalidTool,
            Self::Model(error) => error.code(),
            Self::Handler(_) => ErrorCode::HandlerFailed,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::RecursionLimit { .. } => ErrorCode::GraphRecursionLimit,
            Self::Graph(RunFailure::Nodes(_)) => ErrorCode::NodeFailed,
            Self::Graph(_) | Self::GraphBuild(_) => ErrorCode::InvalidGraph,
            Self::Busy { .. } => ErrorCode::InvalidConfig,
        }
    }
}

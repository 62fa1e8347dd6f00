//! Error codes: one list for all crates, so that a host can tell errors apart without reading sentences.

use thiserror::Error;

use crate::named::named_enum;
use crate::{InvalidRunId, MessageError, UnknownProvider};

named_enum! {
    /// A stable code of an error. The text may change between versions; the code does not.
    #[non_exhaustive]
    ErrorCode {
        /// A configuration is incomplete or contradicts itself.
        InvalidConfig = "INVALID_CONFIG",
        /// The run has no id.
        MissingRunId = "MISSING_RUN_ID",
        /// The run has no graph configuration.
        MissingGraphConfig = "MISSING_GRAPH_CONFIG",
        /// The graph has no agent.
        MissingAgent = "MISSING_AGENT",
        /// The provider does not exist.
        UnknownProvider = "UNKNOWN_PROVIDER",
        /// The provider exists, and this version cannot call it yet.
        ProviderUnavailable = "PROVIDER_UNAVAILABLE",
        /// No API key was found for the provider.
        MissingApiKey = "MISSING_API_KEY",
        /// A tool has no name, or no way to be called.
        InvalidTool = "INVALID_TOOL",
        /// Two tools of one agent have the same name.
        DuplicateTool = "DUPLICATE_TOOL",
        /// A message has an unknown shape.
        InvalidMessage = "INVALID_MESSAGE",
        /// The run was cancelled.
        Cancelled = "CANCELLED",
        /// A host's event handler failed.
        HandlerFailed = "HANDLER_FAILED",
        /// A node of the graph failed.
        NodeFailed = "NODE_FAILED",
        /// The run took more supersteps than allowed.
        GraphRecursionLimit = "GRAPH_RECURSION_LIMIT",
        /// The graph cannot be compiled or executed as it is.
        InvalidGraph = "INVALID_GRAPH",
        /// The provider refused the credentials.
        ProviderAuth = "PROVIDER_AUTH",
        /// The provider asks to slow down.
        ProviderRateLimit = "PROVIDER_RATE_LIMIT",
        /// The account has no quota left.
        ProviderQuota = "PROVIDER_QUOTA",
        /// The conversation is longer than the model's window.
        ContextOverflow = "CONTEXT_OVERFLOW",
        /// The provider's filter, or the model, refused.
        ContentFilter = "CONTENT_FILTER",
        /// The provider found the request invalid.
        ProviderInvalidRequest = "PROVIDER_INVALID_REQUEST",
        /// The provider is overloaded or broken.
        ProviderOverloaded = "PROVIDER_OVERLOADED",
        /// The connection failed.
        Network = "NETWORK",
        /// Nothing came in for too long.
        Timeout = "TIMEOUT",
        /// The provider sent something that its protocol does not allow.
        Protocol = "PROTOCOL",
        /// The provider's stream stopped before its end.
        StreamTruncated = "STREAM_TRUNCATED",
        /// Something came in that is larger than allowed.
        TooLarge = "TOO_LARGE",
        /// A defect of MOSS itself.
        Internal = "INTERNAL",
    }
}

/// A run's configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No run id. The sentence is the Run interface's.
    #[error(transparent)]
    MissingRunId(#[from] InvalidRunId),
    /// No graph configuration. The sentence is the Run interface's.
    #[error("Graph config not provided")]
    MissingGraphConfig,
    /// An empty list of agents. The sentence is the Run interface's.
    #[error("At least one agent must be provided")]
    MissingAgent,
    /// An unknown provider. The sentence is the Run interface's.
    #[error(transparent)]
    UnknownProvider(#[from] UnknownProvider),
    /// A tool without a name.
    #[error(
        "tool {position} has no name. Give each tool a non-empty `name`: the model calls it by that"
    )]
    UnnamedTool {
        /// Where it stands in the list, from 0.
        position: usize,
    },
    /// Two tools of one name.
    #[error(
        "two tools are named `{name}`. Rename or remove one: a model could not tell them apart"
    )]
    DuplicateTool {
        /// The name.
        name: String,
    },
    /// A message of an unknown shape.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// Anything else, said in full.
    #[error("{0}")]
    Other(String),
}

impl ConfigError {
    /// The error's code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::MissingRunId(_) => ErrorCode::MissingRunId,
            Self::MissingGraphConfig => ErrorCode::MissingGraphConfig,
            Self::MissingAgent => ErrorCode::MissingAgent,
            Self::UnknownProvider(_) => ErrorCode::UnknownProvider,
            Self::UnnamedTool { .. } => ErrorCode::InvalidTool,
            Self::DuplicateTool { .. } => ErrorCode::DuplicateTool,
            Self::Message(_) => ErrorCode::InvalidMessage,
            Self::Other(_) => ErrorCode::InvalidConfig,
        }
    }
}

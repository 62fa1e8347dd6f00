//! Why a definition makes no graph.

use std::fmt;

use thiserror::Error;

use crate::graph::DidYouMean;
use crate::{GraphError, GraphErrorCode};

/// Why a definition makes no graph. `at` is the place of what is wrong, as in `nodes[2].retry[0].attempts`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// It is no object.
    #[error("a graph definition is an object, and this is {found}")]
    NotAnObject {
        /// What it is: `a list`, `a number`.
        found: &'static str,
    },
    /// It says no version.
    #[error("the graph definition has no `version`; the one that is known here is 1")]
    MissingVersion,
    /// It is of a version that is not known here.
    #[error(
        "the graph definition is of version {found}, and the one that is known here is 1. Use a newer MOSS, or write it in \
         that version"
    )]
    UnknownVersion {
        /// What it says.
        found: String,
    },
    /// Something has not the form it should have.
    #[error("the graph definition is wrong at `{at}`: {source}")]
    Shape {
        /// The place.
        at: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Something has a value that makes no sense.
    #[error("the graph definition is wrong at `{at}`: {problem}")]
    Invalid {
        /// The place.
        at: String,
        /// What is wrong.
        problem: DefinitionProblem,
    },
    /// The host has not the function that is asked for.
    #[error(
        "the graph definition asks at `{at}` for the {kind} {}, and the host has none; give it that function",
        Numbered { number: *function, name }
    )]
    MissingFunction {
        /// The place.
        at: String,
        /// What is asked for.
        kind: FunctionKind,
        /// Its number, where it has one.
        function: Option<u32>,
        /// What it is of: a node, the source of a conditional edge, a field.
        name: String,
    },
    /// Nodes and edges make no graph.
    #[error("{} does not compile", Graph(at))]
    Graph {
        /// The place of the graph; empty for the whole.
        at: String,
        /// Why.
        #[source]
        source: GraphError,
    },
}

/// A value that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DefinitionProblem {
    /// A field that is not in the state.
    #[error("the state has no field `{field}`{}", DidYouMean(nearest.as_deref()))]
    UnknownField {
        /// What was named.
        field: String,
        /// The field whose name is nearest to it, if one is near.
        nearest: Option<String>,
    },
    /// No attempt at all.
    #[error("a node is tried at least once; write 1 or more")]
    NoAttempt,
    /// Waits that become shorter.
    #[error("waits do not become shorter; write 1 or more")]
    ShrinkingWaits,
    /// No time at all.
    #[error("no node is done in no time; write 1 or more, or leave the limit out")]
    NoTime,
    /// No superstep at all.
    #[error("no graph is done without a superstep; write 1 or more")]
    NoSuperstep,
    /// A join mode on what is no join.
    #[error("only an edge from several nodes joins; name them in a list, or leave `join` out")]
    NoJoin,
}

/// What a function of the host's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// A node.
    Node,
    /// The router of a conditional edge.
    Router,
    /// The reducer of a field.
    Reducer,
    /// What runs in a node's place when it has failed.
    ErrorHandler,
}

impl DefinitionError {
    /// The error's stable code.
    #[must_use]
    pub const fn code(&self) -> GraphErrorCode {
        match self {
            Self::MissingVersion | Self::UnknownVersion { .. } => {
                GraphErrorCode::UnknownDefinitionVersion
            }
            Self::NotAnObject { .. } | Self::Shape { .. } | Self::Invalid { .. } => {
                GraphErrorCode::InvalidDefinition
            }
            Self::MissingFunction { .. } => GraphErrorCode::MissingFunction,
            Self::Graph { source, .. } => source.code(),
        }
    }
}

impl fmt::Display for FunctionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Node => "node",
            Self::Router => "router after",
            Self::Reducer => "reducer of",
            Self::ErrorHandler => "error handler of",
        })
    }
}

/// A function as it is named in messages.
struct Numbered<'a> {
    number: Option<u32>,
    name: &'a str,
}

impl fmt::Display for Numbered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "`{}` (function {number})", self.name),
            None => write!(f, "`{}`", self.name),
        }
    }
}

/// A graph as it is named in messages.
struct Graph<'a>(&'a str);

impl fmt::Display for Graph<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => f.write_str("the graph"),
            at => write!(f, "the graph at `{at}`"),
        }
    }
}

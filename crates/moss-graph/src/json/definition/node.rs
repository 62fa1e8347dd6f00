//! The nodes of a graph.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CacheDefinition, GraphDefinition, Names, RetryDefinition, TimeoutDefinition};
use crate::SubgraphMemory;

/// A node, and what is said about it: see [`NodeOptions`](crate::NodeOptions).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub struct NodeDefinition {
    /// Its name.
    pub name: String,
    /// What it is.
    pub body: NodeBody,
    /// Where its commands may lead, with `__end__` if they may. Default: nowhere.
    pub ends: Names,
    /// Whether it runs only when nothing else is left to run.
    pub defer: bool,
    /// When it is tried again; of several the first that fits the error is taken.
    pub retry: Vec<RetryDefinition>,
    /// How long an attempt may take.
    pub timeout: Option<TimeoutDefinition>,
    /// The number of the function that runs in its place when it has failed for good.
    pub error_handler: Option<u32>,
    /// Whether its outputs are kept.
    pub cache: Option<CacheDefinition>,
    /// What is said about it to those who follow a run.
    pub metadata: Map<String, Value>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeBody {
    /// A function of the host's.
    Function {
        /// Its number, where it has one.
        function: Option<u32>,
        /// The fields that it sees. Default: all.
        fields: Option<Vec<String>>,
    },
    /// A graph, which shares fields with the one around it.
    Subgraph {
        /// The graph.
        definition: Box<GraphDefinition>,
        /// What it remembers from one of its runs to the next: in JSON `task`, `thread` or `none`.
        memory: SubgraphMemory,
        /// How many supersteps it may take. Default 25.
        recursion_limit: Option<u64>,
    },
}

/// The members of a node in JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Members {
    name: String,
    #[serde(rename = "fn", default, skip_serializing_if = "Option::is_none")]
    function: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subgraph: Option<Box<GraphDefinition>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory: Option<SubgraphMemory>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recursion_limit: Option<u64>,
    #[serde(default, skip_serializing_if = "Names::is_none")]
    ends: Names,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    defer: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retry: Vec<RetryDefinition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<TimeoutDefinition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_handler: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache: Option<CacheDefinition>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
}

impl TryFrom<Members> for NodeDefinition {
    type Error = String;

    fn try_from(members: Members) -> Result<Self, String> {
        let refuse = |kind: &str, others: [(&str, bool); 2]| match others
            .into_iter()
            .find(|(_, is_there)| *is_there)
        {
            Some((member, _)) => Err(format!("a {kind} has no `{member}`; leave it out")),
            None => Ok(()),
        };
        let body = match members.subgraph {
            Some(definition) => {
                let others =
                    [("fn", members.function.is_some()), ("fields", members.fields.is_some())];
                refuse("subgraph", others)?;
                NodeBody::Subgraph {
                    definition,
                    memory: members.memory.unwrap_or_default(),
                    recursion_limit: members.recursion_limit,
                }
            }
            None => {
                let limit = members.recursion_limit.is_some();
                let others = [("memory", members.memory.is_some()), ("recursionLimit", limit)];
                refuse("node without a subgraph", others)?;
                NodeBody::Function { function: members.function, fields: members.fields }
            }
        };
        Ok(Self {
            name: members.name,
            body,
            ends: members.ends,
            defer: members.defer,
            retry: members.retry,
            timeout: members.timeout,
            error_handler: members.error_handler,
            cache: members.cache,
            metadata: members.metadata,
        })
    }
}

impl From<NodeDefinition> for Members {
    fn from(node: NodeDefinition) -> Self {
        let mut members = Self {
            name: node.name,
            function: None,
            fields: None,
            subgraph: None,
            memory: None,
            recursion_limit: None,
            ends: node.ends,
            defer: node.defer,
            retry: node.retry,
            timeout: node.timeout,
            error_handler: node.error_handler,
            cache: node.cache,
            metadata: node.metadata,
        };
        match node.body {
            NodeBody::Function { function, fields } => {
                members.function = function;
                members.fields = fields;
            }
            NodeBody::Subgraph { definition, memory, recursion_limit } => {
                members.subgraph = Some(definition);
                members.memory = Some(memory);
                members.recursion_limit = recursion_limit;
            }
        }
        members
    }
}

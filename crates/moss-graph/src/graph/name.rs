//! Names of nodes, and the two names that are not nodes.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where a run begins: the source of the first edges. The same name as LangGraph's.
pub const START: &str = "__start__";

/// Where a branch of a run ends: a target of edges and routes. The same name as LangGraph's.
pub const END: &str = "__end__";

/// The name of a node of a graph. Cheap to clone.
///
/// It is not empty, is neither [`START`] nor [`END`], and holds neither `|` nor `:`, which separate the
/// parts of a checkpoint namespace (as in LangGraph).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(Arc<str>);

/// A text that cannot name a node.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidNodeName {
    /// The name is empty.
    #[error("a node's name is empty; give it a name")]
    Empty,
    /// The name is one of [`START`] and [`END`].
    #[error("a node is named {name:?}, which is reserved; give it another name")]
    Reserved {
        /// The name that was given.
        name: String,
    },
    /// The name holds a separator of checkpoint namespaces.
    #[error(
        "the node name {name:?} holds {separator:?}, which separates checkpoint namespaces; leave it out"
    )]
    Separator {
        /// The name that was given.
        name: String,
        /// The character that may not be in it.
        separator: char,
    },
}

impl NodeName {
    /// A node name from a text.
    ///
    /// # Errors
    /// [`InvalidNodeName`] when the text is empty, reserved, or holds `|` or `:`.
    pub fn new(name: &str) -> Result<Self, InvalidNodeName> {
        if name.is_empty() {
            return Err(InvalidNodeName::Empty);
        }
        if name == START || name == END {
            return Err(InvalidNodeName::Reserved { name: name.to_owned() });
        }
        if let Some(separator) = name.chars().find(|c| matches!(c, '|' | ':')) {
            return Err(InvalidNodeName::Separator { name: name.to_owned(), separator });
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl AsRef<str> for NodeName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for NodeName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for NodeName {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for NodeName {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl From<NodeName> for String {
    fn from(name: NodeName) -> Self {
        name.as_str().to_owned()
    }
}

impl From<&NodeName> for String {
    fn from(name: &NodeName) -> Self {
        name.as_str().to_owned()
    }
}

impl TryFrom<String> for NodeName {
    type Error = InvalidNodeName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(&name)
    }
}

impl TryFrom<&str> for NodeName {
    type Error = InvalidNodeName;

    fn try_from(name: &str) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

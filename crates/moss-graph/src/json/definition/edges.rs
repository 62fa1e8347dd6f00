//! What leads from node to node.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Names;
use crate::JoinMode;

/// An edge, or a join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeDefinition {
    /// Where it leaves.
    pub from: Sources,
    /// Where it leads.
    pub to: String,
    /// What a join does about sources that a run does not reach. Default: it waits for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<JoinMode>,
}

/// Where an edge leaves: in JSON a name, or a list of names. A list of one is that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sources {
    /// From a node, or `__start__`.
    One(String),
    /// From several, for all of which it waits.
    Join(Vec<String>),
}

/// A conditional edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalEdgeDefinition {
    /// Where it leaves: a node, or `__start__`.
    pub from: String,
    /// The number of the router's function, where it has one.
    #[serde(rename = "fn", default, skip_serializing_if = "Option::is_none")]
    pub function: Option<u32>,
    /// What the router may choose, with `__end__` if it may; all of it where that is not said.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub targets: Names,
}

const fn all() -> Names {
    Names::All
}

fn is_all(names: &Names) -> bool {
    *names == Names::All
}

impl Serialize for Sources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(name) => serializer.serialize_str(name),
            Self::Join(names) => serializer.collect_seq(names),
        }
    }
}

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Sources;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, or a list of names")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Sources, E> {
                Ok(Sources::One(name.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Sources, A::Error> {
                let mut names: Vec<String> = Vec::new();
                while let Some(name) = items.next_element()? {
                    names.push(name);
                }
                Ok(match <[String; 1]>::try_from(names) {
                    Ok([name]) => Sources::One(name),
                    Err(names) => Sources::Join(names),
                })
            }
        }

        deserializer.deserialize_any(Names)
    }
}

//! Lists of nodes.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Ends, Interrupts};

/// Nodes by name; in JSON a list, or `"*"` for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// These.
    Listed(Vec<String>),
    /// All.
    All,
}

impl Names {
    pub(super) const fn is_none(&self) -> bool {
        match self {
            Self::Listed(names) => names.is_empty(),
            Self::All => false,
        }
    }
}

impl Default for Names {
    /// None.
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Names {
    fn from(names: [T; N]) -> Self {
        Self::Listed(names.into_iter().map(Into::into).collect())
    }
}

impl From<&Names> for Interrupts {
    fn from(names: &Names) -> Self {
        match names {
            Names::Listed(names) => Self::At(names.clone()),
            Names::All => Self::All,
        }
    }
}

impl From<&Names> for Ends {
    fn from(names: &Names) -> Self {
        match names {
            Names::Listed(names) => Self::Declared(names.clone()),
            Names::All => Self::Any,
        }
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Listed(names) => serializer.collect_seq(names),
            Self::All => serializer.serialize_str("*"),
        }
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Listed;

        impl<'de> Visitor<'de> for Listed {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names, or `*`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Names, E> {
                match text {
                    "*" => Ok(Names::All),
                    text => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = items.next_element()? {
                    names.push(name);
                }
                Ok(Names::Listed(names))
            }
        }

        deserializer.deserialize_any(Listed)
    }
}

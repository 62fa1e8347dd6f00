//! Questions that a run stops for.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::NodeName;

/// A question that a node asks, and that its run stops for: LangGraph's interrupt.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Interrupt {
    /// Its id, by which it is answered. The same whenever the same task asks it.
    pub id: String,
    /// What is asked, in the node's own words.
    pub value: Value,
    /// The JSON Schema that an answer must satisfy, where the node gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// The node that asks.
    pub node: NodeName,
    /// The namespace of the graph it is in: empty for the graph itself.
    pub namespace: String,
}

impl fmt::Debug for Interrupt {
    /// Without what is asked: it is the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt")
            .field("id", &self.id)
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

/// Answers to what a run has stopped for. Every JSON value is an answer, null and false too.
#[derive(Clone, PartialEq)]
pub enum Answers {
    /// The answer to the only question there is.
    One(Value),
    /// Answers by the ids of their questions. Questions that are left out stay open.
    ById(BTreeMap<String, Value>),
}

impl Answers {
    /// The answer to the only question there is.
    #[must_use]
    pub fn one(answer: impl Into<Value>) -> Self {
        Self::One(answer.into())
    }

    /// Answers by the ids of their questions.
    #[must_use]
    pub fn by_id(answers: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self::ById(answers.into_iter().collect())
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(_) => f.write_str("One"),
            Self::ById(answers) => f.debug_set().entries(answers.keys()).finish(),
        }
    }
}

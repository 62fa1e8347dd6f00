//! A whole graph.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ConditionalEdgeDefinition, DefinitionError, EdgeDefinition, Names, NodeDefinition,
    StateDefinition,
};
use crate::Execution;
use crate::state::persist::kind;

/// A whole graph as data, without what its functions do.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GraphDefinition {
    /// The version of the form. It is 1.
    pub version: DefinitionVersion,
    /// The graph's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The state.
    #[serde(default)]
    pub state: StateDefinition,
    /// The nodes.
    #[serde(default)]
    pub nodes: Vec<NodeDefinition>,
    /// The edges and joins.
    #[serde(default)]
    pub edges: Vec<EdgeDefinition>,
    /// The conditional edges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditional_edges: Vec<ConditionalEdgeDefinition>,
    /// The nodes that every run stops before.
    #[serde(default, skip_serializing_if = "Names::is_none")]
    pub interrupt_before: Names,
    /// The nodes that every run stops after.
    #[serde(default, skip_serializing_if = "Names::is_none")]
    pub interrupt_after: Names,
    /// When nodes run.
    #[serde(default)]
    pub execution: Execution,
}

/// The version of the form of a [`GraphDefinition`]: there is one, and its number is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "u32")]
pub struct DefinitionVersion;

impl GraphDefinition {
    /// A definition from its JSON form.
    ///
    /// # Errors
    /// [`DefinitionError::NotAnObject`], [`DefinitionError::MissingVersion`], [`DefinitionError::UnknownVersion`], and [`DefinitionError::Shape`] with the
    /// place of what is not as it should be.
    pub fn from_json(json: Value) -> Result<Self, DefinitionError> {
        let Some(members) = json.as_object() else {
            return Err(DefinitionError::NotAnObject { found: kind(&json) });
        };
        // Before all else: another version may have any other shape.
        match members.get("version") {
            None => return Err(DefinitionError::MissingVersion),
            Some(version) if *version != 1 => {
                return Err(DefinitionError::UnknownVersion { found: version.to_string() });
            }
            Some(_) => {}
        }
        serde_path_to_error::deserialize(json).map_err(|error| DefinitionError::Shape {
            at: error.path().to_string(),
            source: error.into_inner(),
        })
    }
}

impl TryFrom<Value> for DefinitionVersion {
    type Error = DefinitionError;

    fn try_from(version: Value) -> Result<Self, DefinitionError> {
        if version == 1 {
            Ok(Self)
        } else {
            Err(DefinitionError::UnknownVersion { found: version.to_string() })
        }
    }
}

impl From<DefinitionVersion> for u32 {
    fn from(DefinitionVersion: DefinitionVersion) -> Self {
        1
    }
}

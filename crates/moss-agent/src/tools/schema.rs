//! Checks a call's arguments against the tool's JSON Schema.

use jsonschema::Validator;
use moss_protocol::{JsonObject, ToolDefinition};
use serde_json::Value;

use super::ToolError;
use crate::AgentError;

/// A tool's compiled schema.
#[derive(Debug)]
pub(super) struct ArgumentCheck(Validator);

impl ArgumentCheck {
    pub(super) fn new(tool: &ToolDefinition) -> Result<Self, AgentError> {
        jsonschema::validator_for(&tool.parameters).map(Self).map_err(|error| {
            AgentError::InvalidToolSchema { tool: tool.name.clone(), problem: error.to_string() }
        })
    }

    pub(super) fn check(&self, tool: &str, args: JsonObject) -> Result<JsonObject, ToolError> {
        let value = Value::Object(args);
        let problems: Vec<String> = self
            .0
            .iter_errors(&value)
            .map(|error| match error.instance_path().as_str() {
                "" => error.to_string(),
                path => format!("{error} (at {path})"),
            })
            .collect();
        match value {
            Value::Object(args) if problems.is_empty() => Ok(args),
            _ => Err(ToolError::InvalidArguments {
                name: tool.to_owned(),
                problem: problems.join("; "),
            }),
        }
    }
}

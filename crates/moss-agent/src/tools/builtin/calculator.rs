//! The tool that calculates.

use async_trait::async_trait;
use moss_protocol::ToolDefinition;
use serde_json::{Value, json};

use super::expression::evaluate;
use crate::{Tool, ToolError, ToolInvocation, ToolOutput};

/// Evaluates arithmetic: `+ - * / % ^`, brackets, and `sqrt`, `abs`, `round`, `floor`, `ceil`.
///
/// Whole numbers are exact up to 38 digits. Everything else is a double, shown with 15 significant digits.
#[derive(Debug)]
pub struct Calculator {
    definition: ToolDefinition,
}

impl Calculator {
    /// The name by which models call it.
    pub const NAME: &str = "calculator";

    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        let definition = ToolDefinition::new(
            Self::NAME,
            "Evaluates an arithmetic expression and returns the result.",
            json!({
                "type": "object",
                "properties": {
                    "expression": {
                        "type": "string",
                        "maxLength": 200,
                        "description": "Numbers, + - * / % (remainder) ^ (power), brackets, and sqrt(x), abs(x), round(x), floor(x), ceil(x). No variables, no thousands separators.",
                    },
                },
                "required": ["expression"],
                "additionalProperties": false,
            }),
        );
        Self { definition }
    }
}

impl Default for Calculator {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Tool for Calculator {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn invoke(&self, invocation: ToolInvocation) -> Result<ToolOutput, ToolError> {
        let expression = invocation.call.args.get("expression").and_then(Value::as_str);
        match evaluate(expression.unwrap_or_default()) {
            Ok(number) => Ok(ToolOutput::new(number.to_string())),
            Err(error) => Err(ToolError::failed(error)),
        }
    }
}

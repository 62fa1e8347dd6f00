//! A tool made from a function.

use std::fmt;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use moss_protocol::{JsonObject, ToolDefinition};

use super::{Tool, ToolError, ToolInvocation, ToolOutput};

type Function =
    dyn Fn(JsonObject) -> BoxFuture<'static, Result<ToolOutput, ToolError>> + Send + Sync;

/// A tool made from an async function of its arguments.
///
/// ```
/// use moss_agent::{FunctionTool, ToolOutput};
/// use moss_protocol::ToolDefinition;
/// use serde_json::json;
///
/// let weather = FunctionTool::new(
///     ToolDefinition::new("get_weather", "The weather in a city", json!({
///         "type": "object",
///         "properties": {"city": {"type": "string"}},
///         "required": ["city"],
///     })),
///     |arguments| async move { Ok(ToolOutput::new(format!("sunny in {}", arguments["city"]))) },
/// );
/// ```
pub struct FunctionTool {
    definition: ToolDefinition,
    function: Box<Function>,
}

impl FunctionTool {
    /// A tool that calls the function with the model's arguments, once they fit the schema.
    pub fn new<F, R>(definition: ToolDefinition, function: F) -> Self
    where
        F: Fn(JsonObject) -> R + Send + Sync + 'static,
        R: Future<Output = Result<ToolOutput, ToolError>> + Send + 'static,
    {
        let function = Box::new(move |arguments| function(arguments).boxed());
        Self { definition, function }
    }
}

impl fmt::Debug for FunctionTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionTool").field("definition", &self.definition).finish_non_exhaustive()
    }
}

#[async_trait]
impl Tool for FunctionTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn invoke(&self, invocation: ToolInvocation) -> Result<ToolOutput, ToolError> {
        (self.function)(invocation.call.args).await
    }
}

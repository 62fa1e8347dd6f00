//! What an agent's model may call.

mod function;
mod schema;
mod suggestion;
mod tool;
mod tool_set;

pub mod builtin;

pub use function::FunctionTool;
pub use suggestion::nearest;
pub use tool::{Tool, ToolError, ToolInvocation, ToolOutput};
pub use tool_set::ToolSet;

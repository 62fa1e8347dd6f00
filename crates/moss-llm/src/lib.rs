//! Model clients: from a conversation to a stream of [`ModelEvent`]s, and nothing of graphs or agents.

mod error;
mod event;
mod model;
mod request;

pub use error::{ModelError, ModelErrorKind};
pub use event::{FinishReason, ModelChunk, ModelEvent, ResponseInfo};
pub use model::{ChatModel, ModelInfo, ModelStream};
pub use request::{ModelRequest, ToolChoice};

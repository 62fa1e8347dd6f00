//! The trait that every model client implements.

use futures::stream::BoxStream;
use moss_protocol::Provider;
use tokio_util::sync::CancellationToken;

use crate::{ModelChunk, ModelError, ModelRequest};

/// The chunks of one answer. Ends after the answer's last chunk, or with its first error. Dropping it
/// closes the connection.
pub type ModelStream = BoxStream<'static, Result<ModelChunk, ModelError>>;

/// Something that answers conversations: a provider's client, the demo model, or a host's own.
pub trait ChatModel: Send + Sync + 'static {
    /// Who it is.
    fn info(&self) -> &ModelInfo;

    /// Names of options that were given and are not followed, for a warning. Default: none.
    fn unknown_options(&self) -> &[String] {
        &[]
    }

    /// Asks it. Nothing happens before the stream is polled. When `cancel` fires, the stream ends with
    /// [`ModelErrorKind::Cancelled`](crate::ModelErrorKind::Cancelled) and the socket is closed.
    fn stream(&self, request: ModelRequest, cancel: CancellationToken) -> ModelStream;
}

/// Who a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// Who serves it.
    pub provider: Provider,
    /// Its name as it is sent to the provider.
    pub model: String,
    /// Whether answers arrive in pieces. `false`: one chunk holds all.
    pub streaming: bool,
}

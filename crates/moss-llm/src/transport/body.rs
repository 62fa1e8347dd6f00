//! The body of a response.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;
use tokio::time::{Instant, timeout, timeout_at};

use super::failure::Target;
use super::watch::Watch;
use crate::{ModelError, ModelErrorKind};

/// How much of an error's body is read, in bytes.
pub(crate) const MAX_ERROR_BODY: usize = 64 << 10;

/// The body of a response, decompressed, read piece by piece. Dropping it before its end closes the
/// connection.
pub(crate) struct Body {
    bytes: BoxStream<'static, reqwest::Result<Bytes>>,
    watch: Watch,
    target: Target,
    /// How many more bytes are read.
    room: usize,
    limit: usize,
}

impl Body {
    /// The body of which at most `limit` bytes are read.
    pub(crate) fn new(response: Response, watch: Watch, target: Target, limit: usize) -> Self {
        Self { bytes: response.bytes_stream().boxed(), watch, target, room: limit, limit }
    }

    /// The next bytes; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ModelError> {
        match self.watch.wait(self.bytes.next()).await {
            Ok(Some(Ok(bytes))) => match self.room.checked_sub(bytes.len()) {
                Some(room) => {
                    self.room = room;
                    Ok(Some(bytes))
                }
                None => Err(self.too_large(self.limit)),
            },
            Ok(Some(Err(error))) => Err(self.target.broken_body(error)),
            Ok(None) => Ok(None),
            Err(stop) => Err(self.target.stopped(stop)),
        }
    }

    /// The whole body, if it has not more than `limit` bytes.
    pub(crate) async fn whole(&mut self, limit: usize) -> Result<Bytes, ModelError> {
        let mut whole = BytesMut::new();
        while let Some(bytes) = self.next().await? {
            if bytes.len() > limit - whole.len() {
                return Err(self.too_large(limit));
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole.freeze())
    }

    fn too_large(&self, limit: usize) -> ModelError {
        let message = format!("the answer is larger than {limit} bytes, the most that is read");
        self.target.error(ModelErrorKind::TooLarge, message)
    }

    /// The beginning of the body, up to `limit` bytes, to where it breaks, or to what came in a few
    /// seconds: for error texts.
    pub(crate) async fn beginning(&mut self, limit: usize) -> Result<Bytes, ModelError> {
        const PATIENCE: Duration = Duration::from_secs(5);
        let deadline = Instant::now() + PATIENCE;
        let mut beginning = BytesMut::new();
        while beginning.len() < limit {
            match timeout_at(deadline, self.next()).await {
                Ok(Ok(Some(bytes))) => {
                    let room = limit - beginning.len();
                    beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
                }
                Ok(Err(error)) if error.kind == ModelErrorKind::Cancelled => return Err(error),
                Ok(Ok(None) | Err(_)) | Err(_) => break,
            }
        }
        Ok(beginning.freeze())
    }

    /// Waits a moment for the body's end, so that the connection can be used again. After an answer's
    /// last piece a server sends only that; one that does not is not waited for.
    pub(crate) async fn finish(&mut self) {
        const MOMENT: Duration = Duration::from_millis(50);
        let end = async { while let Ok(Some(_)) = self.next().await {} };
        // Either way the answer is complete.
        let _ = timeout(MOMENT, end).await;
    }
}

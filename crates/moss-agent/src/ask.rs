//! Asking an agent's model once, outside of a run.

use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use moss_llm::{ModelErrorKind, ModelRequest, ModelStream};
use moss_protocol::{JsonObject, Message};
use tokio_util::sync::CancellationToken;

use crate::steps::ModelCallSteps;
use crate::{Agent, AgentError};

/// A model's answer while it comes. Dropped before its end, it ends the call.
pub struct ModelAnswer {
    stream: ModelStream,
    call: ModelCallSteps,
    cancel: CancellationToken,
}

impl Agent {
    /// Asks the agent's model once, with its instructions and its tools. No tool is run: what the model calls is in
    /// its answer.
    #[must_use]
    pub fn ask(&self, messages: Vec<Arc<Message>>, cancel: CancellationToken) -> ModelAnswer {
        let request = ModelRequest {
            messages: self.system.iter().cloned().chain(messages).collect(),
            tools: Arc::clone(self.tools.definitions()),
            server_tools: Arc::clone(&self.server_tools),
            ..ModelRequest::default()
        };
        let stream = self.model.stream(request, cancel.clone());
        ModelAnswer { stream, call: ModelCallSteps::new(self.model.info().provider), cancel }
    }
}

impl ModelAnswer {
    /// The next piece, as LangChain's `AIMessageChunk` carries it; none at the end.
    ///
    /// # Errors
    /// What the model's call fails with, and [`AgentError::Cancelled`].
    pub async fn next(&mut self) -> Option<Result<JsonObject, AgentError>> {
        let chunk = match self.cancel.run_until_cancelled(self.stream.next()).await {
            None => return Some(Err(AgentError::Cancelled)),
            Some(chunk) => chunk?,
        };
        Some(match chunk {
            Ok(chunk) => {
                let piece = self.call.as_langchain(&chunk);
                self.call.push_whole(chunk);
                Ok(piece)
            }
            Err(error) if error.kind == ModelErrorKind::Cancelled => Err(AgentError::Cancelled),
            Err(error) => Err(AgentError::Model(Box::new(error))),
        })
    }

    /// What has come, as a message.
    #[must_use]
    pub fn into_message(self) -> Message {
        Message::Ai(self.call.into_message())
    }
}

impl fmt::Debug for ModelAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelAnswer").finish_non_exhaustive()
    }
}

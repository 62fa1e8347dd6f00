//! A model and those that are asked when it fails.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{empty, unfold};
use tokio_util::sync::CancellationToken;

use crate::{
    ChatModel, Fallback, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ModelInfo,
    ModelRequest, ModelStream,
};

/// A model, and others that are asked in their order when it fails, each after its own repetitions.
///
/// Another model is asked when the one before failed without having said anything: neither text, reasoning nor a
/// piece of a tool call. What an answer begins with before that is held back until it says something. Each change
/// is told as [`ModelEvent::Fallback`]. A cancelled call is over. When all fail, the error is the last one's.
///
/// It presents itself as the first of its models.
#[derive(Clone)]
pub struct FallbackModel {
    models: Arc<[Arc<dyn ChatModel>]>,
    unknown_options: Arc<[String]>,
}

impl FallbackModel {
    /// A model and its fallbacks, in the order in which they are asked.
    #[must_use]
    pub fn new(first: Arc<dyn ChatModel>, fallbacks: Vec<Arc<dyn ChatModel>>) -> Self {
        let models: Arc<[_]> = std::iter::once(first).chain(fallbacks).collect();
        let unknown_options = models.iter().flat_map(|model| model.unknown_options());
        Self { unknown_options: unknown_options.cloned().collect(), models }
    }
}

impl ChatModel for FallbackModel {
    fn info(&self) -> &ModelInfo {
        // There is a first one: see `new`.
        self.models[0].info()
    }

    fn unknown_options(&self) -> &[String] {
        &self.unknown_options
    }

    fn stream(&self, request: ModelRequest, cancel: CancellationToken) -> ModelStream {
        let answer = self.models[0].stream(request.clone(), cancel.clone());
        let call = Call {
            models: Arc::clone(&self.models),
            request,
            cancel,
            current: 0,
            answer,
            held: VecDeque::new(),
            said: false,
        };
        unfold(call, Call::next).boxed()
    }
}

struct Call {
    models: Arc<[Arc<dyn ChatModel>]>,
    request: ModelRequest,
    cancel: CancellationToken,
    /// Which of the models answers.
    current: usize,
    answer: ModelStream,
    /// Chunks that are to be handed on, or, before anything was said, may be thrown away.
    held: VecDeque<ModelChunk>,
    said: bool,
}

impl Call {
    async fn next(mut self) -> Option<(Result<ModelChunk, ModelError>, Self)> {
        loop {
            if self.said && self.held.is_empty() {
                return self.answer.next().await.map(|item| (item, self));
            }
            if self.said {
                return self.held.pop_front().map(|chunk| (Ok(chunk), self));
            }
            match self.answer.next().await {
                Some(Ok(chunk)) => {
                    self.said = chunk.events.iter().any(says);
                    self.held.push_back(chunk);
                }
                Some(Err(error)) => match self.fall_back(&error) {
                    Some(chunk) => return Some((Ok(chunk), self)),
                    None => return Some((Err(error), self)),
                },
                // An answer that says nothing is one too.
                None => {
                    self.said = true;
                    self.answer = empty().boxed();
                }
            }
        }
    }

    /// Turns to the next model, if there is one and the call is not over.
    fn fall_back(&mut self, error: &ModelError) -> Option<ModelChunk> {
        if error.kind == ModelErrorKind::Cancelled || self.cancel.is_cancelled() {
            return None;
        }
        let next = self.models.get(self.current + 1)?;
        let told = Fallback {
            from: self.models[self.current].info().clone(),
            to: next.info().clone(),
            code: error.code(),
            message: error.to_string(),
        };
        tracing::warn!(
            from = %told.from.provider,
            to = %told.to.provider,
            code = %told.code,
            "the model failed and the next one is asked"
        );
        self.answer = next.stream(self.request.clone(), self.cancel.clone());
        self.current += 1;
        self.held.clear();
        Some(ModelChunk { events: vec![ModelEvent::Fallback(Box::new(told))] })
    }
}

fn says(event: &ModelEvent) -> bool {
    match event {
        ModelEvent::Text { .. }
        | ModelEvent::Reasoning { .. }
        | ModelEvent::Part { .. }
        | ModelEvent::ToolCall(_)
        | ModelEvent::Refusal { .. } => true,
        ModelEvent::Started(_)
        | ModelEvent::Usage(_)
        | ModelEvent::Finished { .. }
        | ModelEvent::Kwarg { .. }
        | ModelEvent::Fallback(_)
        | ModelEvent::Extra { .. } => false,
    }
}

//! A script: what the demo model does, step by step.

use std::collections::VecDeque;
use std::time::Duration;

use futures::Stream;
use moss_protocol::{Provider, ToolCall, ToolCallChunk, Usage};
use tokio_util::sync::CancellationToken;

use super::plan::tokens;
use crate::{FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ResponseInfo};

/// One step of a script.
#[derive(Debug)]
enum Step {
    /// Says something.
    Say(Vec<ModelEvent>),
    /// Waits.
    Pause(Duration),
    /// Fails; what follows is not played.
    Fail(ModelError),
}

/// What the demo model does for one question.
#[derive(Debug, Default)]
pub(super) struct Script {
    steps: VecDeque<Step>,
    output_tokens: u64,
}

impl Script {
    pub(super) fn start(&mut self, id: String) {
        self.say(ModelEvent::Started(ResponseInfo {
            id: Some(id),
            model: Some("demo".to_owned()),
            ..ResponseInfo::default()
        }));
    }

    /// A text, word by word.
    pub(super) fn text(&mut self, text: &str) {
        self.output_tokens += tokens(text);
        for word in text.split_inclusive(' ') {
            self.say(ModelEvent::Text { text: word.to_owned(), index: None });
        }
    }

    /// A tool call, its arguments in pieces.
    pub(super) fn call(&mut self, index: u32, call: &ToolCall) {
        const PIECE: usize = 8;
        let args = serde_json::Value::Object(call.args.clone()).to_string();
        self.output_tokens += tokens(&call.name) + tokens(&args);
        self.say(ModelEvent::ToolCall(ToolCallChunk {
            name: Some(call.name.clone()),
            args: Some(String::new()),
            id: Some(call.id.clone()),
            index: Some(index),
            ..ToolCallChunk::default()
        }));
        let characters: Vec<char> = args.chars().collect();
        for piece in characters.chunks(PIECE) {
            self.say(ModelEvent::ToolCall(ToolCallChunk {
                args: Some(piece.iter().collect()),
                index: Some(index),
                ..ToolCallChunk::default()
            }));
        }
    }

    pub(super) fn finish(&mut self, reason: FinishReason, raw: &str, input_tokens: u64) {
        self.say(ModelEvent::Finished { reason, raw: raw.to_owned() });
        self.say(ModelEvent::Usage(Usage {
            input_tokens,
            output_tokens: self.output_tokens,
            total_tokens: input_tokens + self.output_tokens,
            ..Usage::default()
        }));
    }

    pub(super) fn fail(&mut self, error: ModelError) {
        self.steps.push_back(Step::Fail(error));
    }

    /// The same with a wait before each piece.
    pub(super) fn paced(self, pause: Duration) -> Self {
        let steps = self.steps.into_iter().flat_map(|step| [Step::Pause(pause), step]).collect();
        Self { steps, ..self }
    }

    /// The same in one piece, as an unstreamed answer is.
    pub(super) fn whole(self) -> Self {
        let mut all = Vec::new();
        let mut steps = VecDeque::new();
        for step in self.steps {
            match step {
                Step::Say(events) => events.into_iter().for_each(|event| join(&mut all, event)),
                Step::Pause(_) => steps.push_back(step),
                Step::Fail(_) => return Self { steps: [step].into(), ..self },
            }
        }
        steps.push_back(Step::Say(all));
        Self { steps, ..self }
    }

    fn say(&mut self, event: ModelEvent) {
        self.steps.push_back(Step::Say(vec![event]));
    }
}

/// Appends an event, or lengthens the last one by it.
fn join(events: &mut Vec<ModelEvent>, event: ModelEvent) {
    match (events.last_mut(), event) {
        (Some(ModelEvent::Text { text, .. }), ModelEvent::Text { text: more, .. }) => {
            text.push_str(&more);
        }
        (Some(ModelEvent::ToolCall(call)), ModelEvent::ToolCall(more)) if more.id.is_none() => {
            call.args.get_or_insert_default().push_str(&more.args.unwrap_or_default());
        }
        (_, event) => events.push(event),
    }
}

/// Plays a script. A cancel ends it at once, in a pause too.
pub(super) fn play(
    script: Script,
    cancel: CancellationToken,
) -> impl Stream<Item = Result<ModelChunk, ModelError>> + Send + 'static {
    futures::stream::unfold((script.steps, cancel), |(mut steps, cancel)| async move {
        let item = loop {
            let step = steps.pop_front()?;
            if cancel.is_cancelled() {
                break Err(cancelled());
            }
            match step {
                Step::Say(events) => break Ok(ModelChunk { events }),
                Step::Fail(error) => break Err(error),
                Step::Pause(pause) => {
                    let slept = cancel.run_until_cancelled(tokio::time::sleep(pause)).await;
                    if slept.is_none() {
                        break Err(cancelled());
                    }
                }
            }
        };
        if item.is_err() {
            steps.clear();
        }
        Some((item, (steps, cancel)))
    })
}

fn cancelled() -> ModelError {
    ModelError::new(ModelErrorKind::Cancelled, Provider::Demo, "the model call was cancelled")
}

//! OpenAI's Responses, and what others made of them.
//!
//! A streamed answer is a run of events, each with its own `type`: the response begins, items are added to its
//! output, deltas tell of them, and each thing is repeated whole when it is done: the text, the part, the item, and
//! at last the response. An unstreamed answer is that response.
//!
//! # What becomes what
//!
//! | of the response | event |
//! |---|---|
//! | the fields around its output, first time | [`Started`](crate::ModelEvent::Started), with the response's id |
//! | the same, with another value or new | [`Extra`](crate::ModelEvent::Extra) under the field's name |
//! | `output_text`: deltas | [`Text`](crate::ModelEvent::Text); its index counts the parts of all messages of the answer |
//! | annotations and log probabilities of a text | [`Part`](crate::ModelEvent::Part): a piece of that text's part with `annotations` or `logprobs` |
//! | parts of other kinds | [`Part`](crate::ModelEvent::Part), when they are whole |
//! | `refusal` | [`Refusal`](crate::ModelEvent::Refusal) |
//! | `reasoning`: summaries, and the reasoning itself where it is open | [`Reasoning`](crate::ModelEvent::Reasoning) in the form of [summaries](crate::ReasoningForm::Summary), whose index counts those of all items |
//! | `reasoning`: id, encrypted content and the rest, once it is whole | [`Kwarg`](crate::ModelEvent::Kwarg) `reasoning`; the last item counts |
//! | `function_call` | [`ToolCall`](crate::ModelEvent::ToolCall) with the index of the output and the call's id, and [`Kwarg`](crate::ModelEvent::Kwarg) `__openai_function_call_ids__` with the item's |
//! | `custom_tool_call` | the same, its text as the argument `input`; and as for other items |
//! | `computer_call` | [`ToolCall`](crate::ModelEvent::ToolCall) of `computer_use`; and as for other items |
//! | an image: partial and finished | [`Part`](crate::ModelEvent::Part) of one index, so that the finished one remains; and as for other items |
//! | all other items, when they are whole | [`Kwarg`](crate::ModelEvent::Kwarg) `tool_outputs`, the list so far |
//! | sound and its transcript | [`Kwarg`](crate::ModelEvent::Kwarg) `audio`, at the end |
//! | `status`, `incomplete_details` at the end | [`Finished`](crate::ModelEvent::Finished) |
//! | `usage` | [`Usage`](crate::ModelEvent::Usage), and whole as [`Extra`](crate::ModelEvent::Extra) `usage` |
//! | `output` at the end | [`Extra`](crate::ModelEvent::Extra) `output`: what goes back to the provider in the next request |
//! | `error`, and the event of that name | a [`ModelError`](crate::ModelError) |
//! | members and events that this version does not know | [`Extra`](crate::ModelEvent::Extra) under the event's name |
//!
//! A repetition tells only what was not told before. One that differs is kept as [`Extra`](crate::ModelEvent::Extra)
//! under its path (`output.0.content.0.text`); for the arguments of a call it is an error. Not told, because it says
//! nothing more: `null`, empty texts and lists, sequence numbers, padding, where a delta belongs, the progress of the
//! provider's tools, and pieces of the code and arguments that these take, which their items hold.

mod decode;
mod dialect;
mod dispatch;
mod encode;
mod encode_content;
mod encode_input;
mod event;
mod input;
mod options;
mod output;
mod replay;
mod response;
mod said;
mod usage;

pub use decode::ResponsesDecoder;
pub use dialect::ResponsesDialect;
pub use encode::ResponsesEncoder;
pub(crate) use options::{forces, needed, parameters};

use super::{Wire, WireDecoder, WireRequest};
use crate::ModelError;

/// The Responses wire in a dialect.
#[derive(Debug, Clone, Copy)]
pub struct Responses(
    /// Whose dialect.
    pub ResponsesDialect,
);

impl Wire for Responses {
    fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        ResponsesEncoder::new(self.0).encode(request)
    }

    fn decoder(&self) -> Box<dyn WireDecoder> {
        Box::new(ResponsesDecoder::new(self.0))
    }
}

/// Where LangChain's client keeps which item a call is: `{"call_…":"fc_…"}` in `additional_kwargs`.
const CALL_IDS: &str = "__openai_function_call_ids__";

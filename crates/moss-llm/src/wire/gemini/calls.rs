//! The function calls of an answer: their ids, their signatures, and the pieces of those that stream.

use std::borrow::Cow;

use moss_protocol::{JsonObject, ToolCallChunk, ToolCallChunkKind};
use serde_json::Value;
use serde_json::value::RawValue;

use super::part::CallParts;
use super::partial_args::PartialArgs;

/// The calls of one answer as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// The signature of each call, empty where it has none.
    signatures: Vec<String>,
    /// A call of which more is to come.
    open: Option<OpenCall>,
    /// Whether there are signatures that were not told.
    untold: bool,
}

#[derive(Debug)]
struct OpenCall {
    index: u32,
    args: PartialArgs,
}

/// What the ids begin with that are made here.
const MADE: &str = "gemini_call_";

/// How much of an answer's id goes into the ids of its calls: OpenAI takes ids of at most 64 characters.
const LONGEST_ANSWER_ID: usize = 40;

/// Whether an id was made here, and not by the provider: the provider is not to see it.
pub(super) fn is_made(id: &str) -> bool {
    id.starts_with(MADE)
}

/// The id of a call to which the provider gave none: the same whenever the answer is decoded, and unlike those of
/// other answers. Other providers take it, should they go on with the conversation.
fn made(answer: &str, index: u32) -> String {
    let plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    let answer: String = answer.chars().filter(plain).take(LONGEST_ANSWER_ID).collect();
    format!("{MADE}{answer}_{index}")
}

impl Calls {
    /// Takes in a call or the next piece of the open one. `answer` is the id of the answer; without one the calls
    /// get no ids here, and whoever collects the answer makes some.
    ///
    /// # Errors
    /// What is wrong with the call.
    pub(super) fn accept(
        &mut self,
        call: CallParts<'_>,
        signature: Option<Cow<'_, str>>,
        answer: Option<&str>,
    ) -> Result<Vec<ToolCallChunk>, String> {
        let mut chunks = Vec::new();
        let tells = signature.is_some() || call.name.is_some();
        let streams = call.will_continue || !call.partial_args.is_empty();
        match call.name {
            Some(name) => {
                chunks.extend(self.cut_off());
                let index = u32::try_from(self.signatures.len()).unwrap_or(u32::MAX);
                let id = call.id.map(Cow::into_owned);
                let mut chunk = ToolCallChunk {
                    name: Some(name.into_owned()),
                    id: id.or_else(|| answer.map(|answer| made(answer, index))),
                    ..piece(index, None)
                };
                self.signatures.push(String::new());
                if streams {
                    self.open = Some(OpenCall { index, args: PartialArgs::default() });
                } else {
                    chunk.args = Some(call.args.map_or_else(|| "{}".to_owned(), compact));
                }
                chunks.push(chunk);
            }
            None if self.open.is_some() => {}
            None => return Err("a piece of a function call that never began".to_owned()),
        }
        if let (Some(signature), Some(last)) = (signature, self.signatures.last_mut()) {
            *last = signature.into_owned();
        }
        self.untold |= tells && self.signatures.iter().any(|signature| !signature.is_empty());
        if let Some(mut open) = self.open.take() {
            if let Some(args) = call.args {
                let args = serde_json::from_str::<JsonObject>(args.get());
                open.args.set(args.map_err(|error| format!("arguments of a call: {error}"))?);
            }
            for arg in call.partial_args {
                open.args.push(arg)?;
            }
            if call.will_continue {
                self.open = Some(open);
            } else {
                chunks.push(piece(open.index, Some(open.args.whole())));
            }
        }
        Ok(chunks)
    }

    /// Ends the open call, which will not be whole: its arguments stay unreadable.
    pub(super) fn cut_off(&mut self) -> Option<ToolCallChunk> {
        self.open.take().map(|open| piece(open.index, Some(open.args.cut_off())))
    }

    /// Whether more of a call is to come.
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether there was any call.
    pub(super) const fn any(&self) -> bool {
        !self.signatures.is_empty()
    }

    /// The signatures of all calls, when there are some that were not told. One for each call, empty where it has
    /// none: LangChain's clients write them so, and hosts keep them by the ids of the calls.
    pub(super) fn signatures(&mut self) -> Option<Value> {
        std::mem::take(&mut self.untold)
            .then(|| Value::from_iter(self.signatures.iter().map(String::as_str)))
    }
}

fn piece(index: u32, args: Option<String>) -> ToolCallChunk {
    ToolCallChunk {
        name: None,
        args,
        id: None,
        index: Some(index),
        kind: ToolCallChunkKind::ToolCallChunk,
    }
}

/// JSON without the white space between its tokens: answers in one piece come indented.
fn compact(raw: &RawValue) -> String {
    let mut out = String::with_capacity(raw.get().len());
    let (mut in_text, mut escaped) = (false, false);
    for char in raw.get().chars() {
        if in_text {
            in_text = escaped || char != '"';
            escaped = char == '\\' && !escaped;
        } else {
            in_text = char == '"';
            if char.is_ascii_whitespace() {
                continue;
            }
        }
        out.push(char);
    }
    out
}

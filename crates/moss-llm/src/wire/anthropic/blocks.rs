//! The content blocks of an answer that have begun and not yet ended.

use moss_protocol::{JsonObject, ToolCallChunk, ToolCallChunkKind};
use serde_json::Value;

use crate::ModelEvent;

/// How many blocks may be open at once. Providers open one; a server that opens thousands is no provider.
const MAX_OPEN: usize = 256;

/// How long the input of one tool call may be, in bytes.
const MAX_INPUT: usize = 64 << 20;

/// What the stream may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockError {
    /// A piece of input belongs to no open block.
    Unknown,
    TooMany,
    InputTooLarge,
}

/// The open blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks(Vec<OpenBlock>);

#[derive(Debug)]
struct OpenBlock {
    index: u32,
    /// As it began; of one that is told, the type.
    block: JsonObject,
    /// Whether it was told when it began.
    is_told: bool,
    /// Pieces of the JSON of its input.
    input: String,
}

impl OpenBlock {
    fn is_call(&self) -> bool {
        self.block.get("type").is_some_and(|kind| kind == "tool_use")
    }

    /// What is told when it ends: the block with its whole input.
    fn end(mut self, events: &mut Vec<ModelEvent>) {
        if self.input.is_empty() && self.is_told {
            return;
        }
        let begun_whole =
            matches!(self.block.get("input"), Some(Value::Object(own)) if !own.is_empty());
        if self.input.is_empty() && begun_whole && self.is_call() {
            let args = self.block.get("input").map(Value::to_string);
            events.push(ModelEvent::ToolCall(call(self.index, None, None, args)));
        }
        if !self.input.is_empty() {
            // What is no JSON stays as the model wrote it.
            let input = serde_json::from_str(&self.input).unwrap_or(Value::String(self.input));
            self.block.insert("input".to_owned(), input);
        } else if !self.block.contains_key("input") {
            self.block.insert("input".to_owned(), Value::Object(JsonObject::new()));
        }
        events.push(ModelEvent::Part { index: Some(self.index), part: self.block });
    }
}

impl Blocks {
    /// Takes in a block that begins. One that is not told yet is told as a part when it ends, with its whole input;
    /// a call of the host's tools is told at once, too.
    pub(super) fn begin(
        &mut self,
        index: u32,
        block: JsonObject,
        is_told: bool,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), BlockError> {
        // A server that does not say that blocks end.
        self.end(index, events);
        if self.0.len() == MAX_OPEN {
            return Err(BlockError::TooMany);
        }
        let open = OpenBlock { index, block, is_told, input: String::new() };
        if open.is_call() {
            let text = |name: &str| open.block.get(name).and_then(Value::as_str).map(str::to_owned);
            let chunk = call(index, text("id"), text("name"), Some(String::new()));
            events.push(ModelEvent::ToolCall(chunk));
        }
        self.0.push(open);
        Ok(())
    }

    /// Takes in a piece of input. Gives the piece of the call, where it is one of the host's tools.
    pub(super) fn input(
        &mut self,
        index: u32,
        piece: &str,
    ) -> Result<Option<ModelEvent>, BlockError> {
        let open = self.0.iter_mut().rev().find(|open| open.index == index);
        let open = open.ok_or(BlockError::Unknown)?;
        if open.input.len() + piece.len() > MAX_INPUT {
            return Err(BlockError::InputTooLarge);
        }
        open.input.push_str(piece);
        let args = Some(piece.to_owned());
        Ok(open.is_call().then(|| ModelEvent::ToolCall(call(index, None, None, args))))
    }

    /// The type of an open block.
    pub(super) fn kind(&self, index: u32) -> Option<&str> {
        let open = self.0.iter().find(|open| open.index == index)?;
        open.block.get("type")?.as_str()
    }

    /// Ends a block.
    pub(super) fn end(&mut self, index: u32, events: &mut Vec<ModelEvent>) {
        if let Some(position) = self.0.iter().position(|open| open.index == index) {
            self.0.remove(position).end(events);
        }
    }

    /// Ends all blocks, in their order.
    pub(super) fn end_all(&mut self, events: &mut Vec<ModelEvent>) {
        for open in self.0.drain(..) {
            open.end(events);
        }
    }
}

fn call(
    index: u32,
    id: Option<String>,
    name: Option<String>,
    args: Option<String>,
) -> ToolCallChunk {
    ToolCallChunk { name, args, id, index: Some(index), kind: ToolCallChunkKind::ToolCallChunk }
}

//! The blocks of one answer as they stream in.

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::fault::Fault;
use crate::ModelEvent;

/// The most blocks that an answer may have.
const MOST: usize = 10_000;

/// The most that is held back of all blocks, in bytes.
const MOST_HELD: usize = 64 << 20;

/// What a block is, and what is held back of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Text, reasoning and all else that is handed on as it comes.
    Plain {
        /// Whether it has citations.
        cited: bool,
    },
    /// A call of the host's tools.
    Tool,
    /// A call of a tool that Amazon runs: its type and its input so far.
    ServerTool(String, String),
    /// Reasoning that only Amazon can read, in base64.
    Redacted(String),
    /// The bytes of an image, in base64.
    Image(String),
}

impl Kind {
    pub(super) const PLAIN: Self = Self::Plain { cited: false };

    const fn is_tool(&self) -> bool {
        matches!(self, Self::Tool | Self::ServerTool(..))
    }
}

#[derive(Debug, Clone)]
struct Block {
    index: u32,
    kind: Kind,
    is_open: bool,
}

/// The blocks so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    held: usize,
}

impl Blocks {
    /// Begins a block.
    pub(super) fn open(&mut self, index: u32, kind: Kind) -> Result<(), Fault> {
        if self.blocks.iter().any(|block| block.index == index) {
            return Err(Fault::Order("a block begins twice"));
        }
        if self.blocks.len() == MOST {
            return Err(Fault::TooLarge("has too many blocks"));
        }
        self.blocks.push(Block { index, kind, is_open: true });
        Ok(())
    }

    /// The open block of a piece that is no piece of a tool call. Such a block needs no beginning.
    pub(super) fn plain(&mut self, index: u32) -> Result<&mut Kind, Fault> {
        if !self.blocks.iter().rev().any(|block| block.index == index) {
            self.open(index, Kind::PLAIN)?;
        }
        match self.known(index)? {
            kind if kind.is_tool() => Err(Fault::Order("a tool call goes on as something else")),
            kind => Ok(kind),
        }
    }

    /// The open block of a piece of a tool call, which has begun.
    pub(super) fn tool(&mut self, index: u32) -> Result<&mut Kind, Fault> {
        match self.known(index)? {
            kind if kind.is_tool() => Ok(kind),
            _ => Err(Fault::Order("a tool call goes on that did not begin")),
        }
    }

    fn known(&mut self, index: u32) -> Result<&mut Kind, Fault> {
        match self.blocks.iter_mut().rev().find(|block| block.index == index) {
            Some(block) if block.is_open => Ok(&mut block.kind),
            Some(_) => Err(Fault::Order("a block goes on after its end")),
            None => Err(Fault::Order("a tool call goes on that did not begin")),
        }
    }

    /// The index under which a text of a block is told: none while it is the only block.
    pub(super) fn text_index(&self, index: u32) -> Option<u32> {
        let cited = || {
            let block = self.blocks.iter().rev().find(|block| block.index == index);
            block.is_some_and(|block| block.kind == Kind::Plain { cited: true })
        };
        (self.blocks.len() > 1 || cited()).then_some(index)
    }

    /// Counts bytes that are held back.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Fault> {
        self.held = self.held.saturating_add(bytes);
        if self.held > MOST_HELD {
            return Err(Fault::TooLarge("holds an image or a tool's input that is too large"));
        }
        Ok(())
    }

    /// Ends a block: gives what was held back.
    pub(super) fn close(&mut self, index: u32) -> Result<Option<ModelEvent>, Fault> {
        // A block of which nothing came but its end.
        if !self.blocks.iter().any(|block| block.index == index) {
            self.open(index, Kind::PLAIN)?;
        }
        match self.blocks.iter_mut().rev().find(|block| block.index == index && block.is_open) {
            Some(block) => Ok(block.end()),
            None => Err(Fault::Order("a block ends twice")),
        }
    }

    /// Ends all blocks. One that is a tool call may be left open only where the model was cut off.
    pub(super) fn close_all(&mut self, wants_tools: bool) -> Result<Vec<ModelEvent>, Fault> {
        let mut open = self.blocks.iter_mut().filter(|block| block.is_open);
        if wants_tools && open.any(|block| block.kind == Kind::Tool) {
            return Err(Fault::Order("the answer ends within a tool call"));
        }
        let open = self.blocks.iter_mut().filter(|block| block.is_open);
        Ok(open.filter_map(Block::end).collect())
    }
}

impl Block {
    fn end(&mut self) -> Option<ModelEvent> {
        self.is_open = false;
        let part = match std::mem::replace(&mut self.kind, Kind::PLAIN) {
            Kind::Plain { .. } | Kind::Tool => return None,
            Kind::ServerTool(kind, input) => {
                // What is no JSON stays the text that it is.
                let input = match serde_json::from_str::<Value>(&input) {
                    Ok(value) => value,
                    Err(_) if input.is_empty() => json!({}),
                    Err(_) => Value::String(input),
                };
                json!({"type": kind, "toolUse": {"input": input}})
            }
            Kind::Redacted(data) => json!({"type": "reasoning_content", "redactedContent": data}),
            Kind::Image(data) => json!({"type": "image", "image": {"source": {"bytes": data}}}),
        };
        let Value::Object(part) = part else { return None };
        Some(ModelEvent::Part { index: Some(self.index), part })
    }
}

/// Appends bytes to others, both in base64.
pub(super) fn append_base64(known: &mut String, more: &str) {
    if known.len().is_multiple_of(4) && !known.ends_with('=') {
        known.push_str(more);
        return;
    }
    match (base64::decode(&*known), base64::decode(more)) {
        (Ok(mut bytes), Ok(more)) => {
            bytes.extend(more);
            *known = base64::encode(bytes);
        }
        // Not base64, then: nothing is lost.
        _ => known.push_str(more),
    }
}

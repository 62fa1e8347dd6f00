//! The conversation as the provider takes it: instructions, then turns of user and assistant.

use std::collections::HashMap;
use std::sync::Arc;

use moss_protocol::{Content, ContentPart, Message};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::block::{Block, Member};
use super::encode_message::blocks;
use super::models::Claude;

/// Blocks with which a turn of the assistant may end that is to be gone on with: the provider paused it.
const PAUSED: &[&str] = &["server_tool_use", "mcp_tool_use", "compaction"];

/// A conversation in the provider's form.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    /// What stands in `system`.
    pub(super) system: Passage<'a>,
    pub(super) turns: Vec<Turn<'a>>,
}

#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) role: &'static str,
    pub(super) content: Passage<'a>,
}

/// Content of a turn.
#[derive(Debug, Default)]
pub(super) struct Passage<'a> {
    pub(super) blocks: Vec<Block<'a>>,
    /// Whether the host wrote a text and no parts.
    is_text: bool,
}

impl<'a> Passage<'a> {
    fn push(&mut self, blocks: Vec<Block<'a>>, content: &Content) {
        self.is_text = self.blocks.is_empty() && matches!(content, Content::Text(_));
        self.blocks.extend(blocks);
    }
}

impl Serialize for Passage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.blocks[..] {
            [only] if self.is_text && only.is_bare_text() => {
                only.str("text").unwrap_or_default().serialize(serializer)
            }
            blocks => blocks.serialize(serializer),
        }
    }
}

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", self.role)?;
        map.serialize_entry("content", &self.content)?;
        map.end()
    }
}

impl<'a> Conversation<'a> {
    /// Reads the messages.
    ///
    /// # Errors
    /// Which message cannot be sent, and why.
    pub(super) fn of(messages: &'a [Arc<Message>], claude: Option<Claude>) -> Result<Self, String> {
        let mut this = Self { system: Passage::default(), turns: Vec::new() };
        let mut toolsets = HashMap::new();
        for (position, message) in messages.iter().enumerate() {
            toolsets_of(message, &mut toolsets);
            let mut blocks = blocks(message)
                .map_err(|problem| format!("Message {position} cannot be sent: {problem}"))?;
            if let Message::Tool(result) = &**message
                && let Some(toolset) = toolsets.get(result.tool_call_id.as_str())
            {
                for block in &mut blocks {
                    block.set("toolset_name", Member::Text((*toolset).into()));
                }
            }
            if blocks.is_empty() {
                continue;
            }
            let role = match &**message {
                Message::System(_) if this.turns.is_empty() => {
                    this.system.push(blocks, message.content());
                    continue;
                }
                Message::System(_) => "system",
                Message::Human(_) | Message::Tool(_) => "user",
                Message::Ai(_) => "assistant",
            };
            match this.turns.last_mut() {
                Some(turn) if turn.role == role => turn.content.push(blocks, message.content()),
                _ => {
                    let mut content = Passage::default();
                    content.push(blocks, message.content());
                    this.turns.push(Turn { role, content });
                }
            }
        }
        this.settle_end(claude);
        Ok(this)
    }

    /// An assistant's message at the end is one that the model is to go on with. New models refuse that, unless
    /// the provider itself paused there; older ones refuse white space at its end.
    fn settle_end(&mut self, claude: Option<Claude>) {
        let takes_prefill = claude.is_none_or(Claude::takes_prefill);
        while !takes_prefill && self.turns.len() > 1 {
            match self.turns.last() {
                Some(turn) if turn.role == "assistant" && !turn.is_paused() => {
                    self.turns.pop();
                }
                _ => break,
            }
        }
        if let Some(turn) = self.turns.last_mut()
            && turn.role == "assistant"
            && let Some(last) = turn.content.blocks.last_mut()
            && last.kind() == "text"
            && let Some(trimmed) = last.str("text").map(|text| text.trim_end().to_owned())
        {
            last.set("text", Member::Text(trimmed.into()));
        }
    }

    /// Whether the last turn answers calls of an assistant that did not begin with thinking. A model that thinks
    /// by budget has to have thought before it called.
    pub(super) fn calls_without_thinking(&self) -> bool {
        let [.., assistant, results] = &self.turns[..] else { return false };
        let answers = results.content.blocks.iter().any(|block| block.kind() == "tool_result");
        let thought = assistant
            .content
            .blocks
            .first()
            .is_some_and(|block| matches!(block.kind(), "thinking" | "redacted_thinking"));
        answers && assistant.role == "assistant" && !thought
    }
}

impl Turn<'_> {
    fn is_paused(&self) -> bool {
        self.content.blocks.last().is_some_and(|block| {
            PAUSED.contains(&block.kind()) || block.kind().ends_with("_tool_result")
        })
    }
}

/// Calls of tools that belong to a set of the provider's: their results name it too.
fn toolsets_of<'a>(message: &'a Message, found: &mut HashMap<&'a str, &'a str>) {
    let Message::Ai(message) = message else { return };
    let Content::Parts(parts) = &message.content else { return };
    for part in parts {
        let ContentPart::Other(object) = part else { continue };
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        if let (Some(id), Some(toolset)) = (text("id"), text("toolset_name")) {
            found.insert(id, toolset);
        }
    }
}

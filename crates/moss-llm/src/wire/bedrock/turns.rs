//! Messages become turns: user and assistant alternate, and the results of tools are the user's.

use std::sync::Arc;

use moss_protocol::{AiMessage, Content, ContentPart, Message, ToolMessage, ToolStatus};
use serde_json::{Value, json};

use super::BedrockDialect;
use super::content::{self, Blocks};
use super::document::Names;

/// Stands where Converse wants a text and there is none: it refuses empty messages and empty texts, and a
/// document without a text beside it. LibreChat sends the same.
pub(super) const PLACEHOLDER: &str = "_";

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Assistant,
}

/// One message as Converse takes it.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) role: Role,
    pub(super) blocks: Vec<Value>,
}

impl From<Turn> for Value {
    fn from(turn: Turn) -> Self {
        let role = match turn.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({"role": role, "content": turn.blocks})
    }
}

/// The whole conversation.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Value>,
    pub(super) turns: Vec<Turn>,
}

impl Conversation {
    /// The conversation of messages; what is wrong, where one has a part for which Converse has no form.
    pub(super) fn of(dialect: &BedrockDialect, messages: &[Arc<Message>]) -> Result<Self, String> {
        let mut this = Self::default();
        let mut names = Names::default();
        for message in messages {
            match &**message {
                Message::System(message) => system(&message.content, &mut this.system)?,
                Message::Human(message) => {
                    this.speak(Role::User, user(&message.content, &mut names)?);
                }
                Message::Ai(message) => {
                    this.speak(Role::Assistant, assistant(dialect, message, &mut names)?);
                }
                Message::Tool(message) => this.speak(Role::User, result(message, &mut names)?),
            }
        }
        if this.turns.is_empty() {
            this.turns.push(Turn { role: Role::User, blocks: Vec::new() });
        }
        for turn in &mut this.turns {
            complete(turn);
        }
        Ok(this)
    }

    fn speak(&mut self, role: Role, blocks: Vec<Value>) {
        match self.turns.last_mut() {
            Some(last) if last.role == role => last.blocks.extend(blocks),
            _ => self.turns.push(Turn { role, blocks }),
        }
    }
}

/// Adds the text that Converse wants.
fn complete(turn: &mut Turn) {
    let has = |name: &str| turn.blocks.iter().any(|block| block.get(name).is_some());
    if turn.blocks.is_empty() || (has("document") && !has("text")) {
        turn.blocks.push(json!({"text": PLACEHOLDER}));
    }
}

fn system(content: &Content, system: &mut Vec<Value>) -> Result<(), String> {
    let mut blocks = Blocks::default();
    match content {
        Content::Text(text) => blocks.text(text),
        Content::Parts(parts) => {
            for part in parts {
                match part {
                    ContentPart::Text { text, .. } => blocks.text(text),
                    ContentPart::Other(object)
                        if object.contains_key("cachePoint")
                            || object.contains_key("guardContent") =>
                    {
                        blocks.push(content::own_block(object).unwrap_or_default());
                    }
                    ContentPart::Think { .. }
                    | ContentPart::Image { .. }
                    | ContentPart::ToolCall(_)
                    | ContentPart::Other(_) => {
                        return Err(format!(
                            "it has instructions of the kind `{}`, and Converse takes texts and cache points there",
                            part.kind()
                        ));
                    }
                }
            }
        }
    }
    system.extend(blocks.finish());
    Ok(())
}

fn user(content: &Content, names: &mut Names) -> Result<Vec<Value>, String> {
    let mut blocks = Blocks::default();
    match content {
        Content::Text(text) => blocks.text(text),
        Content::Parts(parts) => {
            for part in parts {
                match part {
                    ContentPart::Text { text, .. } => blocks.text(text),
                    ContentPart::Think { .. }
                    | ContentPart::Image { .. }
                    | ContentPart::ToolCall(_)
                    | ContentPart::Other(_) => blocks.push(content::block(part, names)?),
                }
            }
        }
    }
    Ok(blocks.finish())
}

fn assistant(
    dialect: &BedrockDialect,
    message: &AiMessage,
    names: &mut Names,
) -> Result<Vec<Value>, String> {
    let mut blocks = Blocks::default();
    match &message.content {
        Content::Text(text) => blocks.text(text),
        Content::Parts(parts) => {
            for part in parts {
                content::said(dialect, message, part, names, &mut blocks)?;
            }
        }
    }
    let has_calls = !message.tool_calls.is_empty() || !message.invalid_tool_calls.is_empty();
    if has_calls {
        blocks.trim_last_text();
    }
    for call in &message.tool_calls {
        blocks.call(&call.id, &call.name, Value::Object(call.args.clone()));
    }
    for call in &message.invalid_tool_calls {
        // Converse takes nothing but an object, and the call is over.
        blocks.call(&call.id, &call.name, json!({}));
    }
    blocks.drop_refused_reasoning(dialect.house);
    let blocks = blocks.finish();
    Ok(if blocks.is_empty() { vec![json!({"text": PLACEHOLDER})] } else { blocks })
}

/// A tool's result. Marks for the cache stand behind it: within it they have no effect.
fn result(message: &ToolMessage, names: &mut Names) -> Result<Vec<Value>, String> {
    let mut inside = Vec::new();
    let mut failed = message.status == Some(ToolStatus::Error);
    match &message.content {
        Content::Text(text) => inside.push(json!({"text": text})),
        Content::Parts(parts) => {
            for part in parts {
                content::result(part, names, &mut failed, &mut inside)?;
            }
        }
    }
    let (marks, mut inside): (Vec<Value>, Vec<Value>) =
        inside.into_iter().partition(|block| block.get("cachePoint").is_some());
    inside.retain(|block| block.get("text").and_then(Value::as_str).is_none_or(|it| !blank(it)));
    if inside.is_empty() {
        inside.push(json!({"text": PLACEHOLDER}));
    }
    let mut result = json!({"toolUseId": message.tool_call_id, "content": inside});
    if failed && let Value::Object(result) = &mut result {
        result.insert("status".to_owned(), Value::from("error"));
    }
    Ok([json!({"toolResult": result})].into_iter().chain(marks).collect())
}

pub(super) fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

//! Marks up to which a prompt is kept, for models behind OpenRouter that keep only what is marked.

use std::sync::Arc;

use moss_protocol::{Content, ContentPart, Message};
use serde_json::{Value, json};

/// How long a marked prompt is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheTtl {
    FiveMinutes,
    OneHour,
}

/// How many users' messages carry a mark: the newest, and the one before it, up to which the last request was kept.
const USER_MARKS: usize = 2;

/// Marks the instructions, which stand behind the tools and so keep them too, and the last users' messages.
pub(super) fn mark(messages: Vec<Arc<Message>>, ttl: CacheTtl) -> Vec<Arc<Message>> {
    let mut left = USER_MARKS;
    let mut marked: Vec<Arc<Message>> = messages
        .into_iter()
        .rev()
        .map(|message| match *message {
            Message::Human(_) if left > 0 => {
                left -= 1;
                with_mark(message, ttl)
            }
            Message::System(_) => with_mark(message, ttl),
            Message::Human(_) | Message::Ai(_) | Message::Tool(_) => message,
        })
        .collect();
    marked.reverse();
    marked
}

/// The message with a mark at its last text. A host's own marks win.
fn with_mark(message: Arc<Message>, ttl: CacheTtl) -> Arc<Message> {
    let has_marks = match message.content() {
        Content::Text(_) => false,
        Content::Parts(parts) => parts.iter().any(|part| match part {
            ContentPart::Text { extra, .. } | ContentPart::Image { extra, .. } => {
                extra.contains_key(FIELD)
            }
            ContentPart::Other(part) => part.contains_key(FIELD),
            ContentPart::Think { .. } | ContentPart::ToolCall(_) => false,
        }),
    };
    if has_marks || message.content().is_empty() {
        return message;
    }
    let mut message = Arc::unwrap_or_clone(message);
    match &mut message {
        Message::System(message) => mark_last_text(&mut message.content, ttl),
        Message::Human(message) => mark_last_text(&mut message.content, ttl),
        Message::Ai(_) | Message::Tool(_) => {}
    }
    Arc::new(message)
}

fn mark_last_text(content: &mut Content, ttl: CacheTtl) {
    if let Content::Text(text) = content {
        *content = Content::Parts(vec![ContentPart::text(std::mem::take(text))]);
    }
    let Content::Parts(parts) = content else { return };
    let texts = parts.iter_mut().rev().find_map(|part| match part {
        ContentPart::Text { extra, .. } => Some(extra),
        ContentPart::Think { .. }
        | ContentPart::Image { .. }
        | ContentPart::ToolCall(_)
        | ContentPart::Other(_) => None,
    });
    if let Some(extra) = texts {
        extra.insert(FIELD.to_owned(), value(ttl));
    }
}

const FIELD: &str = "cache_control";

fn value(ttl: CacheTtl) -> Value {
    match ttl {
        CacheTtl::FiveMinutes => json!({"type": "ephemeral"}),
        CacheTtl::OneHour => json!({"type": "ephemeral", "ttl": "1h"}),
    }
}

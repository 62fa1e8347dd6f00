//! Texts and messages that say nothing.

use std::sync::Arc;

use moss_protocol::{Content, Message};

use super::parts::{is_blank, says_beside_content};

/// See [`Preparation::drop_empty`](super::Preparation::drop_empty).
pub(super) fn drop_empty(messages: Vec<Arc<Message>>) -> Vec<Arc<Message>> {
    messages.into_iter().filter_map(without_blanks).collect()
}

fn without_blanks(message: Arc<Message>) -> Option<Arc<Message>> {
    let message = if has_blanks(message.content()) {
        let mut message = Arc::unwrap_or_clone(message);
        let content = match &mut message {
            Message::System(message) => &mut message.content,
            Message::Human(message) => &mut message.content,
            Message::Ai(message) => &mut message.content,
            Message::Tool(message) => &mut message.content,
        };
        remove_blanks(content);
        Arc::new(message)
    } else {
        message
    };
    says_something(&message).then_some(message)
}

fn has_blanks(content: &Content) -> bool {
    match content {
        Content::Text(text) => !text.is_empty() && text.trim().is_empty(),
        Content::Parts(parts) => parts.is_empty() || parts.iter().any(is_blank),
    }
}

fn remove_blanks(content: &mut Content) {
    match content {
        Content::Text(text) => text.clear(),
        Content::Parts(parts) => parts.retain(|part| !is_blank(part)),
    }
    if content.is_empty() {
        *content = Content::default();
    }
}

fn says_something(message: &Message) -> bool {
    match message {
        Message::System(_) | Message::Human(_) => !message.content().is_empty(),
        Message::Ai(message) => !message.content.is_empty() || says_beside_content(message),
        Message::Tool(_) => true,
    }
}

//! Images and files of tool results, for providers whose tool messages take text alone.

use std::sync::Arc;

use moss_protocol::{Content, ContentPart, HumanMessage, Message, ToolMessage};

use super::parts::{is_blank, is_media};

/// What a result says of which nothing else is left.
const ELSEWHERE: &str = "The result is in the user's message that follows.";

/// See [`Preparation::lift_tool_media`](super::Preparation::lift_tool_media).
pub(super) fn lift(messages: &[Arc<Message>]) -> Vec<Arc<Message>> {
    let mut lifted = Vec::with_capacity(messages.len());
    let mut media = Vec::new();
    for message in messages {
        match &**message {
            Message::Tool(result) if has_media(&result.content) => {
                lifted.push(Arc::new(Message::Tool(without_media(result, &mut media))));
            }
            Message::Tool(_) => lifted.push(Arc::clone(message)),
            Message::System(_) | Message::Human(_) | Message::Ai(_) => {
                lifted.extend(shown(&mut media));
                lifted.push(Arc::clone(message));
            }
        }
    }
    lifted.extend(shown(&mut media));
    lifted
}

fn has_media(content: &Content) -> bool {
    match content {
        Content::Text(_) => false,
        Content::Parts(parts) => parts.iter().any(is_media),
    }
}

/// The result without its images and files, which go to the end of `media`.
fn without_media(result: &ToolMessage, media: &mut Vec<ContentPart>) -> ToolMessage {
    let mut result = result.clone();
    let content = std::mem::take(&mut result.content);
    let (shown, mut rest): (Vec<_>, Vec<_>) = match content {
        Content::Text(text) => (Vec::new(), vec![ContentPart::text(text)]),
        Content::Parts(parts) => parts.into_iter().partition(is_media),
    };
    media.push(ContentPart::text(match &result.name {
        Some(name) => format!("From the result of the tool `{name}`:"),
        None => "From the result of a tool:".to_owned(),
    }));
    media.extend(shown);
    if rest.iter().all(is_blank) {
        rest = vec![ContentPart::text(ELSEWHERE)];
    }
    result.content = Content::Parts(rest);
    result
}

/// The user's message that shows what was lifted.
fn shown(media: &mut Vec<ContentPart>) -> Option<Arc<Message>> {
    if media.is_empty() {
        return None;
    }
    let content = Content::Parts(std::mem::take(media));
    Some(Arc::new(Message::Human(HumanMessage { content, ..HumanMessage::default() })))
}

//! User and assistant, in turns.

use std::sync::Arc;

use moss_protocol::{Content, HumanMessage, JsonObject, Message, SystemMessage};
use serde_json::Value;

use super::parts::into_parts;

/// What the user says where a conversation begins with an assistant's message.
const EARLIER: &str = "(Earlier messages are left out.)";

/// See [`Preparation::alternate`](super::Preparation::alternate).
pub(super) fn alternate(messages: Vec<Arc<Message>>) -> Vec<Arc<Message>> {
    let mut turns: Vec<Arc<Message>> = Vec::with_capacity(messages.len());
    for message in messages {
        let instructs_only = turns.iter().all(|turn| matches!(**turn, Message::System(_)));
        let message = match &*message {
            Message::System(system) if !instructs_only => Arc::new(as_human(system)),
            Message::Ai(_) if instructs_only => {
                turns.push(Arc::new(Message::human(EARLIER)));
                message
            }
            Message::System(_) | Message::Ai(_) | Message::Human(_) | Message::Tool(_) => message,
        };
        let turn = match turns.pop_if(|last| is_same_turn(last, &message)) {
            Some(last) => {
                Arc::new(merged(Arc::unwrap_or_clone(last), Arc::unwrap_or_clone(message)))
            }
            None => message,
        };
        turns.push(turn);
    }
    turns
}

fn as_human(message: &SystemMessage) -> Message {
    let SystemMessage { content, id, name, additional_kwargs } = message.clone();
    Message::Human(HumanMessage { content, id, name, additional_kwargs })
}

/// Whether two messages are one turn. Results of tools stay messages of their own: each has its call.
fn is_same_turn(one: &Message, next: &Message) -> bool {
    matches!(
        (one, next),
        (Message::System(_), Message::System(_))
            | (Message::Human(_), Message::Human(_))
            | (Message::Ai(_), Message::Ai(_))
    )
}

/// Two messages of one role as one; of messages that are not, the first.
fn merged(first: Message, next: Message) -> Message {
    match (first, next) {
        (Message::System(mut message), Message::System(next)) => {
            message.content = joined(message.content, next.content);
            merge(&mut message.additional_kwargs, next.additional_kwargs);
            Message::System(message)
        }
        (Message::Human(mut message), Message::Human(next)) => {
            message.content = joined(message.content, next.content);
            merge(&mut message.additional_kwargs, next.additional_kwargs);
            Message::Human(message)
        }
        (Message::Ai(mut message), Message::Ai(next)) => {
            message.content = joined(message.content, next.content);
            message.tool_calls.extend(next.tool_calls);
            message.invalid_tool_calls.extend(next.invalid_tool_calls);
            merge(&mut message.additional_kwargs, next.additional_kwargs);
            merge(&mut message.response_metadata, next.response_metadata);
            Message::Ai(message)
        }
        (first, _) => first,
    }
}

/// Two texts with a blank line between them, or the parts of both.
fn joined(first: Content, next: Content) -> Content {
    match (first, next) {
        (first, next) if next.is_empty() => first,
        (first, next) if first.is_empty() => next,
        (Content::Text(first), Content::Text(next)) => Content::Text(format!("{first}\n\n{next}")),
        (first, next) => {
            let mut parts = into_parts(first);
            parts.extend(into_parts(next));
            Content::Parts(parts)
        }
    }
}

/// Joins what was said beside the content: texts of reasoning and refusal, lists of its details. Of all else the
/// later value counts.
fn merge(first: &mut JsonObject, next: JsonObject) {
    const JOINED: &[&str] = &["reasoning_content", "reasoning", "refusal"];
    for (name, value) in next {
        match (first.get_mut(&name), value) {
            (Some(Value::String(first)), Value::String(next))
                if JOINED.contains(&name.as_str()) =>
            {
                first.push_str("\n\n");
                first.push_str(&next);
            }
            (Some(Value::Array(first)), Value::Array(next)) => first.extend(next),
            (_, value) => {
                first.insert(name, value);
            }
        }
    }
}

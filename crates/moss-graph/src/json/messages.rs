//! The reducer of messages: LangGraph's `messagesStateReducer`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use super::JsonValue;
use super::log::{JsonLog, id_of};

const REMOVE_ALL: &str = "__remove_all__";

/// Why messages were refused.
#[derive(Debug, Error)]
pub(super) enum MessageError {
    #[error("a message is an object or a text, and this is neither")]
    NotAMessage,
    #[error("there is no message with the id `{id}` to remove; remove messages that are there")]
    UnknownId { id: String },
    #[error("a `remove` message names no id; give it the id of the message to remove")]
    RemovesNothing,
}

/// Puts one write's messages into the log.
pub(super) fn add_messages(log: &mut JsonLog, written: JsonValue) -> Result<(), MessageError> {
    written.try_for_each_item(|message| add_message(log, message))
}

/// Puts one message into the log: the very one, where it has an id.
pub(super) fn add_message(log: &mut JsonLog, written: Arc<Value>) -> Result<(), MessageError> {
    let message = match &*written {
        Value::Object(members) if is_removal(members) => {
            return remove(log, members.get("id").and_then(Value::as_str));
        }
        Value::Object(members) if members.get("id").is_some_and(Value::is_string) => written,
        _ => {
            let mut message = as_message(Arc::unwrap_or_clone(written))?;
            message.insert("id".to_owned(), fresh_id(log, &message).into());
            Arc::new(Value::Object(message))
        }
    };
    match id_of(&message).and_then(|id| log.find(id)) {
        None => log.push_message(message),
        Some(place) => {
            let others = log.items().iter().enumerate();
            let all = others.map(|(at, other)| if at == place { &message } else { other });
            *log = JsonLog::of_messages(all.cloned());
        }
    }
    Ok(())
}

fn is_removal(message: &Map<String, Value>) -> bool {
    message.get("type").and_then(Value::as_str) == Some("remove")
}

fn as_message(message: Value) -> Result<Map<String, Value>, MessageError> {
    match message {
        Value::Object(message) => Ok(message),
        Value::String(text) => Ok(Map::from_iter([
            ("type".to_owned(), "human".into()),
            ("content".to_owned(), text.into()),
        ])),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err(MessageError::NotAMessage)
        }
    }
}

fn remove(log: &mut JsonLog, id: Option<&str>) -> Result<(), MessageError> {
    let Some(id) = id else { return Err(MessageError::RemovesNothing) };
    if id == REMOVE_ALL {
        *log = JsonLog::of_messages([]);
        return Ok(());
    }
    let Some(place) = log.find(id) else {
        return Err(MessageError::UnknownId { id: id.to_owned() });
    };
    let others = log.items().iter().enumerate().filter(|(at, _)| *at != place);
    *log = JsonLog::of_messages(others.map(|(_, other)| Arc::clone(other)));
    Ok(())
}

/// An id for a message without one. It depends on the message and on what stands before it, so that a superstep that
/// is run again gives the same.
fn fresh_id(log: &JsonLog, message: &Map<String, Value>) -> String {
    let text = serde_json::to_string(message).unwrap_or_default();
    let last = log.items().last().and_then(|last| id_of(last));
    let part = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        (salt, log.items().len(), last, &text).hash(&mut hasher);
        hasher.finish()
    };
    let mut salt = 0;
    loop {
        let id = format!("{:016x}{:016x}", part(salt), part(salt + 1));
        if log.find(&id).is_none() {
            return id;
        }
        salt += 2;
    }
}

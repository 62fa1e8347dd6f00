//! What Mistral insists on beside the rules that others share.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use moss_protocol::Message;

use crate::wire::hash::fnv1a;

/// What the assistant says between a tool's result and the user, where the run stopped in between: Mistral refuses
/// a user's message right behind a result.
const BETWEEN: &str = "OK.";

/// How long an id of a tool call is: letters and digits only.
const ID_LENGTH: usize = 9;

/// Puts an assistant's message between a result and the user's message behind it.
pub(super) fn answer_results(messages: Vec<Arc<Message>>) -> Vec<Arc<Message>> {
    let mut answered: Vec<Arc<Message>> = Vec::with_capacity(messages.len());
    for message in messages {
        let after_result = matches!(answered.last().map(|last| &**last), Some(Message::Tool(_)));
        if after_result && matches!(*message, Message::Human(_)) {
            answered.push(Arc::new(Message::ai(BETWEEN)));
        }
        answered.push(message);
    }
    answered
}

/// Gives calls and results with other providers' ids such as Mistral takes. An id becomes the same in each request,
/// so that prompt caches hold.
pub(super) fn own_ids(messages: Vec<Arc<Message>>) -> Vec<Arc<Message>> {
    let ids: HashSet<String> = messages.iter().flat_map(|message| ids(message)).collect();
    if ids.iter().all(|id| is_own(id)) {
        return messages;
    }
    let mut taken: HashSet<String> = ids.iter().filter(|id| is_own(id)).cloned().collect();
    let mut foreign: Vec<&String> = ids.iter().filter(|id| !is_own(id)).collect();
    foreign.sort();
    let mut renamed = HashMap::new();
    for id in foreign {
        let own = (0..).map(|attempt| derived(id, attempt)).find(|own| !taken.contains(own));
        if let Some(own) = own {
            taken.insert(own.clone());
            renamed.insert(id.clone(), own);
        }
    }
    messages.into_iter().map(|message| rename(message, &renamed)).collect()
}

fn ids(message: &Message) -> Vec<String> {
    match message {
        Message::System(_) | Message::Human(_) => Vec::new(),
        Message::Ai(message) => {
            let calls = message.tool_calls.iter().map(|call| &call.id);
            calls.chain(message.invalid_tool_calls.iter().map(|call| &call.id)).cloned().collect()
        }
        Message::Tool(message) => vec![message.tool_call_id.clone()],
    }
}

fn rename(message: Arc<Message>, renamed: &HashMap<String, String>) -> Arc<Message> {
    if !ids(&message).iter().any(|id| renamed.contains_key(id)) {
        return message;
    }
    let rename = |id: &mut String| {
        if let Some(own) = renamed.get(id) {
            id.clone_from(own);
        }
    };
    let mut message = Arc::unwrap_or_clone(message);
    match &mut message {
        Message::System(_) | Message::Human(_) => {}
        Message::Ai(message) => {
            message.tool_calls.iter_mut().for_each(|call| rename(&mut call.id));
            message.invalid_tool_calls.iter_mut().for_each(|call| rename(&mut call.id));
        }
        Message::Tool(message) => rename(&mut message.tool_call_id),
    }
    Arc::new(message)
}

fn is_own(id: &str) -> bool {
    id.len() == ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An id made of another: its hash in letters and digits.
fn derived(id: &str, attempt: u64) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut hash = fnv1a(format!("{attempt}{id}").as_bytes());
    // The low bits alone would show little of a short id.
    hash ^= hash >> 32;
    (0..ID_LENGTH)
        .map(|_| {
            let letter = ALPHABET[usize::try_from(hash % 62).unwrap_or_default()];
            hash /= 62;
            char::from(letter)
        })
        .collect()
}

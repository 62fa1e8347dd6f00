//! Arguments that are no JSON object, for servers that take nothing else.

use moss_protocol::JsonObject;

/// What a model wrote in place of an object, within one: the call is over, and the model is to see what it wrote.
/// Sent as it was, it ends the run: llama.cpp and others read the arguments of each call of the conversation.
pub(super) fn within_object(text: &str) -> JsonObject {
    JsonObject::from_iter([("unreadable_arguments".to_owned(), text.into())])
}

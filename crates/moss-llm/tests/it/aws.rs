//! Messages of Amazon's event stream, written by Amazon's own crate.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::Value;

pub fn message(headers: impl IntoIterator<Item = Header>, payload: impl Into<Vec<u8>>) -> Vec<u8> {
    let headers = headers.into_iter().collect();
    let message = Message::new_from_parts(headers, payload.into());
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

pub fn text(name: &'static str, value: &str) -> Header {
    Header::new(name, HeaderValue::String(value.to_owned().into()))
}

/// An event as Bedrock sends it.
pub fn event(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        text(":event-type", kind),
        text(":content-type", "application/json"),
        text(":message-type", "event"),
    ];
    message(headers, payload.to_string())
}

/// An exception as Bedrock sends it.
pub fn exception(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        text(":exception-type", kind),
        text(":content-type", "application/json"),
        text(":message-type", "exception"),
    ];
    message(headers, payload.to_string())
}

/// An error as the service's front sends it.
pub fn error(code: &str, words: &str) -> Vec<u8> {
    let headers =
        [text(":error-code", code), text(":error-message", words), text(":message-type", "error")];
    message(headers, [])
}

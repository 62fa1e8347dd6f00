//! The conversation as a dialect takes it.

use std::sync::Arc;

use moss_protocol::{Content, ContentPart, Message};

use super::dialect::StructuredOutput;
use super::encode_message::check;
use super::{ChatDialect, attachments, cache_marks, foreign, mistral};
use crate::wire::WireRequest;
use crate::{ModelError, ModelErrorKind, OutputSchema};

/// The messages of a request, ready to be written. Those that need no change are shared.
///
/// # Errors
/// [`ModelErrorKind::InvalidRequest`] names the first message with a part that the wire has no form for.
pub(super) fn prepared(
    dialect: &ChatDialect,
    request: &WireRequest<'_>,
) -> Result<Vec<Arc<Message>>, ModelError> {
    let WireRequest { request, .. } = *request;
    let has_tools = !request.tools.is_empty() || !request.server_tools.is_empty();
    let mut written = Vec::with_capacity(request.messages.len());
    for (position, message) in request.messages.iter().enumerate() {
        let message = check(message)
            .and_then(|()| attachments::translated(message, dialect))
            .map_err(|problem| {
                let words = format!("Message {position} cannot be sent: {problem}");
                ModelError::new(ModelErrorKind::InvalidRequest, dialect.provider, words)
            })?;
        written.extend(foreign::without_foreign_calls(message));
    }
    let mut messages = dialect.preparation.apply(&written, has_tools);
    if let (Some(output), StructuredOutput::JsonObject) = (&request.output, dialect.output) {
        instruct(&mut messages, output);
    }
    if dialect.strict_tool_turns {
        messages = mistral::own_ids(mistral::answer_results(messages));
    }
    if let Some(ttl) = dialect.cache_marks {
        messages = cache_marks::mark(messages, ttl);
    }
    Ok(messages)
}

/// Tells the shape of the answer in the instructions, for providers that only promise JSON.
fn instruct(messages: &mut Vec<Arc<Message>>, output: &OutputSchema) {
    let words =
        format!("Answer with a JSON object that follows this JSON Schema:\n{}", output.schema);
    match messages.first_mut() {
        Some(first) if matches!(**first, Message::System(_)) => {
            if let Message::System(system) = Arc::make_mut(first) {
                match &mut system.content {
                    Content::Text(text) => *text = format!("{text}\n\n{words}"),
                    Content::Parts(parts) => parts.push(ContentPart::text(words)),
                }
            }
        }
        _ => messages.insert(0, Arc::new(Message::system(words))),
    }
}

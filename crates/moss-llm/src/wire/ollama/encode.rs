//! From a conversation to a request body.

use std::collections::HashMap;
use std::sync::Arc;

use moss_protocol::{JsonObject, Message, Provider, ToolDefinition};
use serde_json::{Map, Value, json};

use super::encode_message::encoded;
use crate::prepare::Preparation;
use crate::wire::WireRequest;
use crate::{ModelError, ModelErrorKind, ToolChoice};

/// Encodes requests for Ollama.
///
/// | of the conversation | in the body |
/// |---|---|
/// | texts of a message | `content`, with line feeds between them |
/// | images | `images`, in base64; one given by a URL is an error |
/// | files as text | as text; other files, sounds and films are an error |
/// | an assistant's reasoning | `thinking` |
/// | tool calls | `tool_calls`, without ids, which Ollama does not need |
/// | a tool's result | role `tool` with `tool_name` |
/// | images in results | a user's message behind the results |
/// | calls and results without each other | left out |
/// | what other providers' answers hold beside that | left out |
/// | [`OutputSchema`](crate::OutputSchema) | `format`; the name, and strictness, which is always, are not sent |
///
/// Ollama knows no tool choice: for [`ToolChoice::None`] no tools are sent, for [`ToolChoice::Tool`] only that one, and
/// [`ToolChoice::Required`] is not promised.
#[derive(Debug, Clone, Copy, Default)]
pub struct OllamaEncoder;

const PREPARATION: Preparation = Preparation {
    pair_tool_calls: true,
    lift_tool_media: true,
    fold_tools: false,
    drop_empty: false,
    alternate: false,
};

impl OllamaEncoder {
    /// The body of the request: JSON.
    ///
    /// # Errors
    /// [`ModelErrorKind::InvalidRequest`] names the first message with a part that the wire has no form for.
    pub fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        let WireRequest { model, request, stream, stream_usage: _, parameters, extra_body } =
            *request;
        let mut body = Map::new();
        body.insert("model".to_owned(), model.into());
        body.insert("messages".to_owned(), messages(&request.messages)?.into());
        let tools = tools(&request.tools, &request.server_tools, &request.tool_choice);
        if !tools.is_empty() {
            body.insert("tools".to_owned(), tools.into());
        }
        // Ollama streams unless told otherwise.
        body.insert("stream".to_owned(), stream.into());
        if let Some(output) = &request.output {
            body.insert("format".to_owned(), output.schema.clone());
        }
        for fields in [parameters, extra_body] {
            body.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        serde_json::to_vec(&body).map_err(|error| ModelError {
            source: Some(error.into()),
            ..invalid("The request cannot be written as JSON.")
        })
    }
}

fn messages(messages: &[Arc<Message>]) -> Result<Vec<Value>, ModelError> {
    // Results may lack the tool's name, which their calls have.
    let mut names = HashMap::new();
    let mut encoded_messages = Vec::with_capacity(messages.len());
    for message in PREPARATION.apply(messages, true) {
        if let Message::Ai(ai) = &*message {
            let calls = ai.tool_calls.iter().map(|call| (call.id.clone(), call.name.clone()));
            let unreadable = ai.invalid_tool_calls.iter();
            let unreadable = unreadable.map(|call| (call.id.clone(), call.name.clone()));
            names.extend(calls.chain(unreadable));
        }
        encoded_messages.push(encoded(&message, &names).map_err(|problem| {
            // Its place in the host's own list, unless the message was made for what it holds.
            match messages.iter().position(|own| Arc::ptr_eq(own, &message)) {
                Some(position) => invalid(format!("Message {position} cannot be sent: {problem}")),
                None => invalid(format!("A tool's result cannot be sent: {problem}")),
            }
        })?);
    }
    Ok(encoded_messages)
}

fn tools(own: &[ToolDefinition], server: &[JsonObject], choice: &ToolChoice) -> Vec<Value> {
    let offered = |tool: &&ToolDefinition| match choice {
        ToolChoice::None => false,
        ToolChoice::Tool(name) => tool.name == *name,
        ToolChoice::Auto | ToolChoice::Required => true,
    };
    let own = own.iter().filter(offered).map(|tool| {
        let ToolDefinition { name, description, parameters, extras } = tool;
        let mut function = Map::new();
        function.insert("name".to_owned(), name.as_str().into());
        if !description.is_empty() {
            function.insert("description".to_owned(), description.as_str().into());
        }
        function.insert("parameters".to_owned(), parameters.clone());
        function.extend(extras.iter().map(|(name, value)| (name.clone(), value.clone())));
        json!({"type": "function", "function": function})
    });
    let server = match choice {
        ToolChoice::Auto | ToolChoice::Required => server,
        ToolChoice::None | ToolChoice::Tool(_) => &[],
    };
    own.chain(server.iter().cloned().map(Value::Object)).collect()
}

fn invalid(words: impl Into<String>) -> ModelError {
    ModelError::new(ModelErrorKind::InvalidRequest, Provider::Ollama, words.into())
}

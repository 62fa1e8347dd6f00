//! From a conversation to a request body.

use moss_protocol::{JsonObject, Provider};
use serde_json::{Value, json};

use super::turns::Conversation;
use super::{BedrockDialect, tools};
use crate::prepare::Preparation;
use crate::wire::WireRequest;
use crate::{ModelError, ModelErrorKind, ModelRequest, OutputSchema, ToolChoice};

/// What Converse insists on. Results of tools stand in a user's message, which may hold more: alternation of what
/// is sent is seen to where messages become turns.
const PREPARATION: Preparation = Preparation {
    alternate: true,
    pair_tool_calls: true,
    drop_empty: true,
    fold_tools: true,
    lift_tool_media: false,
};

/// The body of a request. The model stands in the address.
pub(super) fn encode(
    dialect: &BedrockDialect,
    request: &WireRequest<'_>,
) -> Result<Vec<u8>, ModelError> {
    let WireRequest { request: asked, parameters, extra_body, .. } = *request;
    let overridden = |field| parameters.contains_key(field) || extra_body.contains_key(field);
    let tool_config = tools::config(dialect, asked);
    let has_tools = tool_config.is_some() || overridden("toolConfig");

    let mut body = JsonObject::new();
    if !overridden("messages") || !overridden("system") {
        let messages = PREPARATION.apply(&asked.messages, has_tools);
        let Conversation { mut system, mut turns } = Conversation::of(dialect, &messages)
            .map_err(|problem| unsendable(dialect, asked, &problem))?;
        dialect.mark_system(&mut system);
        dialect.mark_conversation(&mut turns);
        body.insert("messages".to_owned(), turns.into_iter().map(Value::from).collect());
        if !system.is_empty() {
            body.insert("system".to_owned(), Value::Array(system));
        }
    }
    body.extend(tool_config.map(|config| ("toolConfig".to_owned(), config)));
    for (name, value) in parameters {
        body.insert(name.clone(), value.clone());
    }
    adapt(&mut body, request);
    for (name, value) in extra_body {
        body.insert(name.clone(), value.clone());
    }
    serde_json::to_vec(&body).map_err(|error| ModelError {
        source: Some(Box::new(error)),
        ..invalid("The request cannot be written as JSON.".to_owned())
    })
}

/// Brings together what the host wrote and what the request asks for.
fn adapt(body: &mut JsonObject, request: &WireRequest<'_>) {
    let choice = &request.request.tool_choice;
    if let Some(Value::Object(config)) = body.get_mut("toolConfig")
        && let Some(choice) = tools::wire_choice(choice)
    {
        config.insert("toolChoice".to_owned(), choice);
    }
    if *choice == ToolChoice::None {
        body.shift_remove("toolConfig");
    }
    if let Some(output) = &request.request.output {
        let config = body.entry("outputConfig").or_insert_with(|| json!({}));
        if let Value::Object(config) = config {
            config.entry("textFormat").or_insert_with(|| text_format(output));
        }
    }
    // What only a stream takes.
    if !request.stream
        && let Some(Value::Object(guardrail)) = body.get_mut("guardrailConfig")
    {
        guardrail.shift_remove("streamProcessingMode");
    }
}

/// Converse takes the schema as a text, and guarantees the shape always.
fn text_format(output: &OutputSchema) -> Value {
    let OutputSchema { name, description, schema, strict: _ } = output;
    let mut format = JsonObject::from_iter([
        ("name".to_owned(), Value::from(name.as_str())),
        ("schema".to_owned(), Value::from(schema.to_string())),
    ]);
    if let Some(description) = description {
        format.insert("description".to_owned(), Value::from(description.as_str()));
    }
    json!({"type": "json_schema", "structure": {"jsonSchema": format}})
}

/// Names the host's message that is at fault: those that were prepared stand elsewhere.
fn unsendable(dialect: &BedrockDialect, asked: &ModelRequest, problem: &str) -> ModelError {
    let alone = |message| Conversation::of(dialect, std::slice::from_ref(message)).is_err();
    invalid(match asked.messages.iter().position(alone) {
        Some(position) => format!("Message {position} cannot be sent: {problem}"),
        None => format!("The conversation cannot be sent: {problem}"),
    })
}

fn invalid(message: String) -> ModelError {
    ModelError::new(ModelErrorKind::InvalidRequest, Provider::Bedrock, message)
}

//! Tools as Converse takes them.

use moss_protocol::{JsonObject, ToolDefinition};
use serde_json::{Value, json};

use super::BedrockDialect;
use crate::{ModelRequest, ToolChoice};

/// The choice that holds for a request: its own, else the host's.
pub(super) fn choice<'a>(dialect: &'a BedrockDialect, request: &'a ModelRequest) -> &'a ToolChoice {
    match &request.tool_choice {
        ToolChoice::Auto => &dialect.tool_choice,
        own => own,
    }
}

/// `toolConfig`; `None` where no tool is offered. Converse has no way to offer tools and to forbid them.
pub(super) fn config(dialect: &BedrockDialect, request: &ModelRequest) -> Option<Value> {
    let choice = choice(dialect, request);
    if *choice == ToolChoice::None || (request.tools.is_empty() && request.server_tools.is_empty())
    {
        return None;
    }
    let mut tools: Vec<Value> = request.tools.iter().map(spec).collect();
    tools.extend(request.server_tools.iter().cloned().map(Value::Object));
    dialect.mark_tools(&mut tools);
    let mut config = JsonObject::from_iter([("tools".to_owned(), Value::Array(tools))]);
    config.extend(wire_choice(choice).map(|choice| ("toolChoice".to_owned(), choice)));
    Some(Value::Object(config))
}

/// A choice in Converse's words; `None` where its default is meant.
pub(super) fn wire_choice(choice: &ToolChoice) -> Option<Value> {
    match choice {
        ToolChoice::Auto | ToolChoice::None => None,
        ToolChoice::Required => Some(json!({"any": {}})),
        ToolChoice::Tool(name) => Some(json!({"tool": {"name": name}})),
    }
}

fn spec(tool: &ToolDefinition) -> Value {
    let ToolDefinition { name, description, parameters, extras } = tool;
    let mut spec = JsonObject::from_iter([("name".to_owned(), Value::from(name.as_str()))]);
    // An empty one is refused.
    if !description.is_empty() {
        spec.insert("description".to_owned(), Value::from(description.as_str()));
    }
    spec.insert("inputSchema".to_owned(), json!({"json": parameters}));
    spec.extend(extras.clone());
    json!({"toolSpec": spec})
}

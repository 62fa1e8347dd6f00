//! From a conversation to a request body.

use moss_protocol::{JsonObject, ToolDefinition};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::ResponsesDialect;
use super::encode_input::Input;
use super::output::text_of;
use super::replay::Replay;
use crate::prepare::Preparation;
use crate::wire::WireRequest;
use crate::wire::openai_chat::check;
use crate::{ModelError, ModelErrorKind, OutputSchema, ToolChoice};

/// Encodes requests for Responses.
///
/// | of the conversation | in the body |
/// |---|---|
/// | system message | a message of the role `system`, or `developer` for OpenAI's reasoning models |
/// | text, images, files and sound of a user or a tool | `input_text`, `input_image`, `input_file`, `input_audio`, from the forms that hosts write |
/// | a user's `mcp_approval_response`, and results of the provider's tools | items of their own |
/// | an answer that the provider made, unchanged | the items of its `output`, at their positions, with ids and encrypted reasoning; without calls that are no longer in the message |
/// | any other answer | a message, calls, and where the provider made it its last reasoning and what its tools did |
/// | a tool message | `function_call_output`, `custom_tool_call_output` or `computer_call_output`, as the call was |
/// | other providers' reasoning | not sent |
/// | [`server_tools`](crate::ModelRequest::server_tools) | as they are |
/// | a tool with `type: "custom"` among its extras | a custom tool |
/// | [`output`](crate::ModelRequest::output) | `text.format` |
///
/// With `store: false` nothing has an id, and a model that reasons is asked for its encrypted reasoning (`include`).
/// Without tools, neither `tool_choice` nor `parallel_tool_calls` is sent.
#[derive(Debug, Clone, Copy)]
pub struct ResponsesEncoder {
    dialect: ResponsesDialect,
}

impl ResponsesEncoder {
    /// An encoder of a dialect.
    #[must_use]
    pub const fn new(dialect: ResponsesDialect) -> Self {
        Self { dialect }
    }

    /// The body of the request: JSON.
    ///
    /// # Errors
    /// [`ModelErrorKind::InvalidRequest`] names the first message with a part that the wire has no form for.
    pub fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        let invalid =
            |words| ModelError::new(ModelErrorKind::InvalidRequest, self.dialect.provider, words);
        for (position, message) in request.request.messages.iter().enumerate() {
            check(message).map_err(|problem| {
                invalid(format!("Message {position} cannot be sent: {problem}"))
            })?;
        }
        let body = Body { dialect: &self.dialect, request };
        serde_json::to_vec(&body).map_err(|error| ModelError {
            source: Some(Box::new(error)),
            ..invalid("The request cannot be written as JSON.".to_owned())
        })
    }
}

struct Body<'a> {
    dialect: &'a ResponsesDialect,
    request: &'a WireRequest<'a>,
}

impl<'a> Body<'a> {
    /// The host's own value of a field.
    fn own(&self, field: &str) -> Option<&'a Value> {
        let WireRequest { parameters, extra_body, .. } = *self.request;
        extra_body.get(field).or_else(|| parameters.get(field))
    }

    /// Whether the provider keeps the answer, which it does unless it is told not to.
    fn is_stored(&self) -> bool {
        self.own("store") != Some(&Value::Bool(false))
    }

    /// Whether the host's fields stand for themselves; `text` and `include` are joined with what the wire writes.
    fn is_written(&self, field: &str, has_tools: bool) -> bool {
        let explicit = self.request.request.tool_choice != ToolChoice::Auto;
        match field {
            "text" | "include" => false,
            "tool_choice" => has_tools && !explicit,
            "parallel_tool_calls" => has_tools,
            _ => true,
        }
    }

    fn input<M: SerializeMap>(&self, map: &mut M, has_tools: bool) -> Result<(), M::Error> {
        // With an answer that the provider remembers, the results of its calls stand alone.
        let continues = self.own("previous_response_id").or_else(|| self.own("conversation"));
        let preparation = Preparation {
            pair_tool_calls: continues.is_none_or(Value::is_null),
            ..Preparation::default()
        };
        let messages = preparation.apply(&self.request.request.messages, has_tools);
        let replay = Replay { dialect: self.dialect, is_stored: self.is_stored() };
        let system_role = self.dialect.system_role(self.request.model);
        map.serialize_entry("input", &Input { system_role, replay }.items(&messages))
    }

    /// The form of the text: the host's, and the schema unless the host has a format of its own.
    fn text(&self) -> Option<Value> {
        let mut text = JsonObject::new();
        if let Some(output) = &self.request.request.output {
            text.insert("format".to_owned(), format(output));
        }
        match self.own("text") {
            Some(Value::Object(own)) => text.extend(own.clone()),
            Some(other) => return Some(other.clone()),
            None => {}
        }
        (!text.is_empty()).then_some(Value::Object(text))
    }

    /// What the answer is to hold beside the usual: what the host wants, and sealed reasoning where nobody keeps it.
    fn include(&self) -> Option<Value> {
        const SEALED: &str = "reasoning.encrypted_content";
        let own = self.own("include");
        let reasons = self.own("reasoning").is_some_and(|reasoning| !reasoning.is_null())
            || self.dialect.is_reasoning_model(self.request.model);
        let wants =
            reasons && !self.is_stored() && !self.request.extra_body.contains_key("include");
        match own {
            Some(Value::Array(list)) if wants && !list.contains(&SEALED.into()) => {
                let mut list = list.clone();
                list.push(SEALED.into());
                Some(Value::Array(list))
            }
            None if wants => Some(json!([SEALED])),
            own => own.cloned(),
        }
    }

    fn tool_choice(&self) -> Option<Value> {
        let request = self.request.request;
        match &request.tool_choice {
            ToolChoice::Auto => None,
            ToolChoice::None => Some("none".into()),
            ToolChoice::Required => Some("required".into()),
            ToolChoice::Tool(name) => {
                let own = request.tools.iter().find(|tool| tool.name == *name);
                let is_server = |tool: &JsonObject| text_of(tool, "type") == Some(name);
                Some(match own {
                    Some(tool) if is_custom(tool) => json!({"type": "custom", "name": name}),
                    None if request.server_tools.iter().any(is_server) => json!({"type": name}),
                    _ => json!({"type": "function", "name": name}),
                })
            }
        }
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let WireRequest { model, request, stream, stream_usage: _, parameters, extra_body } =
            *self.request;
        let offers_tools = !request.tools.is_empty() || !request.server_tools.is_empty();
        let has_tools = offers_tools || self.own("tools").is_some();
        let mut map = serializer.serialize_map(None)?;
        if self.own("model").is_none() {
            map.serialize_entry("model", model)?;
        }
        if self.own("input").is_none() {
            self.input(&mut map, has_tools)?;
        }
        if offers_tools && self.own("tools").is_none() {
            let own = request.tools.iter().map(|tool| Tool::Own(OwnTool(tool)));
            let tools: Vec<_> = own.chain(request.server_tools.iter().map(Tool::Server)).collect();
            map.serialize_entry("tools", &tools)?;
        }
        if has_tools
            && !extra_body.contains_key("tool_choice")
            && let Some(choice) = self.tool_choice()
        {
            map.serialize_entry("tool_choice", &choice)?;
        }
        if stream && self.own("stream").is_none() {
            map.serialize_entry("stream", &true)?;
        }
        for (name, value) in [("text", self.text()), ("include", self.include())] {
            if let Some(value) = value {
                map.serialize_entry(name, &value)?;
            }
        }
        for (name, value) in parameters {
            if self.is_written(name, has_tools) && !extra_body.contains_key(name) {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in extra_body {
            if !matches!(name.as_str(), "text" | "include") {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

fn format(output: &OutputSchema) -> Value {
    let OutputSchema { name, description, schema, strict } = output;
    let mut format =
        json!({"type": "json_schema", "name": name, "schema": schema, "strict": strict});
    if let (Some(format), Some(description)) = (format.as_object_mut(), description) {
        format.insert("description".to_owned(), description.as_str().into());
    }
    format
}

fn is_custom(tool: &ToolDefinition) -> bool {
    text_of(&tool.extras, "type") == Some("custom")
}

/// A tool: the host's, or one of the provider as it is.
#[derive(Serialize)]
#[serde(untagged)]
enum Tool<'a> {
    Own(OwnTool<'a>),
    Server(&'a JsonObject),
}

struct OwnTool<'a>(&'a ToolDefinition);

impl Serialize for OwnTool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ToolDefinition { name, description, parameters, extras } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if !is_custom(self.0) {
            map.serialize_entry("type", "function")?;
        }
        map.serialize_entry("name", name)?;
        if !description.is_empty() {
            map.serialize_entry("description", description)?;
        }
        // A custom tool's input is any text.
        if !is_custom(self.0) {
            map.serialize_entry("parameters", parameters)?;
        }
        for (name, value) in extras {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

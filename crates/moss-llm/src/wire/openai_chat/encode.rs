//! From a conversation to a request body.

use std::sync::Arc;

use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::ChatDialect;
use super::conversation::prepared;
use super::dialect::StructuredOutput;
use super::encode_message::WireMessage;
use crate::wire::WireRequest;
use crate::{ModelError, ModelErrorKind, OutputSchema, ToolChoice};

/// Encodes requests for chat completions.
///
/// | of the conversation | in the body |
/// |---|---|
/// | system message | role `system`, or `developer` for [OpenAI's reasoning models](ChatDialect::openai_reasoning_models) |
/// | text | a string; several text parts of an assistant's message stay a list of parts |
/// | images, sounds, films and files in LangChain's blocks or another provider's | in the forms that [the dialect](ChatDialect) takes; what it has no form for is an error |
/// | other parts of system, user and tool messages | as they are: the provider judges what it takes |
/// | calls of tools that another provider ran itself, and their results | not sent |
/// | spoken answers in `additional_kwargs.audio` | by their id |
/// | an assistant's `think` part, and other providers' reasoning parts | never as text; as [the dialect](super::ReasoningReplay) sends reasoning back, else not at all |
/// | an assistant's parts of tool calls that are in `tool_calls` too | once, in `tool_calls` |
/// | any other tool-call part, a `think` part that is not an assistant's | an error: the wire has no form for it |
/// | tool call with unreadable arguments | a tool call, with what the model wrote as the text of one argument |
/// | `name` | as it is, with `_` for the characters that OpenAI refuses; not where [the dialect](ChatDialect::message_names) takes none |
/// | ids of messages, `artifact`, `response_metadata` | not sent |
///
/// Calls without results and results without calls are left out, images and files of results shown by the user
/// where results are text; Mistral gets turns, ids and marks as it insists on.
///
/// Without tools, neither `tool_choice` nor `parallel_tool_calls` is sent: providers refuse them then.
#[derive(Debug, Clone, Copy)]
pub struct OpenAiChatEncoder {
    dialect: ChatDialect,
}

impl OpenAiChatEncoder {
    /// An encoder of a dialect.
    #[must_use]
    pub const fn new(dialect: ChatDialect) -> Self {
        Self { dialect }
    }

    /// The body of the request: JSON.
    ///
    /// # Errors
    /// [`ModelErrorKind::InvalidRequest`] names the first message with a part that the wire has no form for.
    pub fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        let messages = prepared(&self.dialect, request)?;
        let dialect = &self.dialect.for_request(request);
        serde_json::to_vec(&Body { dialect, request, messages: &messages }).map_err(|error| {
            let words = "The request cannot be written as JSON.";
            let source = Some(error.into());
            let kind = ModelErrorKind::InvalidRequest;
            ModelError { source, ..ModelError::new(kind, dialect.provider, words) }
        })
    }
}

/// Whether the host sets the field itself.
fn overridden(request: &WireRequest<'_>, field: &str) -> bool {
    request.parameters.contains_key(field) || request.extra_body.contains_key(field)
}

struct Body<'a> {
    dialect: &'a ChatDialect,
    request: &'a WireRequest<'a>,
    /// The conversation as the dialect takes it.
    messages: &'a [Arc<Message>],
}

impl Body<'_> {
    /// Whether the host's own fields take the place of one that the wire writes.
    fn overridden(&self, field: &str) -> bool {
        overridden(self.request, field)
    }

    /// Whether a parameter stays out of the body.
    fn omitted(&self, field: &str, has_tools: bool) -> bool {
        let explicit = self.request.request.tool_choice != ToolChoice::Auto;
        self.request.extra_body.contains_key(field)
            || match field {
                "tool_choice" => !has_tools || explicit,
                "parallel_tool_calls" => !has_tools,
                _ => false,
            }
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let WireRequest { model, request, stream, stream_usage, parameters, extra_body } =
            *self.request;
        let server_tools = &request.server_tools;
        let offers_tools = !request.tools.is_empty() || !server_tools.is_empty();
        let mut map = serializer.serialize_map(None)?;
        if !self.overridden("model") {
            map.serialize_entry("model", model)?;
        }
        if !self.overridden("messages") {
            map.serialize_entry("messages", &Messages(self))?;
        }
        if offers_tools && !self.overridden("tools") {
            map.serialize_entry("tools", &Tools { own: &request.tools, server: server_tools })?;
        }
        let has_tools = offers_tools || self.overridden("tools");
        if has_tools && !extra_body.contains_key("tool_choice") {
            match &request.tool_choice {
                ToolChoice::Auto => {}
                ToolChoice::None => map.serialize_entry("tool_choice", "none")?,
                ToolChoice::Required => {
                    map.serialize_entry("tool_choice", self.dialect.required_tool)?;
                }
                ToolChoice::Tool(name) => map.serialize_entry(
                    "tool_choice",
                    &json!({"type": "function", "function": {"name": name}}),
                )?,
            }
        }
        if stream && !self.overridden("stream") {
            map.serialize_entry("stream", &true)?;
        }
        let wants_usage = stream && stream_usage && self.dialect.stream_options;
        if wants_usage && !self.overridden("stream_options") {
            map.serialize_entry("stream_options", &json!({"include_usage": true}))?;
        }
        if let Some(output) = &request.output
            && !self.overridden("response_format")
        {
            let format = match self.dialect.output {
                StructuredOutput::Schema => response_format(output),
                StructuredOutput::JsonObject => json!({"type": "json_object"}),
            };
            map.serialize_entry("response_format", &format)?;
        }
        for (name, value) in parameters {
            if !self.omitted(name, has_tools) {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in extra_body {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct Messages<'a>(&'a Body<'a>);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Body { dialect, request, messages } = self.0;
        let system_role = dialect.system_role(request.model);
        let mut list = serializer.serialize_seq(Some(messages.len()))?;
        for (position, message) in messages.iter().enumerate() {
            let is_last = position + 1 == messages.len();
            list.serialize_element(&WireMessage { dialect, system_role, message, is_last })?;
        }
        list.end()
    }
}

fn response_format(output: &OutputSchema) -> Value {
    let OutputSchema { name, description, schema, strict } = output;
    let mut format = json!({"name": name, "schema": schema, "strict": strict});
    if let (Some(format), Some(description)) = (format.as_object_mut(), description) {
        format.insert("description".to_owned(), description.as_str().into());
    }
    json!({"type": "json_schema", "json_schema": format})
}

struct Tools<'a> {
    own: &'a [ToolDefinition],
    server: &'a [JsonObject],
}

impl Serialize for Tools<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'a> {
            name: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            description: &'a str,
            parameters: &'a Value,
            #[serde(flatten)]
            extras: &'a JsonObject,
        }
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Tool<'a> {
            Own { r#type: &'static str, function: Function<'a> },
            Server(&'a JsonObject),
        }
        let own = self.own.iter().map(|tool| {
            let ToolDefinition { name, description, parameters, extras } = tool;
            let function = Function { name, description, parameters, extras };
            Tool::Own { r#type: "function", function }
        });
        serializer.collect_seq(own.chain(self.server.iter().map(Tool::Server)))
    }
}

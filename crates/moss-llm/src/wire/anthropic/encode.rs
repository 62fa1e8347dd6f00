//! From a conversation to a request body.

use moss_protocol::{JsonObject, Message, ToolDefinition};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::block::{Block, CACHE_CONTROL, Member};
use super::caching::{is_deferred, mark};
use super::models::{self, Claude};
use super::turns::{Conversation, Passage};
use super::{Anthropic, schema};
use crate::prepare::Preparation;
use crate::wire::WireRequest;
use crate::{ModelError, ModelErrorKind, ToolChoice};

/// The body of a request: JSON.
pub(super) fn encode(wire: &Anthropic, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
    let invalid =
        |words| ModelError::new(ModelErrorKind::InvalidRequest, wire.dialect.provider, words);
    let claude = Claude::of(request.model);
    let messages = &request.request.messages;
    let turns_of_system = claude.is_some_and(Claude::takes_system_turns)
        && messages.iter().skip_while(|it| is_system(it)).any(|it| is_system(it));
    let mut tools = tools(&request.request.tools, &request.request.server_tools);
    let preparation = Preparation {
        pair_tool_calls: true,
        drop_empty: true,
        // What the provider takes amid the conversation is not to become the user's.
        alternate: !turns_of_system,
        ..Preparation::default()
    };
    let messages = preparation.apply(messages, !tools.is_empty());
    let mut conversation = Conversation::of(&messages, claude).map_err(invalid)?;
    if let Some(ttl) = wire.prompt_cache {
        let marks_itself = request.parameters.contains_key(CACHE_CONTROL)
            || request.extra_body.contains_key(CACHE_CONTROL);
        mark(ttl, &mut tools, &mut conversation, marks_itself);
    }
    let body = Body { wire, request, tools, conversation };
    serde_json::to_vec(&body).map_err(|error| ModelError {
        source: Some(Box::new(error)),
        ..invalid("The request cannot be written as JSON.".to_owned())
    })
}

fn is_system(message: &Message) -> bool {
    matches!(message, Message::System(_))
}

/// The tools. Those that are only loaded when they are searched for stand last: what stands before them stays
/// the same from call to call, and can be cached.
fn tools<'a>(own: &'a [ToolDefinition], server: &'a [JsonObject]) -> Vec<Block<'a>> {
    let own = own.iter().map(|tool| {
        let ToolDefinition { name, description, parameters, extras } = tool;
        let mut block = Block::default().with("name", Member::Text(name.into()));
        if !description.is_empty() {
            block.set("description", Member::Text(description.into()));
        }
        block.set("input_schema", Member::Value(parameters));
        for (name, value) in extras {
            block.set(name, Member::Value(value));
        }
        block
    });
    let mut tools: Vec<Block<'a>> = own.chain(server.iter().map(Block::verbatim)).collect();
    tools.sort_by_key(is_deferred);
    tools
}

struct Body<'a> {
    wire: &'a Anthropic,
    request: &'a WireRequest<'a>,
    tools: Vec<Block<'a>>,
    conversation: Conversation<'a>,
}

impl Body<'_> {
    /// Whether the host's own fields take the place of one that the wire writes.
    fn overridden(&self, field: &str) -> bool {
        self.request.parameters.contains_key(field) || self.request.extra_body.contains_key(field)
    }

    /// `tool_choice`: what the request says, with the host's wish that tools are called one at a time.
    fn tool_choice(&self) -> Option<Value> {
        let own = self.request.parameters.get("tool_choice");
        let mut choice = match &self.request.request.tool_choice {
            ToolChoice::Auto => return own.cloned(),
            ToolChoice::None => return Some(json!({"type": "none"})),
            ToolChoice::Required => json!({"type": "any"}),
            ToolChoice::Tool(name) => json!({"type": "tool", "name": name}),
        };
        if let Some(choice) = choice.as_object_mut()
            && let Some(one) = own.and_then(|own| own.get("disable_parallel_tool_use"))
        {
            choice.insert("disable_parallel_tool_use".to_owned(), one.clone());
        }
        Some(choice)
    }

    /// `output_config`: the host's, with the shape of the answer.
    fn output_config(&self) -> Option<Value> {
        let own = self.request.parameters.get("output_config");
        let Some(output) = &self.request.request.output else { return own.cloned() };
        let mut config = own.and_then(Value::as_object).cloned().unwrap_or_default();
        if !config.contains_key("format") {
            let schema = schema::closed(&output.schema);
            let format = json!({"type": "json_schema", "schema": schema});
            config.insert("format".to_owned(), format);
        }
        Some(Value::Object(config))
    }

    /// Whether a parameter stays out of the body, because the wire writes it or the request rules it out.
    fn omitted(&self, field: &str) -> bool {
        self.request.extra_body.contains_key(field)
            || match field {
                "tool_choice" | "output_config" => true,
                // It can only begin with a turn, and not amid the calls of one.
                "thinking" => {
                    self.request.parameters["thinking"]["type"] == "enabled"
                        && self.conversation.calls_without_thinking()
                }
                _ => false,
            }
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let WireRequest { model, stream, parameters, extra_body, .. } = *self.request;
        let dialect = &self.wire.dialect;
        let mut map = serializer.serialize_map(None)?;
        if let Some(version) = dialect.version_in_body
            && !self.overridden("anthropic_version")
        {
            map.serialize_entry("anthropic_version", version)?;
        }
        if dialect.model_in_body && !self.overridden("model") {
            map.serialize_entry("model", model)?;
        }
        if !self.overridden("max_tokens") {
            map.serialize_entry("max_tokens", &models::default_max_tokens(model))?;
        }
        let Conversation { system, turns } = &self.conversation;
        if !system.blocks.is_empty() && !self.overridden("system") {
            map.serialize_entry::<_, Passage<'_>>("system", system)?;
        }
        if !self.overridden("messages") {
            map.serialize_entry("messages", turns)?;
        }
        if !self.tools.is_empty() && !self.overridden("tools") {
            map.serialize_entry("tools", &self.tools)?;
        }
        let has_tools = !self.tools.is_empty() || self.overridden("tools");
        if has_tools
            && !extra_body.contains_key("tool_choice")
            && let Some(choice) = self.tool_choice()
        {
            map.serialize_entry("tool_choice", &choice)?;
        }
        if !extra_body.contains_key("output_config")
            && let Some(config) = self.output_config()
        {
            map.serialize_entry("output_config", &config)?;
        }
        if stream && !self.overridden("stream") {
            map.serialize_entry("stream", &true)?;
        }
        for (name, value) in parameters {
            if !self.omitted(name) {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in extra_body {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

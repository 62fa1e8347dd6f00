//! From a conversation to a request body.

use moss_protocol::{JsonObject, Provider};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Gemini;
use super::contents::Contents;
use super::model::ModelName;
use super::tools::{Tools, calling};
use super::wire_part::WirePart;
use crate::prepare::Preparation;
use crate::wire::WireRequest;
use crate::{ModelError, ModelErrorKind};

/// Encodes requests for Gemini.
///
/// | of the conversation | in the body |
/// |---|---|
/// | system messages, wherever they stand | `systemInstruction` |
/// | text | `text` |
/// | images and files of users and tools: OpenAI's, Anthropic's and LangChain's forms | `inlineData` for data and data URLs, else `fileData` |
/// | Google's own parts (`fileData`, `executableCode`, `toolCall` …) | as they are |
/// | an assistant's `reasoning` part | a thought |
/// | `thoughtSignature` of an assistant's part | at the same part |
/// | `additional_kwargs.signatures` | at the calls; the first call of a turn that has none gets `skip_thought_signature_validator`, where the model is a Gemini 3 or later |
/// | an assistant's `think` part, and other providers' reasoning parts and tool blocks | not at all |
/// | ids of calls | as they are, but for those that the decoder made |
/// | results of tools that follow each other | one turn of `functionResponse`s: `{"result": text}`, or `{"error": text}` |
/// | a user's or tool's part of any other type | an error: the wire has no form for it |
/// | a tool's schema | `parameters`, if it keeps to Google's schema language; else `parametersJsonSchema` |
/// | structured output | `responseMimeType` and `responseJsonSchema` |
///
/// Members of `generationConfig` and `toolConfig` are set one by one: those of the host's parameters win over what
/// the wire writes, and those of its further body fields over both. With `cachedContent`, which holds them already,
/// neither instructions nor tools are sent: Google refuses them then.
#[derive(Debug, Clone, Copy)]
pub struct GeminiEncoder {
    wire: Gemini,
}

impl GeminiEncoder {
    /// An encoder for one of the wire's addresses.
    #[must_use]
    pub const fn new(wire: Gemini) -> Self {
        Self { wire }
    }

    /// The body of the request: JSON.
    ///
    /// # Errors
    /// [`ModelErrorKind::InvalidRequest`] names the first message with a part that the wire has no form for.
    pub fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        let invalid =
            |words| ModelError::new(ModelErrorKind::InvalidRequest, self.wire.provider, words);
        let model = ModelName::new(request.model);
        let preparation = Preparation {
            pair_tool_calls: true,
            drop_empty: true,
            lift_tool_media: !model.is_third_generation(),
            ..Preparation::default()
        };
        let has_tools = !request.request.tools.is_empty();
        let messages = preparation.apply(&request.request.messages, has_tools);
        let contents = Contents::read(&messages, model).map_err(|(position, problem)| {
            invalid(format!("Message {position} cannot be sent: {problem}"))
        })?;
        let body = Body { wire: self.wire, model, request, contents };
        serde_json::to_vec(&body).map_err(|error| ModelError {
            source: Some(Box::new(error)),
            ..invalid("The request cannot be written as JSON.".to_owned())
        })
    }
}

struct Body<'a> {
    wire: Gemini,
    model: ModelName<'a>,
    request: &'a WireRequest<'a>,
    contents: Contents<'a>,
}

/// Fields of the body whose members are set one by one.
const MERGED: &[&str] = &["generationConfig", "toolConfig"];

impl Body<'_> {
    /// Whether the host's own fields take the place of one that the wire writes.
    fn overridden(&self, field: &str) -> bool {
        self.request.parameters.contains_key(field) || self.request.extra_body.contains_key(field)
    }

    /// A field of which the wire writes some members, and the host others.
    fn merged(&self, field: &str, own: JsonObject, explicit: JsonObject) -> Option<Value> {
        let member = |fields: &JsonObject| fields.get(field).cloned();
        let mut merged = own;
        for layer in [
            member(self.request.parameters),
            Some(Value::Object(explicit)),
            member(self.request.extra_body),
        ] {
            match layer {
                None => {}
                Some(Value::Object(members)) => merged.extend(members),
                // Whatever the host means by it.
                Some(other) => return Some(other),
            }
        }
        (!merged.is_empty()).then_some(Value::Object(merged))
    }

    fn generation_config(&self) -> Option<Value> {
        let mut own = JsonObject::new();
        if let Some(output) = &self.request.request.output {
            own.insert("responseMimeType".to_owned(), "application/json".into());
            own.insert("responseJsonSchema".to_owned(), output.schema.clone());
        }
        self.merged("generationConfig", own, JsonObject::new())
    }

    fn tool_config(&self) -> Option<Value> {
        let request = self.request.request;
        let mut own = JsonObject::new();
        // Google refuses both kinds of tools together without it, and only the newer models can do both.
        if self.wire.provider == Provider::Google
            && self.model.is_third_generation()
            && !request.tools.is_empty()
            && !request.server_tools.is_empty()
        {
            own.insert("includeServerSideToolInvocations".to_owned(), true.into());
        }
        let mut explicit = JsonObject::new();
        if !request.tools.is_empty()
            && let Some(Value::Object(choice)) = calling(&request.tool_choice)
        {
            let set = |fields: &JsonObject| {
                fields.get("toolConfig")?.get("functionCallingConfig")?.as_object().cloned()
            };
            let mut calling = set(self.request.parameters).unwrap_or_default();
            calling.shift_remove("allowedFunctionNames");
            calling.extend(choice);
            explicit.insert("functionCallingConfig".to_owned(), Value::Object(calling));
        }
        self.merged("toolConfig", own, explicit)
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct System<'a> {
            parts: &'a [WirePart<'a>],
        }
        let WireRequest { request, parameters, extra_body, .. } = *self.request;
        let cached = self.overridden("cachedContent");
        let mut map = serializer.serialize_map(None)?;
        if !self.overridden("contents") {
            map.serialize_entry("contents", &self.contents.turns)?;
        }
        if !self.contents.system.is_empty() && !cached && !self.overridden("systemInstruction") {
            map.serialize_entry("systemInstruction", &System { parts: &self.contents.system })?;
        }
        let has_tools = !request.tools.is_empty() || !request.server_tools.is_empty();
        if has_tools && !cached && !self.overridden("tools") {
            map.serialize_entry("tools", &Tools(request))?;
        }
        if !cached && let Some(config) = self.tool_config() {
            map.serialize_entry("toolConfig", &config)?;
        }
        if let Some(config) = self.generation_config() {
            map.serialize_entry("generationConfig", &config)?;
        }
        let beside = |(name, _): &(&String, &Value)| !MERGED.contains(&name.as_str());
        for (name, value) in parameters.iter().filter(beside) {
            if !extra_body.contains_key(name) {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in extra_body.iter().filter(beside) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

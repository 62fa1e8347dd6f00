//! Tools and how they may be called, as the wire takes them.

use moss_protocol::{JsonObject, ToolDefinition};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::{ModelRequest, ToolChoice};

/// All tools of a request: the host's in one list of functions, then the provider's own as the host wrote them.
pub(super) struct Tools<'a>(pub(super) &'a ModelRequest);

impl Serialize for Tools<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Functions<'a> {
            function_declarations: Vec<Declaration<'a>>,
        }
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Tool<'a> {
            Own(Functions<'a>),
            Server(&'a JsonObject),
        }
        let functions: Vec<_> = self.0.tools.iter().map(Declaration).collect();
        let own = (!functions.is_empty())
            .then_some(Tool::Own(Functions { function_declarations: functions }));
        serializer.collect_seq(own.into_iter().chain(self.0.server_tools.iter().map(Tool::Server)))
    }
}

struct Declaration<'a>(&'a ToolDefinition);

impl Serialize for Declaration<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ToolDefinition { name, description, parameters, extras } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", name)?;
        if !description.is_empty() {
            map.serialize_entry("description", description)?;
        }
        // A function without arguments has no schema.
        if parameters.as_object().is_some_and(|schema| !schema.is_empty()) {
            let member = if is_openapi(parameters) { "parameters" } else { "parametersJsonSchema" };
            map.serialize_entry(member, parameters)?;
        }
        for (name, value) in extras {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Whether a schema says nothing but what Google's own schema language has, which all of its models know. Any
/// other goes as the JSON Schema that it is.
fn is_openapi(schema: &Value) -> bool {
    let Value::Object(schema) = schema else { return false };
    let all = |value: &Value| value.as_object().is_some_and(|all| all.values().all(is_openapi));
    let each = |value: &Value| value.as_array().is_some_and(|each| each.iter().all(is_openapi));
    let texts =
        |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    schema.iter().all(|(name, value)| match name.as_str() {
        "type" | "title" | "description" | "pattern" => value.is_string(),
        "nullable" => value.is_boolean(),
        "format" => matches!(
            value.as_str(),
            Some("enum" | "date-time" | "float" | "double" | "int32" | "int64")
        ),
        "enum" | "required" | "propertyOrdering" => texts(value),
        "minItems" | "maxItems" | "minProperties" | "maxProperties" | "minLength" | "maxLength" => {
            value.is_u64()
        }
        "minimum" | "maximum" => value.is_number(),
        "properties" => all(value),
        "items" => is_openapi(value),
        "anyOf" => each(value),
        "default" | "example" => true,
        _ => false,
    })
}

/// `toolConfig.functionCallingConfig` for an explicit choice.
pub(super) fn calling(choice: &ToolChoice) -> Option<Value> {
    match choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!({"mode": "NONE"})),
        ToolChoice::Required => Some(json!({"mode": "ANY"})),
        ToolChoice::Tool(name) => Some(json!({"mode": "ANY", "allowedFunctionNames": [name]})),
    }
}

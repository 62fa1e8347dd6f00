//! The state of a graph.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::FieldDefinition;

/// The state of a graph.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateDefinition {
    /// The fields by name, in order. In JSON an object.
    #[serde(default, serialize_with = "as_object", deserialize_with = "from_object")]
    pub fields: Vec<(String, FieldDefinition)>,
    /// The fields that a run's input may write. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<String>>,
    /// The fields that a run shows. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Vec<String>>,
}

fn as_object<S: Serializer>(
    fields: &[(String, FieldDefinition)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, field)| (name, field)))
}

fn from_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, FieldDefinition)>, D::Error> {
    struct Fields;

    impl<'de> Visitor<'de> for Fields {
        type Value = Vec<(String, FieldDefinition)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of fields")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some(field) = members.next_entry()? {
                fields.push(field);
            }
            Ok(fields)
        }
    }

    deserializer.deserialize_map(Fields)
}

//! The fields of a state.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::graph::{DidYouMean, nearest};

/// A field of the state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub struct FieldDefinition {
    /// How its writes are put together. Default: `last_value`.
    pub reducer: ReducerDefinition,
    /// What it holds before anything is written. Null is a value.
    pub default: Option<Value>,
}

/// How the writes of a field are put together: a [`Reducer`](crate::json::Reducer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReducerDefinition {
    /// `last_value`.
    #[default]
    LastValue,
    /// `any_value`.
    AnyValue,
    /// `append`.
    Append,
    /// `messages`.
    Messages,
    /// `add`.
    Add,
    /// `merge`.
    Merge,
    /// `topic`.
    Topic {
        /// Whether an item that is there already is left out. Default: no.
        unique: bool,
        /// Whether the list goes on from superstep to superstep. Default: yes.
        accumulate: bool,
    },
    /// `ephemeral`.
    Ephemeral {
        /// Whether two writes in one superstep are a conflict. Default: yes.
        guard: bool,
    },
    /// `untracked`.
    Untracked {
        /// Whether two writes in one superstep are a conflict. Default: yes.
        guard: bool,
    },
    /// `custom`: a function of the host's.
    Custom {
        /// Its number, where it has one.
        function: Option<u32>,
    },
}

const NAMES: [&str; 10] = [
    "last_value",
    "any_value",
    "append",
    "messages",
    "add",
    "merge",
    "topic",
    "ephemeral",
    "untracked",
    "custom",
];

/// The members of a field in JSON.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reducer: Option<String>,
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accumulate: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guard: Option<bool>,
    #[serde(rename = "fn", default, skip_serializing_if = "Option::is_none")]
    function: Option<u32>,
}

/// A value that is there, be it null.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TryFrom<Members> for FieldDefinition {
    type Error = String;

    fn try_from(mut members: Members) -> Result<Self, String> {
        let name = members.reducer.as_deref().unwrap_or("last_value");
        let reducer = match name {
            "last_value" => ReducerDefinition::LastValue,
            "any_value" => ReducerDefinition::AnyValue,
            "append" => ReducerDefinition::Append,
            "messages" => ReducerDefinition::Messages,
            "add" => ReducerDefinition::Add,
            "merge" => ReducerDefinition::Merge,
            "topic" => ReducerDefinition::Topic {
                unique: members.unique.take().unwrap_or(false),
                accumulate: members.accumulate.take().unwrap_or(true),
            },
            "ephemeral" => {
                ReducerDefinition::Ephemeral { guard: members.guard.take().unwrap_or(true) }
            }
            "untracked" => {
                ReducerDefinition::Untracked { guard: members.guard.take().unwrap_or(true) }
            }
            "custom" => ReducerDefinition::Custom { function: members.function.take() },
            unknown => {
                let nearest = DidYouMean(nearest(unknown, &NAMES).copied());
                return Err(format!("there is no reducer `{unknown}`{nearest}"));
            }
        };
        let left = [
            ("unique", members.unique.is_some()),
            ("accumulate", members.accumulate.is_some()),
            ("guard", members.guard.is_some()),
            ("fn", members.function.is_some()),
        ];
        match left.into_iter().find(|(_, is_there)| *is_there) {
            Some((member, _)) => {
                Err(format!("the reducer `{name}` has no `{member}`; leave it out"))
            }
            None => Ok(Self { reducer, default: members.default }),
        }
    }
}

impl From<FieldDefinition> for Members {
    fn from(FieldDefinition { reducer, default }: FieldDefinition) -> Self {
        let mut members = Self { default, ..Self::default() };
        let name = match reducer {
            ReducerDefinition::LastValue => "last_value",
            ReducerDefinition::AnyValue => "any_value",
            ReducerDefinition::Append => "append",
            ReducerDefinition::Messages => "messages",
            ReducerDefinition::Add => "add",
            ReducerDefinition::Merge => "merge",
            ReducerDefinition::Topic { unique, accumulate } => {
                members.unique = Some(unique);
                members.accumulate = Some(accumulate);
                "topic"
            }
            ReducerDefinition::Ephemeral { guard } => {
                members.guard = Some(guard);
                "ephemeral"
            }
            ReducerDefinition::Untracked { guard } => {
                members.guard = Some(guard);
                "untracked"
            }
            ReducerDefinition::Custom { function } => {
                members.function = function;
                "custom"
            }
        };
        members.reducer = Some(name.to_owned());
        members
    }
}

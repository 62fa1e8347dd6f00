//! Why a state cannot be stored, or what is stored does not fit it.

use std::fmt;

use thiserror::Error;

use crate::checkpoint::BlobError;

/// A state cannot be stored, or what is stored does not fit it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// A field cannot be encoded, or exceeds a limit.
    #[error("the state field `{field}` cannot be encoded")]
    Encode {
        /// The field.
        field: String,
        /// Why.
        #[source]
        source: BlobError,
    },
    /// A field's value is not of its type.
    #[error(
        "a value does not fit the state field `{field}`. Give the field the type it had, or a default and another name"
    )]
    Decode {
        /// The field.
        field: String,
        /// Why.
        #[source]
        source: BlobError,
    },
    /// Something is no JSON object.
    #[error("a state or an update is a JSON object, and this is {found}")]
    NotAnObject {
        /// What it is: `a list`, `a number`.
        found: &'static str,
    },
    /// A command leads to something that is neither a node's name nor a send.
    #[error("a command goes to nodes by name, or to `{{\"node\": name, \"args\": input}}`")]
    NotASend,
    /// A field is there, and a run's input may not write it.
    #[error(
        "the state field `{field}` is no input of the graph; an input writes {}",
        Fields(inputs)
    )]
    NotAnInput {
        /// The field.
        field: String,
        /// The fields that an input may write.
        inputs: Vec<String>,
    },
    /// A field is not there.
    #[error("the state has no field `{field}`{}", crate::graph::DidYouMean(nearest.as_deref()))]
    UnknownField {
        /// What was named.
        field: String,
        /// The field whose name is nearest to it, if one is near.
        nearest: Option<String>,
    },
}

/// Fields in words.
struct Fields<'f>(&'f [String]);

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (place, name) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}`{name}`")?;
        }
        Ok(())
    }
}

pub(crate) fn unknown_field<T: AsRef<str>>(field: &str, fields: &[T]) -> StateError {
    let nearest = crate::graph::nearest(field, fields).map(|name| name.as_ref().to_owned());
    StateError::UnknownField { field: field.to_owned(), nearest }
}

//! Writes that take the place of a field.

use serde_json::{Map, Value};

pub(crate) const OVERWRITE: &str = "__overwrite__";

/// A write that takes the place of a field, as `{"__overwrite__": value}`: LangGraph's `Overwrite`.
#[must_use]
pub fn overwrite(value: Value) -> Value {
    Value::Object(Map::from_iter([(OVERWRITE.to_owned(), value)]))
}

/// Whether a write takes the place of a field. Both of LangGraph's JSON forms are read.
pub(crate) fn is_overwrite(value: &Value) -> bool {
    value.as_object().is_some_and(|object| match object.len() {
        1 => object.contains_key(OVERWRITE),
        2 => {
            object.get("type").and_then(Value::as_str) == Some(OVERWRITE)
                && object.contains_key("value")
        }
        _ => false,
    })
}

/// The value of a write that [`is_overwrite`].
pub(crate) fn overwritten(value: Value) -> Option<Value> {
    let Value::Object(mut object) = value else { return None };
    object.shift_remove(OVERWRITE).or_else(|| object.shift_remove("value"))
}

//! Schemas for the shape of an answer.

use serde_json::Value;

/// Members of a schema that hold schemas: one, a list, or one for each name.
const INNER: &[&str] =
    &["properties", "items", "prefixItems", "anyOf", "oneOf", "allOf", "$defs", "definitions"];

/// How deep a schema may be for this to look into it.
const DEPTH: usize = 64;

/// The schema with objects that take no other members than those that it names: the provider wants that said.
pub(super) fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    close(&mut schema, DEPTH);
    schema
}

fn close(schema: &mut Value, depth: usize) {
    let (Some(schema), Some(depth)) = (schema.as_object_mut(), depth.checked_sub(1)) else {
        return;
    };
    let is_object = schema.get("type").is_some_and(|kind| kind == "object");
    if is_object && !schema.contains_key("additionalProperties") {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    for name in INNER {
        match (*name, schema.get_mut(*name)) {
            (_, Some(Value::Array(list))) => list.iter_mut().for_each(|one| close(one, depth)),
            ("properties" | "$defs" | "definitions", Some(Value::Object(named))) => {
                named.values_mut().for_each(|one| close(one, depth));
            }
            (_, Some(one)) => close(one, depth),
            (_, None) => {}
        }
    }
}

//! The leaves of a JSON value, by their paths: what an account of a frame is made of.

use serde_json::Value;

/// A path's pattern, which of its values, and why they say nothing. `*` in a pattern is one step, a last `**` all
/// below.
pub(super) type Silent = (&'static str, fn(&Value) -> bool, &'static str);

/// All leaves of a value, with dotted paths.
pub(super) fn leaves(value: &Value) -> Vec<(String, Value)> {
    flat(String::new(), value)
}

/// All leaves below a value that stands at a path.
pub(super) fn flat(path: String, value: &Value) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    flatten(path, value, &mut leaves);
    leaves
}

/// All leaves below a value, with dotted paths. Choices and candidates are named by their index.
fn flatten(path: String, value: &Value, leaves: &mut Vec<(String, Value)>) {
    let step =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                flatten(step(name), value, leaves);
            }
        }
        Value::Array(list) => {
            for (position, value) in list.iter().enumerate() {
                let index = match path.as_str() {
                    "choices" | "candidates" => value["index"].as_u64(),
                    _ => None,
                };
                let name = index.unwrap_or(position as u64).to_string();
                flatten(step(&name), value, leaves);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            leaves.push((path, value.clone()));
        }
    }
}

/// Whether a path is as a pattern says.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let mut steps = path.split('.');
    for wanted in pattern.split('.') {
        match (wanted, steps.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (wanted, Some(step)) if wanted == step => {}
            _ => return false,
        }
    }
    steps.next().is_none()
}

//! Arguments that a tool's JSON Schema allows, made from a question.

use moss_protocol::{JsonObject, ToolDefinition};
use serde_json::{Number, Value};

use super::choice::{calculates, is_about_calculation};
use super::expression::expressions;
use super::words::words;

/// Arguments for the `nth` call of a tool in one message. All that the schema requires is there, and
/// optional members that come with a default or an example; if that is nothing, the first member.
///
/// `pattern`, `format` and conditions between members are not followed.
pub(super) fn arguments(tool: &ToolDefinition, question: &str, nth: usize) -> JsonObject {
    let maker = Maker {
        root: &tool.parameters,
        question: question.trim(),
        expression: pick(expressions(question), nth).filter(|_| calculates(tool)),
        number: pick(numbers(question), nth),
    };
    match maker.object(&tool.parameters, MAX_DEPTH, true) {
        Value::Object(arguments) => arguments,
        _ => JsonObject::new(),
    }
}

/// Schemas may refer to themselves.
const MAX_DEPTH: usize = 8;

struct Maker<'a> {
    root: &'a Value,
    question: &'a str,
    /// Arithmetic of the question, where the tool is for calculations.
    expression: Option<String>,
    /// A number of the question.
    number: Option<f64>,
}

impl Maker<'_> {
    /// A value for the member `name`.
    fn value(&self, name: &str, schema: &Value, depth: usize) -> Value {
        if let Some(given) = given(schema) {
            return given.clone();
        }
        let Some(depth) = depth.checked_sub(1) else { return Value::Null };
        if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
            return self.chosen(choices);
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').and_then(|path| self.root.pointer(path));
            return target.map_or(Value::Null, |target| self.value(name, target, depth));
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(options) = schema.get(key).and_then(Value::as_array) {
                let option = options.iter().find(|option| kind(option) != Some("null"));
                return option.map_or(Value::Null, |option| self.value(name, option, depth));
            }
        }
        match kind(schema) {
            Some("string") => Value::String(self.text(name, schema)),
            Some("integer") => self.integer(schema),
            Some("number") => self.number(schema),
            Some("boolean") => Value::Bool(true),
            Some("array") => self.array(name, schema, depth),
            Some("null") => Value::Null,
            Some("object") => self.object(schema, depth, false),
            _ if schema.get("properties").is_some() => self.object(schema, depth, false),
            _ => Value::String(self.text(name, schema)),
        }
    }

    fn object(&self, schema: &Value, depth: usize, never_empty: bool) -> Value {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(JsonObject::new());
        };
        let required = |name: &String| {
            let list = schema.get("required").and_then(Value::as_array);
            list.into_iter().flatten().any(|required| required.as_str() == Some(name))
        };
        let mut object: JsonObject = properties
            .iter()
            .filter(|(name, schema)| required(name) || given(schema).is_some())
            .map(|(name, schema)| (name.clone(), self.value(name, schema, depth)))
            .collect();
        if never_empty
            && object.is_empty()
            && let Some((name, schema)) = properties.iter().next()
        {
            object.insert(name.clone(), self.value(name, schema, depth));
        }
        Value::Object(object)
    }

    /// The choice that the question names, else the first.
    fn chosen(&self, choices: &[Value]) -> Value {
        let asked = words(self.question);
        let named = choices.iter().find(|choice| {
            let choice = words(choice.as_str().unwrap_or_default());
            !choice.is_empty() && choice.iter().all(|word| asked.contains(word))
        });
        named.or(choices.first()).cloned().unwrap_or_default()
    }

    /// The arithmetic, else a name that the question speaks of (`Paris`), else the question; as long as
    /// the schema wants it.
    fn text(&self, name: &str, schema: &Value) -> String {
        const FREE_TEXT: &[&str] = &[
            "content",
            "input",
            "instructions",
            "message",
            "prompt",
            "q",
            "query",
            "question",
            "search",
            "text",
        ];
        let is_free = words(name).iter().any(|word| FREE_TEXT.contains(&word.as_str()));
        let text = match &self.expression {
            Some(expression) if is_free || is_about_calculation(name) => expression.clone(),
            Some(_) | None if is_free => self.question.to_owned(),
            Some(_) | None => {
                proper_name(self.question).unwrap_or_else(|| self.question.to_owned())
            }
        };
        let text = if text.is_empty() { "example".to_owned() } else { text };
        let length = |key| schema.get(key).and_then(Value::as_u64).map(saturating);
        let longest = length("maxLength").unwrap_or(MAX_TEXT);
        let missing = length("minLength").unwrap_or(0).min(MAX_TEXT);
        let missing = missing.saturating_sub(text.chars().count());
        text.chars().take(longest).chain(std::iter::repeat_n('.', missing)).collect()
    }

    fn integer(&self, schema: &Value) -> Value {
        let bound = |key| schema.get(key).and_then(Value::as_f64);
        let low = bound("minimum").map(f64::ceil);
        let low = low.or(bound("exclusiveMinimum").map(|low| low.floor() + 1.0));
        let high = bound("maximum").map(f64::floor);
        let high = high.or(bound("exclusiveMaximum").map(|high| high.ceil() - 1.0));
        let asked = self.number.filter(|number| number.fract() == 0.0);
        let number = stepped(within(asked.unwrap_or(1.0), low, high), schema, low);
        Value::Number(Number::from(number as i64))
    }

    fn number(&self, schema: &Value) -> Value {
        let bound = |key| schema.get(key).and_then(Value::as_f64);
        // Where a bound itself is not allowed, half a step inside is.
        let low = bound("minimum").or(bound("exclusiveMinimum").map(|low| low + 0.5));
        let high = bound("maximum").or(bound("exclusiveMaximum").map(|high| high - 0.5));
        let number = stepped(within(self.number.unwrap_or(1.0), low, high), schema, low);
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }

    /// One item, or as many as the schema wants.
    fn array(&self, name: &str, schema: &Value, depth: usize) -> Value {
        const MAX_ITEMS: usize = 16;
        let Some(items) = schema.get("items").filter(|items| items.is_object()) else {
            return Value::Array(Vec::new());
        };
        let count = |key| schema.get(key).and_then(Value::as_u64).map(saturating);
        let least = count("minItems").unwrap_or(1).max(1);
        let length = least.min(count("maxItems").unwrap_or(MAX_ITEMS)).min(MAX_ITEMS);
        Value::Array(std::iter::repeat_n(self.value(name, items, depth), length).collect())
    }
}

/// Longer texts are no arguments that a demo should show.
const MAX_TEXT: usize = 500;

/// What the schema itself offers as a value.
fn given(schema: &Value) -> Option<&Value> {
    let example = || schema.get("examples").and_then(Value::as_array).and_then(|all| all.first());
    schema.get("const").or_else(|| schema.get("default")).or_else(example)
}

/// The type; of several the first that is not `null`.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

fn within(number: f64, low: Option<f64>, high: Option<f64>) -> f64 {
    number.max(low.unwrap_or(f64::MIN)).min(high.unwrap_or(f64::MAX))
}

/// The multiple that the schema wants, at or below the number where the lower bound allows it.
fn stepped(number: f64, schema: &Value, low: Option<f64>) -> f64 {
    let Some(step) = schema.get("multipleOf").and_then(Value::as_f64).filter(|step| *step > 0.0)
    else {
        return number;
    };
    let below = (number / step).floor() * step;
    if low.is_some_and(|low| below < low) { below + step } else { below }
}

fn saturating(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn pick<T>(mut found: Vec<T>, nth: usize) -> Option<T> {
    let position = nth.checked_rem(found.len())?;
    Some(found.swap_remove(position))
}

/// The numbers of a text.
fn numbers(text: &str) -> Vec<f64> {
    text.split(|character: char| !(character.is_ascii_digit() || character == '.'))
        .filter_map(|piece| piece.trim_matches('.').parse().ok())
        .collect()
}

/// The last run of capitalised words that does not begin the text: `weather in New York?` → `New York`.
fn proper_name(text: &str) -> Option<String> {
    let mut name: Vec<&str> = Vec::new();
    let mut joined = false;
    for word in text.split_whitespace().skip(1) {
        let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
        let capital = bare.chars().next().is_some_and(char::is_uppercase) && bare != "I";
        if capital && !joined {
            name.clear();
        }
        if capital {
            name.push(bare);
        }
        // Punctuation ends a name.
        joined = capital && word.ends_with(bare);
    }
    (!name.is_empty()).then(|| name.join(" "))
}

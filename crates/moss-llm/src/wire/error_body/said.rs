//! The shapes of error bodies.

use serde_json::Value;

use crate::wire::excerpt::{excerpt, short};

/// How many characters of a provider's sentence are kept.
const MESSAGE: usize = 2000;

/// How deep an error may lie in another one.
const DEPTH: usize = 8;

/// What a provider said.
#[derive(Debug)]
pub(super) struct Said {
    /// Its words.
    pub(super) message: String,
    /// Its code, or where it has none its type.
    pub(super) code: Option<String>,
    /// Its type.
    pub(super) kind: Option<String>,
    /// Its code as a number.
    pub(super) number: Option<u16>,
    /// Whether its shape is that of an error and nothing else.
    pub(super) is_certain: bool,
}

impl Said {
    /// Reads any body.
    pub(super) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        Self::from_json(&text).unwrap_or_else(|| Self::words(unstructured(&text)))
    }

    /// Reads a body that is JSON of a known shape.
    pub(super) fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        Self::from_value(&value, DEPTH)
    }

    fn words(message: String) -> Self {
        Self { message, code: None, kind: None, number: None, is_certain: false }
    }

    fn from_value(value: &Value, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        match value {
            Value::String(text) if !text.trim().is_empty() => Some(Self::words(clean(text))),
            Value::Array(list) => list.iter().find_map(|value| Self::from_value(value, depth)),
            Value::Object(object) => {
                let get = |name: &str| object.get(name).filter(|value| !value.is_null());
                let inner = get("error").or_else(|| get("errors"));
                if let Some(mut inner) = inner.and_then(|inner| Self::from_value(inner, depth)) {
                    // `{"error": "Unauthorized", "message": "…"}`: the longer sentence says more.
                    if inner.code.is_none()
                        && let Some(message) = get("message").and_then(Value::as_str)
                    {
                        inner.message = clean(message);
                    }
                    inner.is_certain = true;
                    inner.fill(&get);
                    return Some(inner);
                }
                let words = get("message")
                    .or_else(|| get("detail"))
                    .or_else(|| get("msg"))
                    .or_else(|| get("error_description"))
                    .and_then(|words| Self::from_value(words, depth));
                let mut said = words.or_else(|| {
                    let code = get("code").or_else(|| get("type")).and_then(Value::as_str)?;
                    Some(Self::words(clean(code)))
                })?;
                said.is_certain = get("detail").is_some()
                    || get("object").is_some_and(|kind| kind == "error")
                    || (get("message").is_some()
                        && (get("type").is_some() || get("code").is_some()));
                said.fill(&get);
                // OpenRouter passes on what the model's host said.
                if let Some(raw) = get("metadata").and_then(|metadata| metadata.get("raw"))
                    && let Some(upstream) = upstream(raw, depth)
                    && !said.message.contains(&upstream)
                {
                    said.message = format!("{}: {upstream}", said.message);
                }
                Some(said)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    /// Takes codes from an object that lies further out, where the inner one had none.
    fn fill<'a>(&mut self, get: &impl Fn(&str) -> Option<&'a Value>) {
        let text = |name: &str| get(name).and_then(Value::as_str).map(str::to_owned);
        let number = get("code").or_else(|| get("status")).and_then(|code| match code {
            Value::Number(code) => code.as_u64().and_then(|code| u16::try_from(code).ok()),
            Value::String(code) => code.parse().ok(),
            _ => None,
        });
        let kind = text("type").filter(|kind| kind != "error");
        self.number = self.number.or(number);
        self.code = self
            .code
            .take()
            .or_else(|| text("code"))
            .or_else(|| kind.clone())
            // Google's word for it, as in `RESOURCE_EXHAUSTED`.
            .or_else(|| text("status"))
            .or_else(|| number.map(|number| number.to_string()))
            .map(|code| short(&code, 100));
        self.kind = self.kind.take().or(kind);
    }
}

/// What stands in `metadata.raw`: an error body as a text or as JSON.
fn upstream(raw: &Value, depth: usize) -> Option<String> {
    if let Some(text) = raw.as_str()
        && let Ok(value) = serde_json::from_str::<Value>(text)
        && let Some(said) = Said::from_value(&value, depth)
    {
        return Some(said.message);
    }
    Said::from_value(raw, depth).map(|said| said.message)
}

/// The provider's sentence, without control characters but for line ends, and not endless.
fn clean(text: &str) -> String {
    let mut out: String = text
        .trim()
        .chars()
        .take(MESSAGE)
        .map(|char| if char.is_control() && char != '\n' { ' ' } else { char })
        .collect();
    if text.trim().chars().nth(MESSAGE).is_some() {
        out.push('…');
    }
    out
}

fn unstructured(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        // The words of OpenAI's client.
        return "status code (no body)".to_owned();
    }
    let head: String = text.chars().take(4000).collect::<String>().to_ascii_lowercase();
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<title>") {
        return match title(text) {
            Some(title) => format!("an HTML page titled \"{title}\""),
            None => "an HTML page without a title".to_owned(),
        };
    }
    excerpt(text.as_bytes())
}

fn title(text: &str) -> Option<String> {
    // ASCII lower case keeps every byte's place.
    let lower = text.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find('<')?;
    Some(short(&text[start..end], 100)).filter(|title| !title.is_empty())
}

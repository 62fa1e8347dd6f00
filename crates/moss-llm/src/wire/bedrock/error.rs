//! What Bedrock says when it refuses: exceptions in a stream, and answers with an error status.

use moss_protocol::Provider;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::wire::classify;
use crate::wire::excerpt::short;
use crate::{ModelError, ModelErrorKind};

/// Which status an exception has where it comes before an answer, and its class where the status and the words
/// do not tell.
struct Exception {
    name: &'static str,
    status: u16,
    kind: Option<ModelErrorKind>,
}

const fn exception(name: &'static str, status: u16) -> Exception {
    Exception { name, status, kind: None }
}

const fn of_kind(name: &'static str, status: u16, kind: ModelErrorKind) -> Exception {
    Exception { name, status, kind: Some(kind) }
}

/// Names in lower case: in streams they begin with a small letter, in headers with a capital.
const EXCEPTIONS: &[Exception] = &[
    exception("accessdeniedexception", 403),
    exception("expiredtokenexception", 403),
    exception("incompletesignatureexception", 403),
    exception("invalidsignatureexception", 403),
    exception("missingauthenticationtokenexception", 403),
    exception("unrecognizedclientexception", 403),
    exception("internalserverexception", 500),
    of_kind("modelerrorexception", 424, ModelErrorKind::Overloaded),
    of_kind("modelnotreadyexception", 429, ModelErrorKind::Overloaded),
    of_kind("modelstreamerrorexception", 424, ModelErrorKind::Overloaded),
    exception("modeltimeoutexception", 408),
    exception("resourcenotfoundexception", 404),
    of_kind("servicequotaexceededexception", 400, ModelErrorKind::Quota),
    exception("serviceunavailableexception", 503),
    of_kind("throttlingexception", 429, ModelErrorKind::RateLimit),
    exception("validationexception", 400),
];

/// Which classes the words of an error tell better than an exception's name.
const fn is_told_by_words(kind: ModelErrorKind) -> bool {
    matches!(kind, ModelErrorKind::ContextOverflow | ModelErrorKind::ContentFilter)
}

/// The error of a message that is not an event.
pub(super) fn in_stream(kind: &str, data: &[u8]) -> Option<ModelError> {
    let (name, body) = if let Some(name) = kind.strip_prefix("exception:") {
        (name, data.to_vec())
    } else {
        let name = kind.strip_prefix("error:")?;
        (name, json!({"message": String::from_utf8_lossy(data)}).to_string().into_bytes())
    };
    // What says nothing of itself is the provider's fault.
    let status = exception_of(name).map_or(500, |exception| exception.status);
    let mut error = named(name, status, &body, Provider::Bedrock);
    error.status = None;
    Some(error)
}

/// The error of an answer with an error status.
pub(super) fn refused(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    provider: Provider,
) -> ModelError {
    // `ValidationException:http://internal.amazon.com/…`; or in the body, behind a name space and `#`.
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let in_body = || {
        let body: Value = serde_json::from_slice(body).ok()?;
        body.get("__type").or_else(|| body.get("code"))?.as_str().map(str::to_owned)
    };
    let name = header.map(str::to_owned).or_else(in_body).unwrap_or_default();
    let name = name.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().trim();
    named(name, status, body, provider)
}

fn named(name: &str, status: u16, body: &[u8], provider: Provider) -> ModelError {
    let mut error = classify(status, &capital_message(body), provider);
    if let Some(Exception { kind: Some(kind), .. }) = exception_of(name)
        && !is_told_by_words(error.kind)
    {
        error.kind = *kind;
    }
    // A throttled account is told of "too many tokens", which is no long conversation.
    if name.eq_ignore_ascii_case("throttlingexception") {
        error.kind = ModelErrorKind::RateLimit;
    }
    if !name.is_empty() {
        error.provider_code = Some(short(name, 100));
    }
    error.message = without_token(&error.message);
    error
}

fn exception_of(name: &str) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// Some of Amazon's gateways write `Message`.
fn capital_message(body: &[u8]) -> Vec<u8> {
    if let Ok(Value::Object(mut object)) = serde_json::from_slice(body)
        && !object.contains_key("message")
        && let Some(message) = object.shift_remove("Message")
    {
        object.insert("message".to_owned(), message);
        return Value::Object(object).to_string().into_bytes();
    }
    body.to_vec()
}

/// A refused signature is explained with the request as it was signed, session token included.
fn without_token(message: &str) -> String {
    const HEADER: &str = "x-amz-security-token:";
    let mut out = String::new();
    let mut rest = message;
    while let Some(found) = rest.to_ascii_lowercase().find(HEADER) {
        let (before, after) = rest.split_at(found + HEADER.len());
        out.push_str(before);
        out.push_str("[redacted]");
        let end = after.find(|char: char| char.is_whitespace() || char == '\\');
        rest = &after[end.unwrap_or(after.len())..];
    }
    out.push_str(rest);
    out
}

//! What providers say when they refuse.

use moss_llm::wire::classify;
use moss_llm::{ModelError, ModelErrorKind as Kind};
use moss_protocol::Provider;

fn error(status: u16, body: &str) -> ModelError {
    classify(status, body.as_bytes(), Provider::OpenAi)
}

#[test]
fn the_text_is_the_status_and_the_providers_words() {
    let error = error(400, r#"{"error":{"message":"bad request","type":"invalid_request_error"}}"#);
    assert_eq!(error.to_string(), "400 bad request");
    assert_eq!(error.kind, Kind::InvalidRequest);
    assert_eq!(error.status, Some(400));
    assert_eq!(error.provider_code.as_deref(), Some("invalid_request_error"));
}

#[test]
fn every_shape_is_read() {
    for (body, message, code) in [
        (r#"{"error":{"message":"m","type":"t","code":"c"}}"#, "m", Some("c")),
        (r#"{"error":{"message":"m","type":"t","code":null}}"#, "m", Some("t")),
        (r#"{"error":{"message":"m","code":400}}"#, "m", Some("400")),
        (
            r#"{"error":{"message":"m","status":"INVALID_ARGUMENT","code":400}}"#,
            "m",
            Some("INVALID_ARGUMENT"),
        ),
        (r#"{"error":"m"}"#, "m", None),
        (r#"{"error":"Bad","message":"m"}"#, "m", None),
        (r#"{"message":"m","type":"t"}"#, "m", Some("t")),
        (r#"{"object":"error","message":"m","type":"t","code":"3051"}"#, "m", Some("3051")),
        (r#"{"object":"error","message":{"detail":[{"msg":"m","loc":["body"]}]}}"#, "m", None),
        (r#"{"detail":"m"}"#, "m", None),
        (r#"{"detail":[{"loc":["body"],"msg":"m","type":"missing"}]}"#, "m", Some("missing")),
        (r#"[{"error":{"message":"m","code":"c"}}]"#, "m", Some("c")),
        (r#"{"type":"error","error":{"type":"t","message":"m"}}"#, "m", Some("t")),
        (r#"{"errors":[{"message":"m"}]}"#, "m", None),
        (r#"{"error":{"code":"c"}}"#, "c", Some("c")),
        (r#""m""#, "m", None),
        ("m", "m", None),
        (
            r#"{"error":{"message":"Provider returned error","code":"c","metadata":{"raw":"{\"error\":{\"message\":\"m\"}}"}}}"#,
            "Provider returned error: m",
            Some("c"),
        ),
    ] {
        let error = error(400, body);
        assert_eq!(
            (error.message.as_str(), error.provider_code.as_deref()),
            (message, code),
            "{body}"
        );
    }
}

#[test]
fn what_has_no_words_is_described() {
    assert_eq!(error(502, "").to_string(), "502 status code (no body)");
    let page = "\n<!doctype html>\n<html><head><TITLE>502 Bad\nGateway</TITLE></head><body>…";
    assert_eq!(error(502, page).to_string(), "502 an HTML page titled \"502 Bad Gateway\"");
    assert_eq!(error(502, "<html>x</html>").message, "an HTML page without a title");
    assert_eq!(error(500, "{}").message, "{}");
    let noise = "\u{1b}[31m".to_owned() + &"x".repeat(5_000);
    let message = error(500, &noise).message;
    assert!(message.chars().count() <= 201 && !message.contains(char::is_control), "{message}");
    assert_eq!(classify(500, b"\xFF\x00\xFE", Provider::OpenAi).kind, Kind::Overloaded);
}

#[test]
fn long_words_are_cut() {
    let body = format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(100_000));
    assert_eq!(error(400, &body).message.chars().count(), 2001);
}

#[test]
fn the_class_follows_status_code_and_words() {
    let said = |message: &str| format!(r#"{{"error":{{"message":"{message}"}}}}"#);
    for (status, body, kind) in [
        (401, said("Invalid API Key"), Kind::Auth),
        (401, r#"{"detail":"Invalid API Key"}"#.to_owned(), Kind::Auth),
        (403, said("Forbidden"), Kind::Auth),
        (403, said("Your input was flagged by moderation"), Kind::ContentFilter),
        (400, said("Incorrect API key provided"), Kind::Auth),
        (402, said("Insufficient Balance"), Kind::Quota),
        (429, said("Slow down"), Kind::RateLimit),
        (429, r#"{"error":{"message":"m","code":"insufficient_quota"}}"#.to_owned(), Kind::Quota),
        (429, said("Too many tokens per minute"), Kind::RateLimit),
        (400, said("Your credit balance is too low"), Kind::Quota),
        (
            400,
            r#"{"error":{"message":"m","code":"context_length_exceeded"}}"#.to_owned(),
            Kind::ContextOverflow,
        ),
        (400, said("This model's maximum context length is 8192 tokens."), Kind::ContextOverflow),
        (400, said("This model's maximum prompt length is 131072"), Kind::ContextOverflow),
        (400, said("prompt is too long: 210000 tokens > 200000 maximum"), Kind::ContextOverflow),
        (413, said("Please reduce the length of the messages"), Kind::ContextOverflow),
        (500, said("the request exceeds the available context size"), Kind::ContextOverflow),
        (413, said("Request too large for model on tokens per minute"), Kind::TooLarge),
        (
            400,
            said("The response was filtered due to Azure's content management policy"),
            Kind::ContentFilter,
        ),
        (400, said("Content Exists Risk"), Kind::ContentFilter),
        (404, said("The model does not exist"), Kind::InvalidRequest),
        (422, r#"{"detail":[{"msg":"Field required"}]}"#.to_owned(), Kind::InvalidRequest),
        (408, said("Timed out"), Kind::Timeout),
        (500, said("Oops"), Kind::Overloaded),
        (503, "<html><title>x</title>".to_owned(), Kind::Overloaded),
        (529, said("Overloaded"), Kind::Overloaded),
    ] {
        assert_eq!(error(status, &body).kind, kind, "{status} {body}");
    }
}

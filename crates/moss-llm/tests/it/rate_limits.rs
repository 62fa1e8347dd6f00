//! What providers say of their limits.

use std::time::Duration;

use moss_llm::{ModelErrorKind, ModelEvent, RateLimit, RateLimits};
use serde_json::json;

use crate::asking::{ask, client, failure};
use crate::server::{Server, end, error, piece, raw, says, stops};

const OPENAI: &str = "x-ratelimit-limit-requests: 500\r\nx-ratelimit-remaining-requests: 0\r\n\
    x-ratelimit-reset-requests: 6m0s\r\nx-ratelimit-limit-tokens: 30000\r\n\
    x-ratelimit-remaining-tokens: 29000\r\nx-ratelimit-reset-tokens: 20ms\r\n";

fn of_openai() -> RateLimits {
    let limit = |limit, remaining, millis| {
        let reset = Some(Duration::from_millis(millis));
        Some(RateLimit { limit: Some(limit), remaining: Some(remaining), reset })
    };
    RateLimits {
        requests: limit(500, 0, 360_000),
        tokens: limit(30_000, 29_000, 20),
        ..RateLimits::default()
    }
}

#[tokio::test]
async fn the_limits_stand_at_the_answers_start() {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{OPENAI}transfer-encoding: chunked\r\n\r\n"
    );
    let script = vec![raw(&head), piece(says("Hi")), piece(stops()), end()];
    let server = Server::play([script]).await;
    let (chunks, _) = ask(&client(&server, json!({}))).await;
    let Some(ModelEvent::Started(info)) = chunks[0].events.first() else { panic!("{chunks:?}") };
    assert_eq!(info.rate_limits.as_deref(), Some(&of_openai()));
}

#[tokio::test]
async fn a_refusal_tells_the_limits_and_when_they_end() {
    let server = Server::play([error("429 Too Many Requests", OPENAI, "slow down")]).await;
    let error = failure(&client(&server, json!({"maxRetries": 0}))).await;
    assert_eq!(error.kind, ModelErrorKind::RateLimit);
    assert_eq!(error.rate_limits.as_deref(), Some(&of_openai()));
    assert_eq!(error.retry_after, Some(Duration::from_secs(360)), "the used-up limit counts");
}

#[tokio::test]
async fn anthropics_names_are_known() {
    let headers = "anthropic-ratelimit-input-tokens-limit: 10\r\n\
        anthropic-ratelimit-input-tokens-remaining: 4\r\n\
        anthropic-ratelimit-input-tokens-reset: 2001-01-01T00:00:00Z\r\n\
        anthropic-ratelimit-output-tokens-remaining: 0\r\nretry-after: 3\r\n";
    let server = Server::play([error("429 Too Many Requests", headers, "slow down")]).await;
    let error = failure(&client(&server, json!({"maxRetries": 0}))).await;
    let expected = RateLimits {
        input_tokens: Some(RateLimit {
            limit: Some(10),
            remaining: Some(4),
            reset: Some(Duration::ZERO),
        }),
        output_tokens: Some(RateLimit { remaining: Some(0), ..RateLimit::default() }),
        ..RateLimits::default()
    };
    assert_eq!(error.rate_limits.as_deref(), Some(&expected));
    assert_eq!(error.retry_after, Some(Duration::from_secs(3)));
}

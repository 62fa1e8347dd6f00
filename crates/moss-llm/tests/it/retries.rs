//! Failed requests that are repeated, and those that are not.

use std::time::{Duration, Instant};

use moss_llm::{Failure, ModelError, ModelErrorKind, RetryPolicy};
use moss_protocol::Provider;
use serde_json::json;

use crate::asking::{ask, client, failure, text};
use crate::server::{Act, Server, answer, error, piece, says, stream_head};

#[tokio::test]
async fn a_burst_of_server_errors_is_outlasted() {
    let server = Server::play([
        error("500 Internal Server Error", "", "broken"),
        error("503 Service Unavailable", "", "busy"),
        answer("at last"),
    ])
    .await;
    assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "at last");
    assert_eq!(server.seen().len(), 3);
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same question each time");
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_up_to_the_limit() {
    for (status, repeated) in [
        ("408 Request Timeout", true),
        ("409 Conflict", true),
        ("429 Too Many Requests", true),
        ("500 Internal Server Error", true),
        ("529 Overloaded", true),
        ("400 Bad Request", false),
        ("401 Unauthorized", false),
        ("404 Not Found", false),
        ("422 Unprocessable Entity", false),
    ] {
        let refusal = || error(status, "", "no");
        let server = Server::play([refusal(), refusal(), refusal(), answer("too late")]).await;
        let error = failure(&client(&server, json!({}))).await;
        assert_eq!(error.status.map(|status| status.to_string()).as_deref(), Some(&status[..3]));
        assert_eq!(server.seen().len(), if repeated { 3 } else { 1 }, "{status}");
    }
}

#[tokio::test]
async fn no_repetition_when_the_host_wants_none() {
    let server = Server::play([error("500 Oops", "", "broken"), answer("too late")]).await;
    failure(&client(&server, json!({"maxRetries": 0}))).await;
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_provider_says_how_long_to_wait() {
    let server = Server::play([
        error("429 Too Many Requests", "retry-after-ms: 40\r\n", "slow down"),
        answer("thanks"),
    ])
    .await;
    let start = Instant::now();
    assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "thanks");
    assert!(start.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn the_wait_is_read_in_all_its_forms() {
    let past = "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
    for (header, expected) in [
        ("Retry-After: 20\r\n", Some(Duration::from_secs(20))),
        ("Retry-After: 1.5\r\n", Some(Duration::from_millis(1500))),
        ("retry-after-ms: 250\r\nRetry-After: 20\r\n", Some(Duration::from_millis(250))),
        (past, Some(Duration::ZERO)),
        ("Retry-After: soon\r\n", None),
        ("Retry-After: -3\r\n", None),
        ("", None),
    ] {
        let server = Server::play([error("429 Too Many Requests", header, "slow")]).await;
        let error = failure(&client(&server, json!({"maxRetries": 0}))).await;
        assert_eq!(error.kind, ModelErrorKind::RateLimit);
        assert_eq!(error.retry_after, expected, "{header}");
        assert_eq!(error.to_string(), "429 slow");
    }
    let server = Server::play([error(
        "429 Too Many Requests",
        "Retry-After: Tue, 31 Dec 2999 23:59:59 GMT\r\n",
        "slow",
    )])
    .await;
    let error = failure(&client(&server, json!({}))).await;
    assert!(error.retry_after.unwrap() > Duration::from_secs(365 * 24 * 3600));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_absurd_wait_ends_the_call_at_once() {
    let server = Server::play([
        error("429 Too Many Requests", "Retry-After: 1000000000\r\n", "slow down"),
        answer("too late"),
    ])
    .await;
    let error = failure(&client(&server, json!({}))).await;
    assert_eq!(error.kind, ModelErrorKind::RateLimit);
    assert_eq!(error.retry_after, Some(Duration::from_secs(1_000_000_000)));
    assert_eq!(
        error.to_string(),
        "429 slow down (the provider asks to wait 1000000000 s, longer than the 60 s that are waited)"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_provider_may_forbid_or_ask_for_repetition() {
    let server =
        Server::play([error("500 Oops", "x-should-retry: false\r\n", "never"), answer("too late")])
            .await;
    failure(&client(&server, json!({}))).await;
    assert_eq!(server.seen().len(), 1);

    let server =
        Server::play([error("400 Bad Request", "x-should-retry: true\r\n", "again"), answer("ok")])
            .await;
    assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "ok");
}

#[tokio::test]
async fn an_exhausted_account_is_not_asked_again() {
    let body = json!({"error": {"message": "no money", "code": "insufficient_quota"}});
    let server =
        Server::play([crate::server::json("429 Too Many Requests", "", &body), answer("too late")])
            .await;
    let error = failure(&client(&server, json!({}))).await;
    assert_eq!(error.kind, ModelErrorKind::Quota);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_tried_again() {
    for breaks in [Act::Close, Act::Reset] {
        let server = Server::play([vec![breaks], answer("here")]).await;
        assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "here");
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn nothing_is_repeated_once_an_answer_began() {
    let server =
        Server::play([vec![stream_head(), piece(says("Hel")), Act::Close], answer("Hello")]).await;
    let (chunks, error) = ask(&client(&server, json!({}))).await;
    assert_eq!(chunks.len(), 1);
    assert_eq!(error.unwrap().kind, ModelErrorKind::Truncated);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn waits_double_up_to_a_ceiling_with_a_random_part() {
    let failure = || -> Failure {
        ModelError::new(ModelErrorKind::Network, Provider::OpenAi, "broken").into()
    };
    let policy = RetryPolicy::new(100).with_seed(7);
    let waits: Vec<_> = (0..100).map(|attempt| policy.wait(attempt, &failure()).unwrap()).collect();
    for (attempt, wait) in (0..).zip(&waits) {
        let full = Duration::from_millis(500 << attempt.min(4));
        assert!(*wait <= full && *wait >= full * 3 / 4, "{attempt}: {wait:?}");
    }
    assert!(waits[10] != waits[11] || waits[11] != waits[12], "waits differ");
    assert_eq!(policy.wait(100, &failure()), None);
    let again = RetryPolicy::new(100).with_seed(7);
    let same: Vec<_> = (0..100).map(|attempt| again.wait(attempt, &failure()).unwrap()).collect();
    assert_eq!(waits, same);
}

//! Servers that refuse, talk nonsense, or stop talking.

use std::time::Duration;

use moss_llm::{ModelErrorKind, SseDecoder};
use moss_protocol::{ErrorCode, Provider};
use serde_json::json;
use tokio::net::TcpListener;

use crate::asking::{ask, client, failure, text_of, try_client};
use crate::server::{Act, Server, end, error, json, piece, response, says, stream_head};

#[tokio::test]
async fn a_refusal_keeps_the_providers_words() {
    let body = json!({"error": {"message": "bad request", "code": "invalid_value"}});
    let server = Server::play([json("400 Bad Request", "x-request-id: req_9\r\n", &body)]).await;
    let error = failure(&client(&server, json!({}))).await;
    assert_eq!(error.to_string(), "400 bad request");
    assert_eq!(error.kind, ModelErrorKind::InvalidRequest);
    assert_eq!(error.code(), ErrorCode::ProviderInvalidRequest);
    assert_eq!(error.status, Some(400));
    assert_eq!(error.request_id.as_deref(), Some("req_9"));
    assert_eq!(error.provider_code.as_deref(), Some("invalid_value"));
    assert_eq!(error.provider, Provider::OpenAi);
}

#[tokio::test]
async fn refused_credentials_are_told_apart() {
    let server = Server::play([error("401 Unauthorized", "", "who are you")]).await;
    let error = failure(&client(&server, json!({}))).await;
    assert_eq!((error.kind, error.to_string().as_str()), (ModelErrorKind::Auth, "401 who are you"));
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let html = "content-type: text/html; charset=utf-8\r\nx-request-id: req_2\r\n";
    let server = Server::play([response("200 OK", html, "<html>Welcome</html>")]).await;
    let error = failure(&client(&server, json!({}))).await;
    assert_eq!(error.kind, ModelErrorKind::Protocol);
    assert_eq!(error.request_id.as_deref(), Some("req_2"));
    assert_eq!(
        error.to_string(),
        format!(
            "200 {} answered with an HTML page and not as a model server. Check `baseURL`, which often has to end with `/v1`",
            server.address
        )
    );

    let server =
        Server::play([response("502 Bad Gateway", html, "<html>Bad gateway</html>")]).await;
    let error = failure(&client(&server, json!({"maxRetries": 0}))).await;
    assert_eq!((error.kind, error.status), (ModelErrorKind::Overloaded, Some(502)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::play([response(
        "307 Temporary Redirect",
        "location: http://evil.invalid/\r\n",
        "",
    )])
    .await;
    let error = failure(&client(&server, json!({}))).await;
    assert_eq!((error.kind, error.status), (ModelErrorKind::Protocol, Some(307)));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_empty_body_is_a_truncated_answer() {
    let head = "content-type: text/event-stream\r\n";
    let server = Server::play([response("200 OK", head, "")]).await;
    assert_eq!(failure(&client(&server, json!({}))).await.kind, ModelErrorKind::Truncated);
}

#[tokio::test]
async fn an_answer_cut_short_is_truncated() {
    let half = says("world");
    for ending in [
        // The body ends in good order, the answer does not.
        vec![end()],
        vec![piece(&half[..half.len() / 2]), end()],
        // The connection ends within the body.
        vec![Act::Close],
        vec![piece(&half[..half.len() / 2]), Act::Close],
    ] {
        let what = format!("{ending:?}");
        let mut script = vec![stream_head(), piece(says("Hello "))];
        script.extend(ending);
        let server = Server::play([script]).await;
        let (chunks, error) = ask(&client(&server, json!({}))).await;
        assert_eq!(text_of(&chunks), "Hello ", "what came is kept");
        let error = error.unwrap();
        assert_eq!(error.kind, ModelErrorKind::Truncated, "{what}: {error}");
        assert_eq!(error.request_id.as_deref(), Some("req_1"));
    }
}

#[tokio::test]
async fn a_reset_connection_is_a_network_error() {
    // A reset may overtake what was sent before it, so both places of the break are fine.
    let server = Server::play([vec![stream_head(), Act::Reset]]).await;
    let error = failure(&client(&server, json!({"maxRetries": 0}))).await;
    assert_eq!(error.kind, ModelErrorKind::Network, "{error}");
    let ending = format!("{}: Connection reset by peer (os error 104)", server.address);
    assert!(error.to_string().ends_with(&ending), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_a_network_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("http://{address}/v1");
    drop(listener);
    let options = json!({"model": "m", "apiKey": "k", "baseURL": url, "maxRetries": 0});
    let error = failure(&try_client(Provider::OpenAi, options).unwrap()).await;
    assert_eq!(error.kind, ModelErrorKind::Network);
    assert_eq!(
        error.to_string(),
        format!("cannot connect to {address}: Connection refused (os error 111)")
    );
}

#[tokio::test]
async fn tls_to_a_server_without_tls_is_a_network_error() {
    let server = Server::play([]).await;
    let url = server.url().replace("http:", "https:");
    let options =
        json!({"model": "m", "apiKey": "k", "baseURL": url, "maxRetries": 0, "timeout": 300});
    let error = failure(&try_client(Provider::OpenAi, options).unwrap()).await;
    assert!(matches!(error.kind, ModelErrorKind::Network | ModelErrorKind::Timeout), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let limit = 60;
    for script in [
        vec![Act::Hold],
        vec![stream_head(), Act::Hold],
        vec![stream_head(), piece(says("Hel")), Act::Hold],
    ] {
        let server = Server::play([script]).await;
        let start = std::time::Instant::now();
        let error = failure(&client(&server, json!({"timeout": limit}))).await;
        assert!(start.elapsed() >= Duration::from_millis(limit));
        assert_eq!(error.kind, ModelErrorKind::Timeout);
        assert_eq!(
            error.to_string(),
            format!(
                "{} sent nothing for 0.06 s. The option `timeout`, in milliseconds, allows it more",
                server.address
            )
        );
        server.closed().await;
        assert_eq!(server.seen().len(), 1, "who is silent is not asked again");
    }
}

#[tokio::test]
async fn an_endless_line_is_refused() {
    let part = piece(vec![b'x'; 1 << 20]);
    let mut script = vec![stream_head(), piece("data: ")];
    script.extend(std::iter::repeat_n(part, 16));
    script.push(Act::Hold);
    let server = Server::play([script]).await;
    let error = failure(&client(&server, json!({}))).await;
    assert_eq!(error.kind, ModelErrorKind::TooLarge);
    assert!(error.to_string().contains(&SseDecoder::DEFAULT_LIMIT.to_string()), "{error}");
    server.closed().await;
}

#[tokio::test]
async fn text_that_is_not_utf8_is_a_protocol_error() {
    let mut frame = says("Hell#").into_bytes();
    let place = frame.iter().position(|byte| *byte == b'#').unwrap();
    frame[place] = 0xFF;
    let server = Server::play([vec![stream_head(), piece(frame), end()]]).await;
    assert_eq!(failure(&client(&server, json!({}))).await.kind, ModelErrorKind::Protocol);
}

#[tokio::test]
async fn a_body_that_cannot_be_decompressed_is_a_protocol_error() {
    let head = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let server = Server::play([response("200 OK", head, "this is no gzip at all")]).await;
    let error = failure(&client(&server, json!({"streaming": false}))).await;
    assert_eq!(error.kind, ModelErrorKind::Protocol, "{error}");
}

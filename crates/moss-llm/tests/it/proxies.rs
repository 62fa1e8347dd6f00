//! Requests through a proxy.

use moss_protocol::Provider;
use serde_json::json;

use crate::asking::{failure, text, try_client};
use crate::server::{Server, answer, response};

#[tokio::test]
async fn a_plain_request_goes_through_the_proxy_in_absolute_form() {
    let proxy = Server::play([answer("via proxy")]).await;
    let options = json!({
        "model": "m",
        "apiKey": "k",
        "baseURL": "http://model.invalid/v1",
        "proxy": format!("http://user:pass@{}", proxy.address),
    });
    let client = try_client(Provider::OpenAi, options).unwrap();
    assert_eq!(text(&client).await.unwrap(), "via proxy");
    let [seen] = proxy.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST http://model.invalid/v1/chat/completions HTTP/1.1");
    assert_eq!(seen.header("proxy-authorization"), Some("Basic dXNlcjpwYXNz"));
}

#[tokio::test]
async fn a_tls_request_asks_the_proxy_for_a_tunnel() {
    let proxy = Server::play([response("403 Forbidden", "", "")]).await;
    let options = json!({
        "model": "m",
        "apiKey": "k",
        "baseURL": "https://model.invalid/v1",
        "proxy": format!("http://{}", proxy.address),
        "maxRetries": 0,
    });
    let error = failure(&try_client(Provider::OpenAi, options).unwrap()).await;
    assert_eq!(error.code().as_str(), "NETWORK");
    let [seen] = proxy.seen().try_into().unwrap();
    assert_eq!(seen.line, "CONNECT model.invalid:443 HTTP/1.1");
    assert_eq!(seen.header("authorization"), None, "the key is for the provider alone");
}

#[tokio::test]
async fn a_named_proxy_serves_loopback_too() {
    let proxy = Server::play([answer("via proxy")]).await;
    let options = json!({
        "model": "m",
        "baseURL": "http://127.0.0.1:9/v1",
        "proxy": format!("http://{}", proxy.address),
    });
    assert_eq!(text(&try_client(Provider::OpenAi, options).unwrap()).await.unwrap(), "via proxy");
}

#[test]
fn loopback_does_not_go_through_the_environments_proxy() {
    // Variables are a process' own: another test, in a process whose proxy is a closed port.
    let program = std::env::current_exe().unwrap();
    let status = std::process::Command::new(program)
        .args(["--exact", "answers::the_connection_is_kept_for_the_next_call"])
        .envs([("HTTP_PROXY", "http://127.0.0.1:9"), ("ALL_PROXY", "http://127.0.0.1:9")])
        .env_remove("NO_PROXY")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && text.contains("1 passed"), "{text}");
}

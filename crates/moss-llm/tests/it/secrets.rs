//! Secrets never show.

use std::error::Error;
use std::fmt::Write;

use moss_llm::{ClientOptions, LlmClient, ModelError};
use moss_protocol::Provider;
use serde_json::{Value, json};

use crate::asking::{failure, nothing, object, transport, try_client};
use crate::server::{Act, Server, end, error, piece, stream_head};

const CANARIES: [&str; 6] =
    ["KEYCANARY", "HEADCANARY", "QUERYCANARY", "USERCANARY", "PASSCANARY", "PROXYCANARY"];

fn options(address: &str) -> Value {
    json!({
        "model": "m",
        "apiKey": "sk-KEYCANARY",
        "maxRetries": 0,
        "modelKwargs": {"token": "HEADCANARY"},
        "configuration": {
            "baseURL": format!("http://USERCANARY:PASSCANARY@{address}/v1?q=QUERYCANARY"),
            "defaultHeaders": {"X-Secret": "HEADCANARY"},
            "defaultQuery": {"code": "QUERYCANARY"},
        },
    })
}

/// All that a log could show of an error, its causes included.
fn shown(error: &ModelError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

fn assert_clean(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} shows in: {text}");
    }
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let echo = "sk-KEYCANARY is no key; x-secret: HEADCANARY; /v1?q=QUERYCANARY&code=QUERYCANARY \
                USERCANARY:PASSCANARY";
    let frame = json!({"error": {"message": echo}});
    let scripts = [
        error("401 Unauthorized", "x-request-id: sk-KEYCANARY\r\n", echo),
        vec![stream_head(), piece(format!("data: {frame}\n\n")), end()],
        vec![stream_head(), piece(format!("data: {echo}\n\n")), end()],
        vec![stream_head(), Act::Reset],
        vec![stream_head(), Act::Close],
        vec![Act::Close],
    ];
    for script in scripts {
        let server = Server::play([script]).await;
        let options = options(&server.address.to_string());
        let client = try_client(Provider::OpenAi, options.clone()).unwrap();
        assert_clean(&format!("{client:?} {client:#?}"));
        assert_clean(&format!("{:?}", ClientOptions::from_json(&object(options)).unwrap()));
        assert_clean(&shown(&failure(&client).await));
        let seen = &server.seen()[0];
        assert_eq!(seen.header("authorization"), Some("Bearer sk-KEYCANARY"));
        assert_eq!(seen.header("x-secret"), Some("HEADCANARY"));
        assert!(seen.line.contains("?q=QUERYCANARY&code=QUERYCANARY"), "{}", seen.line);
    }
}

#[tokio::test]
async fn no_connection_shows_no_secret() {
    // Port 9 discards; nothing listens there.
    for options in [
        options("127.0.0.1:9"),
        options("host.invalid"),
        json!({
            "model": "m",
            "apiKey": "sk-KEYCANARY",
            "baseURL": "http://host.invalid/v1",
            "proxy": "http://USERCANARY:PROXYCANARY@127.0.0.1:9",
            "maxRetries": 0,
        }),
    ] {
        let client = try_client(Provider::OpenAi, options).unwrap();
        assert_clean(&format!("{client:?}"));
        assert_clean(&shown(&failure(&client).await));
    }
}

#[test]
fn a_wrong_option_is_named_and_not_quoted() {
    for (options, named) in [
        (json!({"apiKey": "KEYCANARY\u{7f}x", "model": "m"}), "`apiKey`"),
        (json!({"apiKey": ["KEYCANARY"], "model": "m"}), "`apiKey`"),
        (json!({"apiKey": "k", "model": "m", "baseURL": "ftp://USERCANARY/"}), "`baseURL`"),
        (json!({"apiKey": "k", "model": "m", "baseURL": "PASSCANARY"}), "`baseURL`"),
        (json!({"apiKey": "k", "model": "m", "proxy": "what://PROXYCANARY"}), "`proxy`"),
        (
            json!({"apiKey": "k", "model": "m", "configuration": {"defaultHeaders": {"X-A": "HEADCANARY\n"}}}),
            "`configuration.defaultHeaders.X-A`",
        ),
    ] {
        let error =
            LlmClient::from_options(Provider::OpenAi, &object(options), &transport(), nothing)
                .unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(named), "{text}");
        assert_clean(&text);
        assert_eq!(error.code().as_str(), "INVALID_CONFIG");
    }
}

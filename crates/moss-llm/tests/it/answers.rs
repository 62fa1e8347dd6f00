//! Answers that arrive whole, streamed or not.

use moss_llm::ModelErrorKind;
use moss_protocol::Provider;
use serde_json::json;

use crate::asking::{ask, client, text, text_of, transport, try_client};
use crate::server::{
    Act, Server, answer, end, json, piece, raw, response, says, stops, stream_head,
};

#[tokio::test]
async fn a_streamed_answer_comes_chunk_by_chunk() {
    // Frames are cut where the network cuts them.
    let frames = says("Hello ") + &says("world") + &stops();
    let (first, second) = frames.split_at(frames.len() / 3);
    let server = Server::play([vec![stream_head(), piece(first), piece(second), end()]]).await;
    let client = client(
        &server,
        json!({
            "temperature": 0.5,
            "maxTokens": 100,
            "modelKwargs": {"extra": true},
            "organization": "org-1",
            "configuration": {
                "baseURL": server.url() + "/",
                "defaultHeaders": {"X-Title": "MOSS", "Accept": null},
                "defaultQuery": {"api-version": "1 b"},
                "project": "proj-1",
            },
        }),
    );
    let (chunks, error) = ask(&client).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text_of(&chunks), "Hello world");
    assert_eq!(chunks.len(), 3, "a frame is a chunk");

    let [seen] = server.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /v1/chat/completions?api-version=1+b HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some("Bearer sk-test"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("openai-organization"), Some("org-1"));
    assert_eq!(seen.header("openai-project"), Some("proj-1"));
    assert_eq!(seen.header("x-title"), Some("MOSS"));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert_ne!(seen.header("accept"), Some("text/event-stream"), "the host took it away");
    let body = seen.json();
    assert_eq!(body["model"], "gpt-x");
    assert_eq!(body["stream"], true);
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    assert_eq!(body["messages"], json!([{"role": "user", "content": "Hi"}]));
    assert_eq!(body["temperature"], 0.5);
    assert_eq!(body["max_tokens"], 100);
    assert_eq!(body["extra"], true);
}

#[tokio::test]
async fn the_connection_is_kept_for_the_next_call() {
    let server = Server::play([answer("one"), answer("two")]).await;
    let client = client(&server, json!({}));
    assert_eq!(text(&client).await.unwrap(), "one");
    assert_eq!(text(&client).await.unwrap(), "two");
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn an_answer_is_over_when_it_says_so() {
    // The server forgets to end the body.
    let server =
        Server::play([vec![stream_head(), piece(says("x")), piece(stops()), Act::Hold]]).await;
    assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "x");
    server.closed().await;
}

fn completion() -> serde_json::Value {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-x",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}],
    })
}

#[tokio::test]
async fn an_unstreamed_answer_is_one_chunk() {
    for off in [json!({"disableStreaming": true}), json!({"streaming": false})] {
        let server = Server::play([json("200 OK", "", &completion())]).await;
        let (chunks, error) = ask(&client(&server, off)).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!((chunks.len(), text_of(&chunks).as_str()), (1, "whole"));
        let seen = server.seen();
        assert_ne!(seen[0].json()["stream"], true);
        assert_eq!(seen[0].header("accept"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_server_that_does_not_heed_stream_is_understood() {
    let server = Server::play([json("200 OK", "", &completion())]).await;
    assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "whole");

    let server = Server::play([answer("pieces")]).await;
    let (chunks, _) = ask(&client(&server, json!({"streaming": false}))).await;
    assert_eq!((chunks.len(), text_of(&chunks).as_str()), (1, "pieces"));
}

#[tokio::test]
async fn a_careless_content_type_counts_as_what_was_asked_for() {
    for head in ["", "content-type: text/plain\r\n", "content-type: Text/Event-Stream ; x\r\n"] {
        let body = says("fine") + &stops();
        let server = Server::play([response("200 OK", head, &body)]).await;
        assert_eq!(text(&client(&server, json!({}))).await.unwrap(), "fine", "{head}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_bounded() {
    // 2 MiB of spaces as gzip: made with `head -c 2097152 /dev/zero | tr '\0' ' ' | gzip -9n`.
    let bomb = include_bytes!("data/spaces.gz");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bomb.len()
    );
    let server = Server::play([vec![raw(&head), Act::Write(bomb.to_vec())]]).await;
    let error = text(&client(&server, json!({"streaming": false}))).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::TooLarge);
    assert_eq!(error.to_string(), "the answer is larger than 1048576 bytes, the most that is read");
}

#[tokio::test]
async fn a_local_server_needs_no_key() {
    let server = Server::play([answer("local")]).await;
    let options = json!({"model": "llama", "configuration": {"baseURL": server.url()}});
    let client = try_client(Provider::OpenAi, options).unwrap();
    assert_eq!(text(&client).await.unwrap(), "local");
    assert_eq!(server.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn key_and_address_come_from_the_environment() {
    let server = Server::play([answer("env")]).await;
    let url = server.url();
    let environment = |name: &str| match name {
        "OPENAI_API_KEY" => Some(" sk-env\n".to_owned()),
        "OPENAI_BASE_URL" => Some(url.clone()),
        _ => None,
    };
    let options = crate::asking::object(json!({"model": "gpt-x"}));
    let client =
        moss_llm::LlmClient::from_options(Provider::OpenAi, &options, &transport(), environment)
            .unwrap();
    assert_eq!(text(&client).await.unwrap(), "env");
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer sk-env"));
}

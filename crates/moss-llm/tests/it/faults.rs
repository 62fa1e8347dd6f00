//! Faults one after another, at every place: each call ends in its typed error, and nothing is left of it.

use std::collections::BTreeMap;
use std::time::Duration;

use moss_llm::{LlmClient, ModelErrorKind, ModelEvent, RetryPolicy, Transport, TransportConfig};
use moss_protocol::Provider;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::asking::{ask, client, failure, nothing, object};
use crate::server::{Act, Server, end, piece, raw, response, says, stops, stream_head};

/// A client with limits of its own.
fn bounded(server: &Server, config: TransportConfig) -> LlmClient {
    let options = object(json!({
        "model": "gpt-x",
        "apiKey": "k",
        "configuration": {"baseURL": server.url()},
    }));
    LlmClient::from_options(Provider::OpenAi, &options, &Transport::new(config), nothing)
        .unwrap()
        .with_retry(RetryPolicy::new(0))
}

fn call(args: &str, rest: Value) -> String {
    let mut call = json!({"index": 0, "function": {"arguments": args}});
    call.as_object_mut().unwrap().extend(object(rest));
    let choice = json!({"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null});
    format!("data: {}\n\n", json!({"id": "x", "model": "m", "choices": [choice]}))
}

/// An answer that calls a tool, as a stream.
fn tool_call() -> String {
    let begin =
        json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}});
    let stop =
        r#"{"id":"x","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#;
    [
        says("Let me"),
        call("", begin),
        call("{\"a\":", json!({})),
        call("1}", json!({})),
        format!("data: {stop}\n\n"),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat()
}

/// The arguments of an answer's tool call, and whether the answer ended.
fn outcome(chunks: &[moss_llm::ModelChunk]) -> (String, bool) {
    let mut args = String::new();
    let mut ended = false;
    for event in chunks.iter().flat_map(|chunk| &chunk.events) {
        match event {
            ModelEvent::ToolCall(piece) => args.push_str(piece.args.as_deref().unwrap_or("")),
            ModelEvent::Finished { .. } => ended = true,
            _ => {}
        }
    }
    (args, ended)
}

#[tokio::test]
async fn a_connection_lost_at_any_byte_is_an_error_and_never_half_a_call() {
    let stream = tool_call();
    let mut endings = BTreeMap::<String, usize>::new();
    for at in 0..stream.len() {
        for loss in [Act::Close, Act::Reset] {
            let mut script = vec![stream_head()];
            script.extend((at > 0).then(|| piece(&stream[..at])));
            script.push(loss);
            let server = Server::play([script]).await;
            let (chunks, failed) = ask(&client(&server, json!({"maxRetries": 0}))).await;
            let (args, ended) = outcome(&chunks);
            match failed {
                Some(error) => {
                    let kind = error.kind;
                    let expected =
                        matches!(kind, ModelErrorKind::Truncated | ModelErrorKind::Network);
                    assert!(expected, "lost at {at}: {error}");
                    *endings.entry(format!("{kind:?}")).or_default() += 1;
                }
                None => {
                    assert!(ended && args == "{\"a\":1}", "lost at {at}: a whole answer of {args}");
                    *endings.entry("whole".to_owned()).or_default() += 1;
                }
            }
        }
    }
    println!("{} places: {endings:?}", stream.len());
}

#[tokio::test]
async fn a_drip_is_ended_by_the_limit_of_the_whole() {
    // Never silent for as long as the idle limit, and never at an end.
    let mut script = vec![stream_head()];
    script
        .extend(std::iter::repeat_n(Act::Pause(Duration::from_millis(20)), 1).chain([piece(":")]));
    for _ in 0..500 {
        script.push(Act::Pause(Duration::from_millis(20)));
        script.push(piece(" ping\n"));
    }
    let server = Server::play([script]).await;
    let limit = Duration::from_millis(200);
    let config = TransportConfig { answer_timeout: limit, ..TransportConfig::default() };
    let start = std::time::Instant::now();
    let error = failure(&bounded(&server, config)).await;
    assert_eq!(error.kind, ModelErrorKind::Timeout);
    assert_eq!(
        error.to_string(),
        format!(
            "the answer of {} took longer than 0.2 s. The option `answerTimeout`, in milliseconds, allows it more",
            server.address
        )
    );
    assert!(start.elapsed() >= limit);
}

#[tokio::test]
async fn a_stream_without_an_end_is_ended_by_its_size() {
    let server = Server::play([vec![stream_head(), Act::Forever(frame_of_chunk())]]).await;
    let config = TransportConfig { max_stream: 1 << 20, ..TransportConfig::default() };
    let (chunks, failed) = ask(&bounded(&server, config)).await;
    let error = failed.unwrap();
    assert_eq!(error.kind, ModelErrorKind::TooLarge);
    assert_eq!(error.to_string(), "the answer is larger than 1048576 bytes, the most that is read");
    assert!(!chunks.is_empty(), "what came before is kept");
}

#[tokio::test]
async fn a_stream_without_an_end_is_ended_by_its_time() {
    let server = Server::play([vec![stream_head(), Act::Forever(frame_of_chunk())]]).await;
    let limit = Duration::from_millis(100);
    let config = TransportConfig { answer_timeout: limit, ..TransportConfig::default() };
    let error = failure(&bounded(&server, config)).await;
    assert_eq!(error.kind, ModelErrorKind::Timeout);
}

/// One HTTP chunk with a frame in it.
fn frame_of_chunk() -> Vec<u8> {
    let Act::Write(bytes) = piece(says("again and ")) else { panic!() };
    bytes
}

#[tokio::test]
async fn a_compressed_stream_of_nothing_is_bounded_too() {
    // 2 MiB of spaces as gzip.
    let bomb = include_bytes!("data/spaces.gz");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bomb.len()
    );
    let server = Server::play([vec![raw(&head), Act::Write(bomb.to_vec())]]).await;
    let config = TransportConfig { max_stream: 1 << 20, ..TransportConfig::default() };
    assert_eq!(failure(&bounded(&server, config)).await.kind, ModelErrorKind::TooLarge);
}

/// Each fault in turn, many times, on one client: in the end there are as many tasks as in the beginning, and the
/// server holds no connection of it.
#[tokio::test]
async fn nothing_is_left_of_failed_calls() {
    let html = "content-type: text/html\r\n";
    let faults: Vec<Vec<Act>> = vec![
        vec![Act::Hold],
        vec![stream_head(), Act::Hold],
        vec![stream_head(), piece(says("Hel")), Act::Hold],
        vec![stream_head(), Act::Reset],
        vec![Act::Close],
        response("200 OK", html, "<html>no</html>"),
        response("529 Overloaded", "", ""),
        response("200 OK", "content-type: text/event-stream\r\n", ""),
        vec![stream_head(), piece("data: nonsense\n\n"), Act::Hold],
    ];
    let rounds = 3;
    let script: Vec<Vec<Act>> = (0..rounds).flat_map(|_| faults.clone()).collect();
    let count = script.len();
    let server = Server::play_all(script).await;
    let before = Handle::current().metrics().num_alive_tasks();
    {
        let config = TransportConfig {
            idle_timeout: Duration::from_millis(30),
            ..TransportConfig::default()
        };
        let client = bounded(&server, config);
        for _ in 0..count {
            failure(&client).await;
        }
        assert_eq!(server.seen().len(), count);
    }
    // Connections end when their tasks have seen that the client is gone.
    let quiet = async {
        while Handle::current().metrics().num_alive_tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), quiet).await.expect("tasks of failed calls end");
}

#[tokio::test]
async fn an_answer_is_whole_however_slowly_it_comes() {
    let stream = says("slow") + &stops();
    let mut script = vec![stream_head()];
    for byte in stream.as_bytes().chunks(40) {
        script.push(Act::Pause(Duration::from_millis(5)));
        script.push(piece(byte));
    }
    script.push(end());
    let server = Server::play([script]).await;
    let (chunks, failed) = ask(&client(&server, json!({"timeout": 1000}))).await;
    assert!(failed.is_none(), "{failed:?}");
    assert_eq!(crate::asking::text_of(&chunks), "slow");
}

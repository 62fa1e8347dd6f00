//! Calls that end before their answer does.

use futures::StreamExt;
use moss_llm::{ChatModel, ModelErrorKind, ModelStream};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::asking::{client, question, text_of};
use crate::server::{Act, Server, error, piece, says, stream_head};

async fn cancelled(stream: &mut ModelStream) {
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Cancelled);
    assert_eq!(error.to_string(), "the model call was cancelled");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_call_cancelled_before_it_began_sends_nothing() {
    let server = Server::play([]).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    cancelled(&mut client(&server, json!({})).stream(question("Hi"), cancel)).await;
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn an_unpolled_call_sends_nothing() {
    let server = Server::play([]).await;
    drop(client(&server, json!({})).stream(question("Hi"), CancellationToken::new()));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_cancel_before_the_answer_closes_the_connection() {
    let server = Server::play([vec![Act::Hold]]).await;
    let cancel = CancellationToken::new();
    let mut stream = client(&server, json!({})).stream(question("Hi"), cancel.clone());
    tokio::join!(cancelled(&mut stream), async {
        server.arrived().await;
        cancel.cancel();
    });
    server.closed().await;
    assert_eq!(server.seen().len(), 1, "a cancelled call is not repeated");
}

#[tokio::test]
async fn a_cancel_within_the_answer_closes_the_connection() {
    let server = Server::play([vec![stream_head(), piece(says("Hel")), Act::Hold]]).await;
    let cancel = CancellationToken::new();
    let mut stream = client(&server, json!({})).stream(question("Hi"), cancel.clone());
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(text_of(&[first]), "Hel");
    tokio::join!(cancelled(&mut stream), async { cancel.cancel() });
    server.closed().await;
}

#[tokio::test]
async fn a_cancel_holds_back_what_already_came() {
    let burst = says("one") + &says("two");
    let server = Server::play([vec![stream_head(), piece(burst), Act::Hold]]).await;
    let cancel = CancellationToken::new();
    let mut stream = client(&server, json!({})).stream(question("Hi"), cancel.clone());
    stream.next().await.unwrap().unwrap();
    cancel.cancel();
    cancelled(&mut stream).await;
    server.closed().await;
}

#[tokio::test]
async fn a_cancel_ends_the_wait_before_a_repetition() {
    let server =
        Server::play([error("429 Too Many Requests", "Retry-After: 50\r\n", "slow down")]).await;
    let cancel = CancellationToken::new();
    let mut stream = client(&server, json!({})).stream(question("Hi"), cancel.clone());
    tokio::join!(cancelled(&mut stream), async {
        server.arrived().await;
        cancel.cancel();
    });
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    // Before the answer begins.
    let server = Server::play([vec![Act::Hold]]).await;
    let mut stream = client(&server, json!({})).stream(question("Hi"), CancellationToken::new());
    tokio::select! {
        item = stream.next() => panic!("{item:?}"),
        () = server.arrived() => {}
    }
    drop(stream);
    server.closed().await;

    // Within it.
    let server = Server::play([vec![stream_head(), piece(says("Hel")), Act::Hold]]).await;
    let mut stream = client(&server, json!({})).stream(question("Hi"), CancellationToken::new());
    stream.next().await.unwrap().unwrap();
    drop(stream);
    server.closed().await;
}

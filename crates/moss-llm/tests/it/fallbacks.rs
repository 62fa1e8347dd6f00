//! Models that are asked when another one fails.

use moss_llm::{ChatModel, Fallback, ModelErrorKind, ModelEvent, ModelInfo, model_from_options};
use moss_protocol::{ErrorCode, Provider};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use crate::asking::{ask, nothing, object, question, text_of, transport};
use crate::server::{Act, Server, answer, end, error, piece, says, stream_head};

fn model(options: Value) -> Arc<dyn ChatModel> {
    model_from_options(Provider::OpenAi, &object(options), &transport(), nothing).unwrap()
}

/// A client of a server, under the name of a model.
fn at(server: &Server, model: &str) -> Value {
    json!({
        "model": model,
        "apiKey": "sk-CANARYKEY",
        "maxRetries": 0,
        "configuration": {"baseURL": server.url()},
    })
}

fn with_fallbacks(mut first: Value, fallbacks: Value) -> Value {
    first["fallbacks"] = fallbacks;
    first
}

fn fallback(from: (Provider, &str), to: (Provider, &str), error: (ErrorCode, &str)) -> ModelEvent {
    let info = |(provider, model): (Provider, &str)| ModelInfo {
        provider,
        model: model.to_owned(),
        streaming: true,
    };
    ModelEvent::Fallback(Box::new(Fallback {
        from: info(from),
        to: info(to),
        code: error.0,
        message: error.1.to_owned(),
    }))
}

#[tokio::test]
async fn the_next_model_answers_and_the_change_is_told() {
    let broken = Server::play([error("500 Oops", "", "sk-CANARYKEY is broken")]).await;
    let limited = Server::play([error("429 Too Many Requests", "", "slow down")]).await;
    let fine = Server::play([answer("at last")]).await;
    let options = with_fallbacks(
        at(&broken, "first"),
        json!([
            {"provider": "deepseek", "clientOptions": at(&limited, "second")},
            {"provider": "openAI", "model": "third", "apiKey": "k", "configuration": {"baseURL": fine.url()}},
        ]),
    );
    let model = model(options);
    assert_eq!(model.info().model, "first");
    let (chunks, failed) = ask(&*model).await;
    assert!(failed.is_none(), "{failed:?}");
    assert_eq!(text_of(&chunks), "at last");
    assert_eq!(
        chunks[0].events,
        [fallback(
            (Provider::OpenAi, "first"),
            (Provider::DeepSeek, "second"),
            (ErrorCode::ProviderOverloaded, "500 [redacted] is broken")
        )]
    );
    assert_eq!(
        chunks[1].events,
        [fallback(
            (Provider::DeepSeek, "second"),
            (Provider::OpenAi, "third"),
            (ErrorCode::ProviderRateLimit, "429 slow down")
        )]
    );
    let asked: Vec<_> =
        [&broken, &limited, &fine].map(|server| server.seen()[0].json()["messages"].clone()).into();
    assert!(asked.windows(2).all(|pair| pair[0] == pair[1]), "all are asked the same");
}

#[tokio::test]
async fn what_an_answer_begins_with_does_not_count_before_it_says_something() {
    let begun = "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    let first = Server::play([vec![stream_head(), piece(begun), end()]]).await;
    let second = Server::play([answer("whole")]).await;
    let fallbacks = json!([{"provider": "openAI", "clientOptions": at(&second, "second")}]);
    let (chunks, failed) = ask(&*model(with_fallbacks(at(&first, "first"), fallbacks))).await;
    assert!(failed.is_none(), "{failed:?}");
    assert_eq!(text_of(&chunks), "whole");
    let starts = chunks.iter().flat_map(|chunk| &chunk.events);
    let starts = starts.filter(|event| matches!(event, ModelEvent::Started(_))).count();
    assert_eq!(starts, 1, "the answer begins once");
}

#[tokio::test]
async fn an_answer_that_said_something_is_not_begun_again() {
    let first = Server::play([vec![stream_head(), piece(says("Hel")), Act::Close]]).await;
    let second = Server::play([answer("Hello")]).await;
    let fallbacks = json!([{"provider": "openAI", "clientOptions": at(&second, "second")}]);
    let (chunks, failed) = ask(&*model(with_fallbacks(at(&first, "first"), fallbacks))).await;
    assert_eq!(text_of(&chunks), "Hel");
    assert_eq!(failed.unwrap().kind, ModelErrorKind::Truncated);
    assert_eq!(second.seen().len(), 0);
}

#[tokio::test]
async fn when_all_fail_the_last_error_is_told() {
    let first = Server::play([error("500 Oops", "", "one")]).await;
    let second = Server::play([error("401 Unauthorized", "", "two")]).await;
    let fallbacks = json!([{"provider": "openAI", "clientOptions": at(&second, "second")}]);
    let (_, failed) = ask(&*model(with_fallbacks(at(&first, "first"), fallbacks))).await;
    assert_eq!(failed.unwrap().to_string(), "401 two");
}

#[tokio::test]
async fn a_cancelled_call_asks_nobody_else() {
    let first = Server::play([vec![Act::Hold]]).await;
    let second = Server::play([answer("late")]).await;
    let fallbacks = json!([{"provider": "openAI", "clientOptions": at(&second, "second")}]);
    let model = model(with_fallbacks(at(&first, "first"), fallbacks));
    let cancel = CancellationToken::new();
    let mut stream = model.stream(question("Hi"), cancel.clone());
    let (item, ()) = tokio::join!(futures::StreamExt::next(&mut stream), async {
        first.arrived().await;
        cancel.cancel();
    });
    assert_eq!(item.unwrap().unwrap_err().kind, ModelErrorKind::Cancelled);
    assert_eq!(second.seen().len(), 0);
}

#[test]
fn what_is_no_fallback_is_told_with_its_place() {
    for (fallbacks, told) in [
        (json!({}), "option `fallbacks` is not a list"),
        (json!([7]), "option `fallbacks.0` is not an object with `provider` and `clientOptions`"),
        (json!([{"clientOptions": {}}]), "option `fallbacks.0` has no `provider`"),
        (
            json!([{"provider": "demo"}, {"provider": "nobody"}]),
            "option `fallbacks.1` names no provider: Unsupported LLM provider: nobody",
        ),
        (
            json!([{"provider": "openAI", "clientOptions": {"apiKey": "k"}}]),
            "no model is named for provider `openAI`. Set the option `model` to a model of this provider",
        ),
    ] {
        let options = object(json!({"model": "m", "apiKey": "k", "fallbacks": fallbacks}));
        let error = model_from_options(Provider::OpenAi, &options, &transport(), nothing);
        assert_eq!(error.err().unwrap().to_string(), told);
    }
}

//! Side effects that happen once.

use moss_graph::json::{JsonState, json_node};
use moss_graph::{Durability, Input, NodeContext, NodeError, RunOptions, START, StateGraph};
use serde_json::json;

use super::support::{Calls, log_of, start, thread_of, with};

async fn pays(calls: &Calls, context: &NodeContext) -> Result<usize, NodeError> {
    context
        .effect("pay", async {
            calls.one();
            Ok::<_, NodeError>(calls.count())
        })
        .await
}

/// Pays twice, and asks in between.
fn paying(calls: &Calls) -> StateGraph<JsonState> {
    let calls = calls.clone();
    let node = json_node(move |_, context| {
        let calls = calls.clone();
        async move {
            let first = pays(&calls, &context).await?;
            let answer = context.interrupt("again?")?;
            let second = pays(&calls, &context).await?;
            Ok::<_, NodeError>(json!({ "log": [format!("{first} {second} {answer}")] }))
        }
    });
    StateGraph::new().node("pay", node).edge(START, "pay")
}

#[tokio::test]
async fn an_effect_before_a_question_happens_once() {
    for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
        let calls = Calls::default();
        let thread = thread_of(paying(&calls));
        thread.run(start(), with(durability)).await.unwrap();
        assert_eq!(calls.count(), 1);
        let done = thread.run(Input::answer(true), with(durability)).await.unwrap();
        assert_eq!(calls.count(), 2, "{durability:?}");
        assert_eq!(log_of(&done.state), ["in", "1 2 true"]);
    }
}

#[tokio::test]
async fn an_effect_is_not_done_again_when_the_node_fails_or_crashes_behind_it() {
    let (calls, tries) = (Calls::default(), Calls::default());
    let (paid, tried) = (calls.clone(), tries.clone());
    let node = json_node(move |_, context| {
        let (paid, tried) = (paid.clone(), tried.clone());
        async move {
            let receipt = pays(&paid, &context).await?;
            match tried.one() {
                0 => Err("no answer")?,
                1 => std::future::pending().await,
                _ => Ok::<_, NodeError>(json!({ "log": [format!("receipt {receipt}")] })),
            }
        }
    });
    let thread = thread_of(StateGraph::new().node("pay", node).edge(START, "pay"));
    thread.run(start(), with(Durability::Sync)).await.unwrap_err();
    let options =
        || RunOptions { busy: moss_graph::BusyThread::Interrupt, ..with(Durability::Sync) };
    {
        let mut crashed = Box::pin(thread.run(Input::Continue, options()));
        while tries.count() < 2 {
            assert!(futures::poll!(&mut crashed).is_pending());
        }
    }
    let done = thread.run(Input::Continue, options()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "receipt 1"]);
    assert_eq!((calls.count(), tries.count()), (1, 3));
}

#[tokio::test]
async fn an_effect_that_fails_may_be_done_again_and_a_retry_does_not_repeat_what_succeeded() {
    let (calls, tries) = (Calls::default(), Calls::default());
    let (paid, tried) = (calls.clone(), tries.clone());
    let node = json_node(move |_, context| {
        let (paid, tried) = (paid.clone(), tried.clone());
        async move {
            pays(&paid, &context).await?;
            let flaky = context.effect("flaky", async {
                if tried.one() == 0 { Err(NodeError::from("down")) } else { Ok(7) }
            });
            Ok::<_, NodeError>(json!({ "log": [format!("{}", flaky.await?)] }))
        }
    });
    let options =
        moss_graph::NodeOptions::new().retry(moss_graph::RetryPolicy::attempts(2).at_once());
    let graph = StateGraph::new().node_with("pay", node, options).edge(START, "pay");
    let done = thread_of(graph).run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "7"]);
    assert_eq!((calls.count(), tries.count()), (1, 2));
}

#[tokio::test]
async fn without_a_thread_an_effect_simply_happens() {
    let calls = Calls::default();
    let counted = calls.clone();
    let node = json_node(move |_, context| {
        let counted = counted.clone();
        async move { Ok::<_, NodeError>(json!({ "last": pays(&counted, &context).await? })) }
    });
    let graph = StateGraph::new().node("pay", node).edge(START, "pay").compile().unwrap();
    let state = super::support::fields().initial();
    let state = moss_graph::StateGraphEngine::new(graph).run(state, RunOptions::default()).await;
    assert_eq!(state.unwrap().get("last"), Some(json!(1)));
}

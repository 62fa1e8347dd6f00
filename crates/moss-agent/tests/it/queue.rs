//! The queue between a run and its host: bounded, and never the reason why a run does not end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use moss_agent::{AgentError, AgentRuntime, CallOptions, EventHandlerRegistry};
use moss_protocol::{EventName, Message};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::host::{agent, ask, weather_and_clock};
use crate::model::{Say, ScriptedModel, call, chunk, text};

/// What waits in the queue, and as much in the hands of the handlers.
const AHEAD: usize = 2 * 256;
/// Longer than any grace.
const FOR_EVER: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_slow_handler_holds_back_the_reading_of_the_model() {
    const CHUNKS: usize = 3000;
    let model = ScriptedModel::new(vec![(0..CHUNKS).map(|_| text("x")).collect()]);
    let (handled, lead) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let handler = {
        let (read, handled, lead) =
            (Arc::clone(&model.read), Arc::clone(&handled), Arc::clone(&lead));
        move |_| {
            let (read, handled, lead) =
                (Arc::clone(&read), Arc::clone(&handled), Arc::clone(&lead));
            async move {
                // The model may go on as far as it can.
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                let done = handled.fetch_add(1, Ordering::SeqCst);
                lead.fetch_max(read.load(Ordering::SeqCst) - done, Ordering::SeqCst);
                Ok(())
            }
        }
    };
    let runtime = AgentRuntime::builder("run-1", agent(&model, Vec::new()))
        .sink(EventHandlerRegistry::new().on_async(EventName::MessageDelta, handler))
        .create()
        .unwrap();
    ask(&runtime).await.unwrap();
    assert_eq!(handled.load(Ordering::SeqCst), CHUNKS);
    let lead = lead.load(Ordering::SeqCst);
    // One more is in the model's hands, and one in the node's.
    assert!((256..=AHEAD + 2).contains(&lead), "the model was {lead} chunks ahead");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_while_the_run_waits_for_it_ends_the_run() {
    // The model has said all, and the node waits until the host has heard it, when the first handler fails.
    let model = ScriptedModel::new(vec![vec![text("A"), chunk([])]]);
    let handler = {
        let read = Arc::clone(&model.read);
        move |_| {
            let read = Arc::clone(&read);
            async move {
                while read.load(Ordering::SeqCst) < 2 {
                    tokio::task::yield_now().await;
                }
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                Err("no".into())
            }
        }
    };
    let runtime = AgentRuntime::builder("run-1", agent(&model, Vec::new()))
        .sink(EventHandlerRegistry::new().on_async(EventName::RunStep, handler))
        .create()
        .unwrap();
    let outcome = timeout(FOR_EVER, ask(&runtime)).await.expect("the run ends");
    assert_eq!(outcome.unwrap_err().to_string(), "no");
}

/// Runs with a handler that cancels the run and never returns; says how long the run took to end.
async fn never_returns(name: EventName, answers: Vec<Vec<Say>>) -> Duration {
    let model = ScriptedModel::new(answers);
    let cancel = CancellationToken::new();
    let handler = {
        let cancel = cancel.clone();
        move |_| {
            cancel.cancel();
            std::future::pending()
        }
    };
    let runtime = AgentRuntime::builder("run-1", agent(&model, weather_and_clock()))
        .sink(EventHandlerRegistry::new().on_async(name, handler))
        .create()
        .unwrap();
    let options = CallOptions { cancel, ..CallOptions::default() };
    let begun = Instant::now();
    let run = runtime.process_stream(vec![Message::human("Hi")], options);
    let outcome = timeout(FOR_EVER, run).await.expect("the run ends");
    assert!(matches!(outcome, Err(AgentError::Cancelled)), "{name}: {outcome:?}");
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_never_returns_delays_the_end_of_a_cancelled_run_and_no_more() {
    let call_then_text = || vec![vec![text("A"), call(0, "c1", "clock", "{}")], vec![text("B")]];
    for name in [
        EventName::ChatModelStart,
        EventName::RunStep,
        EventName::MessageDelta,
        EventName::ChatModelEnd,
        EventName::ToolStart,
        EventName::RunStepCompleted,
        EventName::RunStepClosed,
    ] {
        let took = never_returns(name, call_then_text()).await;
        assert!((4..=10).contains(&took.as_secs()), "{name}: {took:?}");
    }
    // More than the queue holds: the node waits at its end.
    let long = vec![(0..2000).map(|_| text("x")).collect()];
    let took = never_returns(EventName::MessageDelta, long).await;
    assert!((4..=10).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_returns_late_after_the_cancellation_is_awaited() {
    let model = ScriptedModel::new(vec![vec![text("A"), Say::Hang]]);
    let cancel = CancellationToken::new();
    let finished = Arc::new(AtomicUsize::new(0));
    let handler = {
        let (cancel, finished) = (cancel.clone(), Arc::clone(&finished));
        move |_| {
            let (cancel, finished) = (cancel.clone(), Arc::clone(&finished));
            async move {
                cancel.cancel();
                tokio::time::sleep(Duration::from_secs(2)).await;
                finished.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        }
    };
    let heard = crate::host::Heard::default();
    let runtime = AgentRuntime::builder("run-1", agent(&model, Vec::new()))
        .sink(heard.handlers().on_async(EventName::MessageDelta, handler))
        .create()
        .unwrap();
    let options = CallOptions { cancel, ..CallOptions::default() };
    let outcome = runtime.process_stream(vec![Message::human("Hi")], options).await;
    assert!(matches!(outcome, Err(AgentError::Cancelled)));
    assert_eq!(finished.load(Ordering::SeqCst), 1);
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"A"), C(0,cancelled)"#);
}

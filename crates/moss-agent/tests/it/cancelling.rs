//! What is told of a run that the host cancels.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use moss_agent::{AgentError, AgentRuntime, CallOptions, RunOutcome, Tool};
use moss_protocol::{EventName, Message, StepStatus};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::host::{Heard, agent, builder, tool};
use crate::model::{Counted, Say, ScriptedModel, call, text};

fn start<'a>(
    runtime: &'a AgentRuntime,
    cancel: &CancellationToken,
) -> impl Future<Output = Result<RunOutcome, AgentError>> + use<'a> {
    let options = CallOptions { cancel: cancel.clone(), ..CallOptions::default() };
    runtime.process_stream(vec![Message::human("Hi")], options)
}

fn assert_cancelled(outcome: &Result<RunOutcome, AgentError>) {
    let error = outcome.as_ref().unwrap_err();
    assert!(matches!(error, AgentError::Cancelled), "{error:?}");
    assert_eq!(
        (error.to_string().as_str(), error.code().as_str()),
        ("This operation was aborted", "CANCELLED")
    );
}

#[tokio::test]
async fn before_it_starts_nothing_happens() {
    let model = ScriptedModel::new(Vec::new());
    let heard = Heard::default();
    let runtime = builder(agent(&model, Vec::new()), &heard).create().unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_cancelled(&start(&runtime, &cancel).await);
    assert_eq!((heard.text().as_str(), model.calls()), ("", 0));
}

/// Cancels from the handler of the first delta, while more of the answer waits.
async fn cancel_while_streaming(rest: Vec<Say>) -> (Arc<ScriptedModel>, Heard, AgentRuntime) {
    let answer = ["A", "B", "C"].map(text).into_iter().chain(rest).collect();
    let model = ScriptedModel::new(vec![answer]);
    let heard = Heard::default();
    let cancel = CancellationToken::new();
    let handlers = heard.handlers().on(EventName::MessageDelta, {
        let cancel = cancel.clone();
        move |_| {
            cancel.cancel();
            Ok(())
        }
    });
    let runtime =
        AgentRuntime::builder("run-1", agent(&model, Vec::new())).sink(handlers).create().unwrap();
    let run = timeout(Duration::from_secs(600), start(&runtime, &cancel));
    assert_cancelled(&run.await.expect("the run ends"));
    (model, heard, runtime)
}

#[tokio::test(start_paused = true)]
async fn while_it_streams_later_deltas_are_dropped_and_the_step_is_cancelled() {
    // Where the model had said all before the host heard of it, its end is told: it has the usage.
    for (rest, end) in [(vec![Say::Hang], ""), (Vec::new(), "me, ")] {
        let (model, heard, runtime) = cancel_while_streaming(rest).await;
        assert_eq!(heard.text(), format!(r#"ms, S(0,text), Δ(0,"A"), {end}C(0,cancelled)"#));
        assert_eq!(model.dropped.load(Ordering::SeqCst), 1, "the model's stream is gone");
        assert!(runtime.execution_graph().run_messages().is_empty());
        assert!(runtime.execution_graph().content_parts().is_empty());
        let steps = runtime.execution_graph().run_steps();
        let ends: Vec<StepStatus> = steps.iter().map(|step| step.status).collect();
        assert_eq!(ends, [StepStatus::Cancelled]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_does_not_heed_the_cancellation_is_dropped() {
    let (model, heard, _) = cancel_while_streaming(vec![Say::Deaf]).await;
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"A"), C(0,cancelled)"#);
    assert_eq!(model.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn while_it_waits_for_the_model() {
    let gate = Arc::new(Notify::new());
    let model = ScriptedModel::new(vec![vec![Say::Gate(gate)]]);
    let heard = Heard::default();
    let cancel = CancellationToken::new();
    let handlers = heard.handlers().on(EventName::ChatModelStart, {
        let cancel = cancel.clone();
        move |_| {
            cancel.cancel();
            Ok(())
        }
    });
    let runtime =
        AgentRuntime::builder("run-1", agent(&model, Vec::new())).sink(handlers).create().unwrap();
    assert_cancelled(&start(&runtime, &cancel).await);
    assert_eq!(heard.text(), "ms");
}

/// A tool that says that it has begun, and never returns.
fn hanging(begun: &Arc<Notify>, dropped: &Counted) -> Arc<dyn Tool> {
    let (begun, dropped) = (Arc::clone(begun), Arc::clone(&dropped.0));
    tool("hang", move |_| {
        let (begun, guard) = (Arc::clone(&begun), Counted(Arc::clone(&dropped)));
        async move {
            let _guard = guard;
            begun.notify_one();
            std::future::pending().await
        }
    })
}

#[tokio::test]
async fn in_a_tool_the_call_is_answered_and_its_step_ends() {
    let begun = Arc::new(Notify::new());
    let dropped = Counted(Arc::default());
    let calls = vec![call(0, "c1", "hang", "{}"), call(1, "c2", "clock", "{}")];
    let model = ScriptedModel::new(vec![calls]);
    let clock = tool("clock", |_| async { Ok("12:00".into()) });
    let heard = Heard::default();
    let tools = vec![hanging(&begun, &dropped), clock];
    let runtime = builder(agent(&model, tools), &heard).create().unwrap();
    let cancel = CancellationToken::new();
    let (outcome, ()) = tokio::join!(start(&runtime, &cancel), async {
        begun.notified().await;
        cancel.cancel();
    });
    assert_cancelled(&outcome);
    assert_eq!(dropped.0.load(Ordering::SeqCst), 1, "the tool is gone");
    assert_eq!(
        heard.text().split_once("me, ").unwrap().1,
        r#"ts({}), ts({}), te(clock), done(1,"Error processing tool: This operation was aborted"), C(1), done(0,"12:00"), C(2)"#
    );
    assert!(runtime.execution_graph().run_messages().is_empty());
}

#[tokio::test]
async fn a_run_that_is_dropped_takes_the_model_and_the_tools_with_it() {
    let begun = Arc::new(Notify::new());
    let dropped = Counted(Arc::default());
    let model = ScriptedModel::new(vec![vec![call(0, "c1", "hang", "{}")]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, vec![hanging(&begun, &dropped)]), &heard).create().unwrap();
    let cancel = CancellationToken::new();
    tokio::select! {
        outcome = start(&runtime, &cancel) => panic!("{outcome:?}"),
        () = begun.notified() => {}
    }
    // Whatever was spawned has its turn to go.
    while dropped.0.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!cancel.is_cancelled(), "the host's token is the host's");
}

//! Handlers of the host: when they are called, and what comes of one that fails.

use std::sync::{Arc, Mutex};

use moss_agent::{AgentError, AgentRuntime, EventHandlerRegistry, HandlerError};
use moss_protocol::{EventName, GraphEvent, StepStatus};
use serde_json::json;

use crate::host::{Heard, agent, ask, tool, weather_and_clock};
use crate::model::{ScriptedModel, call, text};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host said no")]
struct No;

fn clock_then_text() -> Arc<ScriptedModel> {
    let first = vec![text("See:"), call(0, "c1", "clock", "{}")];
    ScriptedModel::new(vec![first, vec![text("Noon.")]])
}

const WHOLE: &str = r#"ms, S(0,text), Δ(0,"See:"), C(0), S(1,clock {}), D(1,clock{}), me, ts({}), te(clock), done(0,"12:00"), C(1), ms, S(2,text), Δ(2,"Noon."), me, C(2)"#;

/// Runs with handlers that note everything and then do what `handlers` adds.
async fn run_with(
    handlers: impl FnOnce(EventHandlerRegistry) -> EventHandlerRegistry,
) -> (String, Result<moss_agent::RunOutcome, AgentError>) {
    let heard = Heard::default();
    let runtime = AgentRuntime::builder("run-1", agent(&clock_then_text(), weather_and_clock()))
        .sink(handlers(heard.handlers()))
        .create()
        .unwrap();
    let outcome = ask(&runtime).await;
    (heard.text(), outcome)
}

#[tokio::test]
async fn a_failing_handler_fails_the_run_with_its_own_error_and_ends_what_the_host_has_seen() {
    let cases = [
        (EventName::ChatModelStart, "ms"),
        (EventName::RunStep, "ms, S(0,text), C(0,failed)"),
        (EventName::MessageDelta, r#"ms, S(0,text), Δ(0,"See:"), C(0,failed)"#),
        (
            EventName::RunStepDelta,
            r#"ms, S(0,text), Δ(0,"See:"), C(0), S(1,clock {}), D(1,clock{}), C(1,failed)"#,
        ),
        (
            EventName::ChatModelEnd,
            r#"ms, S(0,text), Δ(0,"See:"), C(0), S(1,clock {}), D(1,clock{}), me, C(1,failed)"#,
        ),
        (
            EventName::ToolStart,
            r#"ms, S(0,text), Δ(0,"See:"), C(0), S(1,clock {}), D(1,clock{}), me, ts({}), C(1,failed)"#,
        ),
        (
            EventName::ToolEnd,
            r#"ms, S(0,text), Δ(0,"See:"), C(0), S(1,clock {}), D(1,clock{}), me, ts({}), te(clock), C(1,failed)"#,
        ),
    ];
    for (name, order) in cases {
        for awaited in [false, true] {
            let (heard, outcome) = run_with(|handlers| {
                if awaited {
                    handlers.on_async(name, |_| async {
                        tokio::task::yield_now().await;
                        Err(No.into())
                    })
                } else {
                    handlers.on(name, |_| Err(No.into()))
                }
            })
            .await;
            assert_eq!(heard, order, "{name}, awaited: {awaited}");
            let error = outcome.unwrap_err();
            assert_eq!(
                (error.to_string().as_str(), error.code().as_str()),
                ("the host said no", "HANDLER_FAILED")
            );
            let AgentError::Handler(error) = error else { panic!("{error:?}") };
            assert_eq!(*error.downcast::<No>().unwrap(), No, "the very error");
        }
    }
}

#[tokio::test]
async fn a_failing_handler_of_an_end_or_a_completion_fails_nothing() {
    for name in [EventName::RunStepClosed, EventName::RunStepCompleted] {
        let (heard, outcome) = run_with(|handlers| handlers.on(name, |_| Err(No.into()))).await;
        assert_eq!(heard, WHOLE, "{name}");
        outcome.unwrap();
    }
}

#[tokio::test]
async fn a_failing_handler_of_a_log_fails_nothing() {
    let quiet = tool("clock", |_| async { Ok(moss_agent::ToolOutput::from_json(json!(null))) });
    let heard = Heard::default();
    let runtime = AgentRuntime::builder("run-1", agent(&clock_then_text(), vec![quiet]))
        .sink(heard.handlers().on(EventName::AgentLog, |_| Err(No.into())))
        .create()
        .unwrap();
    ask(&runtime).await.unwrap();
    assert!(heard.text().contains("log(Warn") && heard.text().ends_with("me, C(2)"));
}

#[tokio::test]
async fn a_handler_that_panics_has_failed() {
    let (heard, outcome) =
        run_with(|handlers| handlers.on(EventName::MessageDelta, |_| panic!("oh"))).await;
    assert_eq!(heard, r#"ms, S(0,text), Δ(0,"See:"), C(0,failed)"#);
    assert_eq!(outcome.unwrap_err().to_string(), "the event handler panicked");
    let (_, outcome) =
        run_with(|handlers| handlers.on_async(EventName::RunStep, |_| async { panic!("oh") }))
            .await;
    assert_eq!(outcome.unwrap_err().to_string(), "the event handler panicked");
    let (heard, outcome) =
        run_with(|handlers| handlers.on(EventName::RunStepClosed, |_| panic!("oh"))).await;
    assert_eq!(heard, WHOLE);
    outcome.unwrap();
}

#[tokio::test]
async fn each_handler_is_awaited_before_the_next_event() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let note = |text: String| log.lock().unwrap().push(text);
    let slow = {
        let log = Arc::clone(&log);
        move |event: moss_agent::RunEvent| {
            let log = Arc::clone(&log);
            async move {
                let name = event.event.name();
                log.lock().unwrap().push(format!("{name} begins"));
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                log.lock().unwrap().push(format!("{name} ends"));
                Ok::<(), HandlerError>(())
            }
        }
    };
    let quick = {
        let log = Arc::clone(&log);
        move |event: &moss_agent::RunEvent| {
            log.lock().unwrap().push(event.event.name().to_string());
            Ok(())
        }
    };
    note("start".to_owned());
    let model = ScriptedModel::new(vec![vec![text("A"), text("B")]]);
    let handlers = EventHandlerRegistry::new()
        .on_async(EventName::MessageDelta, slow)
        .on(EventName::RunStep, quick.clone())
        .on(EventName::RunStepClosed, quick);
    let runtime =
        AgentRuntime::builder("run-1", agent(&model, Vec::new())).sink(handlers).create().unwrap();
    ask(&runtime).await.unwrap();
    assert_eq!(
        *log.lock().unwrap(),
        [
            "start",
            "on_run_step",
            "on_message_delta begins",
            "on_message_delta ends",
            "on_message_delta begins",
            "on_message_delta ends",
            "on_run_step_closed",
        ]
    );
}

#[tokio::test]
async fn without_any_handler_a_run_is_the_same() {
    let model = clock_then_text();
    let runtime =
        AgentRuntime::builder("run-1", agent(&model, weather_and_clock())).create().unwrap();
    let outcome = ask(&runtime).await.unwrap();
    assert_eq!(outcome.answer().as_deref(), Some("Noon."));
    let steps = runtime.execution_graph().run_steps();
    assert_eq!(steps.len(), 3);
    assert!(steps.iter().all(|step| step.status == StepStatus::Completed));
}

#[tokio::test]
async fn a_handler_of_the_model_s_end_may_refuse_its_calls_before_a_tool_runs() {
    let called = Arc::new(Mutex::new(0));
    let counting = Arc::clone(&called);
    let clock = tool("clock", move |_| {
        *counting.lock().unwrap() += 1;
        async { Ok("12:00".into()) }
    });
    let runtime = AgentRuntime::builder("run-1", agent(&clock_then_text(), vec![clock]))
        .sink(EventHandlerRegistry::new().on_async(EventName::ChatModelEnd, |event| async move {
            tokio::task::yield_now().await;
            match event.event {
                GraphEvent::ChatModelEnd(_) => Err(No.into()),
                _ => Ok(()),
            }
        }))
        .create()
        .unwrap();
    ask(&runtime).await.unwrap_err();
    assert_eq!(*called.lock().unwrap(), 0);
}

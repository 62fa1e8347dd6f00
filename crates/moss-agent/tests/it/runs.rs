//! Runs one after the other, what is left of them, and what goes with their events.

use std::sync::Arc;

use moss_agent::{AgentError, CallOptions, RunOutcome};
use moss_protocol::{EventName, Message, RunId, StepKind};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::host::{Heard, agent, ask, builder, weather_and_clock};
use crate::model::{Say, ScriptedModel, call, end, text};

#[tokio::test]
async fn a_second_run_while_one_goes_on_is_refused() {
    let gate = Arc::new(Notify::new());
    let answer = vec![text("A"), Say::Gate(Arc::clone(&gate)), text("B")];
    let model = ScriptedModel::new(vec![answer]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, Vec::new()), &heard).create().unwrap();
    let (first, ()) = tokio::join!(ask(&runtime), async {
        let error = ask(&runtime).await.unwrap_err();
        assert!(matches!(error, AgentError::Busy { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "run `run-1` is still going on. Await it before the next one, or create another runtime"
        );
        gate.notify_one();
    });
    assert_eq!(first.unwrap().answer().as_deref(), Some("AB"));
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"A"), Δ(0,"B"), me, C(0)"#);
}

const FIRST: &str = r#"ms, S(0,text), Δ(0,"A"), me, C(0)"#;

#[tokio::test]
async fn runs_one_after_the_other_begin_anew() {
    let model = ScriptedModel::new(vec![vec![text("A")], vec![text("B")]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, Vec::new()), &heard).create().unwrap();
    ask(&runtime).await.unwrap();
    ask(&runtime).await.unwrap();
    assert_eq!(heard.text(), format!(r#"{FIRST}, ms, S(0,text), Δ(0,"B"), me, C(0)"#));
    assert_eq!(runtime.execution_graph().run_steps().len(), 1);
    runtime.reset();
    assert!(runtime.execution_graph().run_steps().is_empty());
    assert!(runtime.execution_graph().content_parts().is_empty());
}

#[tokio::test]
async fn content_that_is_kept_goes_on() {
    let model = ScriptedModel::new(vec![vec![text("A")], vec![text("B")]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, Vec::new()), &heard).create().unwrap();
    ask(&runtime).await.unwrap();
    let options = CallOptions { keep_content: true, ..CallOptions::default() };
    let history = vec![Message::human("Hi"), Message::ai("A"), Message::human("And?")];
    let outcome = runtime.process_stream(history, options).await.unwrap();
    assert_eq!(heard.text(), format!(r#"{FIRST}, ms, S(1,text), Δ(1,"B"), me, C(1)"#));
    assert_eq!(outcome.messages.len(), 1, "the messages of this run alone");
    assert_eq!(runtime.execution_graph().run_steps().len(), 2);
}

#[tokio::test]
async fn what_is_left_of_a_run() {
    let model = ScriptedModel::new(vec![
        vec![text("See:"), call(0, "c1", "clock", "{}"), end()],
        vec![text("Noon."), end()],
    ]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, weather_and_clock()), &heard).create().unwrap();
    let RunOutcome { messages, content } = ask(&runtime).await.unwrap();
    let left = runtime.execution_graph();
    assert_eq!((left.run_messages(), left.content_parts()), (messages.clone(), content));
    let said: Vec<String> = messages.iter().map(|message| message.content().text()).collect();
    assert_eq!(said, ["See:", "12:00", "Noon."], "without what the run began with");
    let kinds: Vec<StepKind> = left.run_steps().iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::MessageCreation, StepKind::ToolCalls, StepKind::MessageCreation]);
}

/// How a run with this limit ends whose model calls a tool twice before it answers.
async fn limited(limit: u64) -> (String, Result<RunOutcome, AgentError>, usize) {
    let clock = |id: &str| vec![call(0, id, "clock", "{}")];
    let model = ScriptedModel::new(vec![clock("c1"), clock("c2"), vec![text("Noon.")]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, weather_and_clock()), &heard).create().unwrap();
    let options = CallOptions { recursion_limit: limit, ..CallOptions::default() };
    let outcome = runtime.process_stream(vec![Message::human("Hi")], options).await;
    (heard.text(), outcome, model.calls())
}

#[tokio::test]
async fn the_recursion_limit_is_exact() {
    let (_, outcome, _) = limited(5).await;
    outcome.unwrap();
    for limit in 1..5 {
        let (order, outcome, calls) = limited(limit).await;
        let error = outcome.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "Recursion limit of {limit} reached without hitting a stop condition. You can increase the limit by setting the \"recursionLimit\" config key."
            )
        );
        assert_eq!(error.code().as_str(), "GRAPH_RECURSION_LIMIT");
        let model_calls = if limit >= 3 { 2 } else { 1 };
        assert_eq!(calls, model_calls, "model calls at a limit of {limit}");
        let end = match limit {
            // The tools were not called any more.
            1 => "me, C(1,failed)",
            3 => "me, C(3,failed)",
            // The model was not asked any more.
            2 => r#"done(0,"12:00"), C(1)"#,
            _ => r#"done(1,"12:00"), C(3)"#,
        };
        assert!(order.ends_with(end), "at a limit of {limit}: {order}");
    }
}

#[tokio::test]
async fn events_are_numbered_and_say_where_they_come_from() {
    let model = ScriptedModel::new(vec![vec![call(0, "c1", "clock", "{}")], vec![text("Noon.")]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, weather_and_clock()), &heard).create().unwrap();
    let object = |value: Value| value.as_object().unwrap().clone();
    let options = CallOptions {
        configurable: object(json!({
            "thread_id": "t", "user_id": 7, "on": true, "__pregel": "x", "none": null,
            "list": [1], "object": {"secret": 1}, "run_id": "not this one",
        })),
        metadata: object(json!({"trace": {"id": 1}, "user_id": 8})),
        ..CallOptions::default()
    };
    runtime.process_stream(vec![Message::human("Hi")], options).await.unwrap();
    let events = heard.events();
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    let expected = |node: &str, step: u64| {
        object(json!({
            "thread_id": "t", "user_id": 8, "on": true, "run_id": "run-1", "trace": {"id": 1},
            "ls_provider": "openAI", "ls_model_name": "scripted", "ls_model_type": "chat",
            "langgraph_node": node, "langgraph_step": step,
        }))
    };
    let of = |name: EventName| {
        let events = events.iter().filter(move |event| event.event.name() == name);
        events.map(|event| event.metadata.as_ref().clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(EventName::ChatModelEnd), [expected("agent=a", 1), expected("agent=a", 3)]);
    assert_eq!(of(EventName::ToolEnd), [expected("tools=a", 2)]);
    let record = events[0].clone().into_record(RunId::new("run-1").unwrap());
    assert_eq!((record.v, record.seq, record.event), (1, 1, events[0].event.clone()));
}

#[tokio::test]
async fn the_model_is_sent_the_instructions_the_conversation_and_the_tools() {
    let model = ScriptedModel::new(vec![vec![text("A")]]);
    let agent = agent(&model, weather_and_clock()).instructions("Be brief.");
    let runtime = builder(agent, &Heard::default()).create().unwrap();
    let history = vec![Message::human("Hi"), Message::ai("Hello"), Message::human("And?")];
    let outcome = runtime.process_stream(history.clone(), CallOptions::default()).await.unwrap();
    let asked = model.asked.lock().unwrap();
    let sent: Vec<Message> =
        asked[0].messages.iter().map(|message| message.as_ref().clone()).collect();
    assert_eq!(sent, [vec![Message::system("Be brief.")], history].concat());
    let tools: Vec<&str> = asked[0].tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools, ["get_weather", "clock"]);
    assert_eq!(outcome.messages.len(), 1);
}

//! What comes of the model's tool calls.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use moss_agent::{Agent, AgentError, CallOptions, Tool, ToolError, ToolInvocation, ToolOutput};
use moss_protocol::{Content, ContentPart, Message, ToolDefinition, ToolStatus};
use serde_json::json;
use tokio::sync::Notify;

use crate::host::{Heard, agent, ask, asked, builder, json_of, tool, weather_and_clock};
use crate::model::{ScriptedModel, call, text};

const OSLO: &str = r#"{"city":"Oslo"}"#;

/// What the model is told of the calls of its first answer.
fn told(model: &ScriptedModel) -> Vec<(String, Option<ToolStatus>)> {
    let asked = model.asked.lock().unwrap();
    let messages = asked.last().unwrap().messages.iter();
    let tools = messages.filter_map(|message| match message.as_ref() {
        Message::Tool(message) => Some((message.content.text(), message.status)),
        _ => None,
    });
    tools.collect()
}

/// The events between the model's first end and its second start, and what it is told.
async fn one_call(tools: Vec<Arc<dyn Tool>>, name: &str, args: &str) -> (String, String) {
    let model = ScriptedModel::new(vec![vec![call(0, "c1", name, args)], vec![text("ok")]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, tools), &heard).create().unwrap();
    ask(&runtime).await.unwrap();
    let order = heard.text();
    let between = order.split_once("me, ").unwrap().1.split_once(", ms").unwrap().0.to_owned();
    let [(text, status)] = told(&model).try_into().unwrap();
    let failed = between.contains("Error processing tool: ");
    assert_eq!(status, Some(if failed { ToolStatus::Error } else { ToolStatus::Success }));
    (between, text)
}

#[tokio::test]
async fn a_tool_that_fails_is_told_the_host_and_the_model_in_two_sentences() {
    let bad = tool("bad", |_| async { Err(ToolError::failed("boom")) });
    let (events, model_is_told) = one_call(vec![bad], "bad", "{}").await;
    assert_eq!(events, r#"ts({}), done(1,"Error processing tool: boom"), C(1)"#);
    assert_eq!(model_is_told, "Error: boom\n Please fix your mistakes.");
}

#[tokio::test]
async fn a_tool_that_does_not_exist_is_not_started() {
    let (events, model_is_told) = one_call(weather_and_clock(), "nope", "{}").await;
    assert_eq!(events, r#"done(1,"Error processing tool: Tool \"nope\" not found."), C(1)"#);
    assert_eq!(model_is_told, "Error: Tool \"nope\" not found.\n Please fix your mistakes.");
    let (events, _) = one_call(weather_and_clock(), "get_wether", "{}").await;
    assert_eq!(
        events,
        r#"done(1,"Error processing tool: Tool \"get_wether\" not found. Did you mean \"get_weather\"?"), C(1)"#
    );
}

#[tokio::test]
async fn arguments_that_are_no_object_are_refused_as_the_model_wrote_them() {
    let model = ScriptedModel::new(vec![vec![call(0, "c1", "clock", "{\"a\":")], vec![text("ok")]]);
    let (heard, outcome) = asked(&model).await;
    outcome.unwrap();
    assert_eq!(
        heard.text(),
        r#"ms, S(0,-), C(0), S(1,clock {}), D(1,clock{"a":), me, done(1,"Error processing tool: the arguments of tool \"clock\" are not a JSON object: EOF while parsing a value at line 1 column 5"), C(1), ms, S(2,text), Δ(2,"ok"), me, C(2)"#
    );
    assert_eq!(json_of(&heard.parts())[1]["tool_call"]["args"], "{\"a\":");
    let (events, _) = one_call(weather_and_clock(), "clock", "[1]").await;
    assert!(events.contains("are not a JSON object: invalid type: sequence"), "{events}");
}

#[tokio::test]
async fn arguments_that_do_not_fit_the_schema_are_refused() {
    let (events, model_is_told) = one_call(weather_and_clock(), "get_weather", "{}").await;
    assert_eq!(
        events,
        r#"ts({}), done(1,"Error processing tool: the arguments of tool \"get_weather\" do not fit its schema: \"city\" is a required property"), C(1)"#
    );
    assert!(model_is_told.contains("\"city\" is a required property"));
    let (_, model_is_told) = one_call(weather_and_clock(), "get_weather", r#"{"city":7}"#).await;
    assert!(model_is_told.contains("7 is not of type \"string\" (at /city)"), "{model_is_told}");
}

#[tokio::test]
async fn a_tool_that_panics_fails_and_the_run_goes_on() {
    let bad = tool("bad", |_| async { panic!("not for the model") });
    let (events, model_is_told) = one_call(vec![bad], "bad", "{}").await;
    assert_eq!(
        events,
        r#"ts({}), done(1,"Error processing tool: Tool \"bad\" failed unexpectedly"), C(1)"#
    );
    assert!(!model_is_told.contains("not for the model"));
}

#[tokio::test]
async fn a_tool_that_returns_nothing_is_answered_for_with_a_warning() {
    let quiet = tool("quiet", |_| async { Ok(ToolOutput::from_json(json!(null))) });
    let (events, model_is_told) = one_call(vec![quiet], "quiet", "{}").await;
    assert_eq!(
        events,
        r#"ts({}), log(Warn,"Tool \"quiet\" returned nothing. The model is told so; return text for it to go on with."), te(quiet), done(0,"Tool \"quiet\" returned nothing."), C(1)"#
    );
    assert_eq!(model_is_told, "Tool \"quiet\" returned nothing.");
}

#[tokio::test]
async fn what_a_tool_returns_is_told_as_text() {
    let data = tool("data", |_| async { Ok(ToolOutput::from_json(json!({"z": 1, "a": [2]}))) });
    let (_, model_is_told) = one_call(vec![data], "data", "{}").await;
    assert_eq!(model_is_told, r#"{"z":1,"a":[2]}"#);
    let parts = tool("parts", |_| async {
        let content = Content::from(vec![ContentPart::text("seen")]);
        Ok(ToolOutput::new(content).with_artifact(json!(7)))
    });
    let (events, _) = one_call(vec![parts], "parts", "{}").await;
    assert_eq!(
        events,
        r#"ts({}), te(parts), done(0,"[{\"type\":\"text\",\"text\":\"seen\"}]"), C(1)"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_takes_too_long_is_given_up() {
    let slow = tool("slow", |_| std::future::pending());
    let model = ScriptedModel::new(vec![vec![call(0, "c1", "slow", "{}")], vec![text("ok")]]);
    let heard = Heard::default();
    let agent = agent(&model, vec![slow]).tool_timeout(Some(Duration::from_millis(1500)));
    let runtime = builder(agent, &heard).create().unwrap();
    ask(&runtime).await.unwrap();
    let sentence =
        r#"done(1,"Error processing tool: Tool \"slow\" did not answer within 1500 ms"), C(1)"#;
    assert!(heard.text().contains(sentence), "{}", heard.text());
}

#[tokio::test]
async fn failures_are_told_at_once_and_answers_when_all_are_there_in_the_order_of_the_calls() {
    // `first` returns after `second` has, and `bad` fails before both.
    let (second_is_done, bad_is_done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let first = tool("first", {
        let gate = Arc::clone(&second_is_done);
        move |_| {
            let gate = Arc::clone(&gate);
            async move {
                gate.notified().await;
                Ok("1".into())
            }
        }
    });
    let second = tool("second", {
        let (wait, tell) = (Arc::clone(&bad_is_done), Arc::clone(&second_is_done));
        move |_| {
            let (wait, tell) = (Arc::clone(&wait), Arc::clone(&tell));
            async move {
                wait.notified().await;
                tell.notify_one();
                Ok("2".into())
            }
        }
    });
    let bad = tool("bad", move |_| {
        bad_is_done.notify_one();
        async { Err(ToolError::failed("boom")) }
    });
    let calls = vec![
        call(0, "c1", "first", "{}"),
        call(1, "c2", "second", "{}"),
        call(2, "c3", "bad", "{}"),
    ];
    let model = ScriptedModel::new(vec![calls, vec![text("ok")]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, vec![first, second, bad]), &heard).create().unwrap();
    ask(&runtime).await.unwrap();
    let order = heard.text();
    assert_eq!(
        order.split_once("me, ").unwrap().1,
        r#"ts({}), ts({}), ts({}), done(3,"Error processing tool: boom"), C(3), te(second), te(first), done(0,"1"), C(1), done(0,"2"), C(2), ms, S(4,text), Δ(4,"ok"), me, C(4)"#
    );
    let answers: Vec<String> = told(&model).into_iter().map(|(text, _)| text).collect();
    assert_eq!(answers, ["1", "2", "Error: boom\n Please fix your mistakes."]);
}

#[tokio::test]
async fn the_index_of_an_answer_counts_the_calls_of_that_tool_over_the_run() {
    let calls = |id: &str| {
        vec![
            call(0, &format!("{id}1"), "clock", "{}"),
            call(1, &format!("{id}2"), "get_weather", OSLO),
            call(2, &format!("{id}3"), "clock", "{}"),
        ]
    };
    let model = ScriptedModel::new(vec![calls("a"), calls("b"), vec![]]);
    let (heard, _) = asked(&model).await;
    let done: Vec<String> = heard
        .text()
        .split("done(")
        .skip(1)
        .map(|rest| rest.split(',').next().unwrap().to_owned())
        .collect();
    assert_eq!(done, ["0", "0", "1", "2", "1", "3"]);
}

#[tokio::test]
async fn tool_end_ends_the_run_after_the_tools() {
    let model = ScriptedModel::new(vec![vec![text("See:"), call(0, "c1", "clock", "{}")]]);
    let heard = Heard::default();
    let agent = agent(&model, weather_and_clock()).tool_end(true);
    let runtime = builder(agent, &heard).create().unwrap();
    let outcome = ask(&runtime).await.unwrap();
    assert_eq!(
        heard.text(),
        r#"ms, S(0,text), Δ(0,"See:"), C(0), S(1,clock {}), D(1,clock{}), me, ts({}), te(clock), done(0,"12:00"), C(1)"#
    );
    assert_eq!((outcome.answer(), model.calls()), (None, 1));
}

/// Notes what it is called with.
struct Nosy(ToolDefinition, Mutex<Vec<ToolInvocation>>);

#[async_trait]
impl Tool for Nosy {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    async fn invoke(&self, invocation: ToolInvocation) -> Result<ToolOutput, ToolError> {
        self.1.lock().unwrap().push(invocation);
        Ok("seen".into())
    }

    fn checks_arguments(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_tool_is_given_its_call_its_step_and_what_the_host_passed() {
    let schema = json!({"type": "object", "required": ["never"]});
    let nosy = Arc::new(Nosy(ToolDefinition::new("nosy", "", schema), Mutex::default()));
    let calls = vec![call(0, "c1", "nosy", "{\"a\":1}"), call(1, "c2", "nosy", "{}")];
    let model = ScriptedModel::new(vec![calls, vec![]]);
    let heard = Heard::default();
    let runtime = builder(agent(&model, vec![Arc::clone(&nosy) as _]), &heard).create().unwrap();
    let configurable = json!({"user_id": "u1", "files": [1]}).as_object().unwrap().clone();
    let options = CallOptions { configurable: configurable.clone(), ..CallOptions::default() };
    runtime.process_stream(vec![Message::human("Hi")], options).await.unwrap();
    let seen = nosy.1.lock().unwrap();
    let steps = runtime.execution_graph().run_steps();
    assert_eq!(seen.iter().map(|call| call.turn).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((&seen[0].step_id, &seen[1].step_id), (&steps[1].id, &steps[2].id));
    assert_eq!(
        json!(seen[0].call),
        json!({"name": "nosy", "args": {"a": 1}, "id": "c1", "type": "tool_call"})
    );
    assert_eq!(*seen[0].configurable, configurable);
    assert_eq!(seen[0].metadata["langgraph_node"], "tools=a");
    assert!(seen[0].cancel.is_cancelled(), "what a tool handed on ends with its call");
}

#[test]
fn tools_that_cannot_be_told_apart_or_checked_are_refused() {
    let model = ScriptedModel::new(Vec::new());
    let with = |tools: Vec<Arc<dyn Tool>>| {
        Agent::new("a", Arc::clone(&model) as _).tools(tools).unwrap_err()
    };
    let clock = || tool("clock", |_| async { Ok("".into()) });
    let error = with(vec![clock(), clock()]);
    assert_eq!(error.code().as_str(), "DUPLICATE_TOOL");
    assert!(error.to_string().starts_with("two tools are named `clock`"));
    assert_eq!(with(vec![tool("", |_| async { Ok("".into()) })]).code().as_str(), "INVALID_TOOL");
    let broken = Arc::new(moss_agent::FunctionTool::new(
        ToolDefinition::new("broken", "", json!({"type": "no such type"})),
        |_| async { Ok("".into()) },
    ));
    let error = with(vec![broken]);
    assert!(matches!(&error, AgentError::InvalidToolSchema { tool, .. } if tool == "broken"));
    assert!(error.to_string().starts_with("the schema of tool `broken` is no JSON Schema: "));
}

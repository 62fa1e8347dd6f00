//! Commands as the input of a run.

use moss_graph::json::{JsonState, JsonUpdate, json_node};
use moss_graph::{
    Answers, Command, Ending, GraphErrorCode, Input, NodeError, RunOptions, START, SendTo,
    StateGraph,
};
use serde_json::{Value, json};

use super::support::{fields, log_of, start, thread_of};

fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

/// `ask` writes what it sees and is answered; `other` is reached by commands only.
fn graph() -> StateGraph<JsonState> {
    let ask = json_node(|state: Value, context| async move {
        let answer = context.interrupt("?")?;
        Ok::<_, NodeError>(json!({ "log": [format!("{} {answer}", state["last"])] }))
    });
    let other = json_node(|state: Value, _| async move {
        Ok::<_, NodeError>(json!({ "log": [format!("other {}", state["last"])] }))
    });
    StateGraph::new()
        .node_with("ask", ask, moss_graph::NodeOptions::new().ends(["other"]))
        .node("other", other)
        .edge(START, "ask")
}

fn command(command: Command<JsonState>, answers: Option<Answers>) -> Input<JsonState> {
    Input::Command { command, answers }
}

#[tokio::test]
async fn a_command_updates_the_state_and_answers_at_once() {
    let thread = thread_of(graph());
    thread.run(start(), RunOptions::default()).await.unwrap();
    let input = command(Command::update(update(json!({ "last": 5 }))), Some(Answers::one("yes")));
    let done = thread.run(input, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "5 \"yes\""]);
    assert_eq!(done.state.get("last"), Some(json!(5)));
    let stored = thread.state().await.unwrap().unwrap();
    assert_eq!(stored.values.get("last"), Some(json!(5)));
}

#[tokio::test]
async fn a_command_is_kept_while_the_run_is_stopped_still() {
    let thread = thread_of(graph());
    thread.run(start(), RunOptions::default()).await.unwrap();
    let goto = Command::update(update(json!({ "last": 6 }))).goto("other");
    let asked = thread.run(command(goto, None), RunOptions::default()).await.unwrap();
    assert_eq!(asked.ending.interrupts().len(), 1);
    // The update and what `other` has come to are there for who looks, and for who goes on.
    let snapshot = thread.state().await.unwrap().unwrap();
    assert_eq!(snapshot.values.get("last"), Some(json!(6)));
    let done = thread.run(Input::answer(1), RunOptions::default()).await.unwrap();
    assert_eq!(done.ending, Ending::Done);
    assert_eq!(log_of(&done.state), ["in", "6 1", "other 6"]);
}

#[tokio::test]
async fn a_command_sends_to_a_node() {
    let thread = thread_of(graph());
    thread.run(start(), RunOptions::default()).await.unwrap();
    let sent = fields().initial().argument(json!({ "last": "sent" }));
    let goto = Command::new().goto(SendTo::new("other", sent));
    thread.run(command(goto, None), RunOptions::default()).await.unwrap();
    let done = thread.run(Input::answer(1), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "null 1", "other \"sent\""]);
}

#[tokio::test]
async fn a_command_that_says_nothing_is_refused() {
    let thread = thread_of(graph());
    thread.run(start(), RunOptions::default()).await.unwrap();
    let error = thread.run(command(Command::new(), None), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::EmptyInput);
}

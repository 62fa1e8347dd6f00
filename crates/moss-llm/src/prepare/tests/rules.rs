//! Each rule on the histories that it is for.

use std::sync::Arc;

use moss_protocol::Message;
use serde_json::{Value, json};

use crate::prepare::Preparation;

const PAIR: Preparation = Preparation { pair_tool_calls: true, ..NOTHING };
const FOLD: Preparation = Preparation { fold_tools: true, ..NOTHING };
const LIFT: Preparation = Preparation { lift_tool_media: true, ..NOTHING };
const EMPTY: Preparation = Preparation { drop_empty: true, ..NOTHING };
const TURNS: Preparation = Preparation { alternate: true, ..NOTHING };
const NOTHING: Preparation = Preparation {
    pair_tool_calls: false,
    fold_tools: false,
    lift_tool_media: false,
    drop_empty: false,
    alternate: false,
};

fn history(messages: &Value) -> Vec<Arc<Message>> {
    let messages = messages.as_array().unwrap().clone();
    Message::list_from_json(messages).unwrap().into_iter().map(Arc::new).collect()
}

#[track_caller]
fn becomes(rule: Preparation, before: Value, after: Value) {
    let prepared = rule.apply(&history(&before), false);
    assert_eq!(prepared, history(&after));
}

#[track_caller]
fn stays(rule: Preparation, messages: Value) {
    let messages = history(&messages);
    let prepared = rule.apply(&messages, false);
    assert_eq!(prepared, messages);
    for (before, after) in messages.iter().zip(&prepared) {
        assert!(Arc::ptr_eq(before, after), "copied: {after:?}");
    }
}

fn user(content: impl Into<Value>) -> Value {
    json!({"role": "user", "content": content.into()})
}

fn assistant(content: impl Into<Value>) -> Value {
    json!({"role": "assistant", "content": content.into()})
}

/// An assistant's message with calls of the tool `f` with these ids.
fn asks(content: impl Into<Value>, ids: &[&str]) -> Value {
    let calls: Vec<Value> =
        ids.iter().map(|id| json!({"id": id, "name": "f", "args": {"of": id}})).collect();
    json!({"role": "assistant", "content": content.into(), "tool_calls": calls})
}

fn result(id: &str, content: impl Into<Value>) -> Value {
    json!({"role": "tool", "tool_call_id": id, "name": "f", "content": content.into()})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn image() -> Value {
    json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}})
}

#[test]
fn whole_histories_are_shared() {
    let all = Preparation {
        pair_tool_calls: true,
        fold_tools: false,
        lift_tool_media: true,
        drop_empty: true,
        alternate: true,
    };
    stays(
        all,
        json!([
            {"role": "system", "content": "Be brief"},
            user("Hi"),
            asks("", &["a", "b"]),
            result("a", "1"),
            result("b", [text("2")]),
            assistant([text("So")]),
            user([text("And"), image()]),
        ]),
    );
}

#[test]
fn results_stand_behind_their_calls_in_the_calls_order() {
    becomes(
        PAIR,
        json!([
            user("Hi"),
            asks("", &["a", "b"]),
            result("b", "2"),
            user("Be quick"),
            result("a", "1"),
            assistant("Done"),
        ]),
        json!([
            user("Hi"),
            asks("", &["a", "b"]),
            result("a", "1"),
            result("b", "2"),
            user("Be quick"),
            assistant("Done"),
        ]),
    );
}

#[test]
fn what_lacks_the_other_is_left_out() {
    becomes(
        PAIR,
        json!([
            result("x", "of a call that was cut off"),
            user("Hi"),
            asks("I look", &["a", "b"]),
            result("a", "1"),
            result("a", "again"),
            result("y", "of nothing"),
            asks("", &["c"]),
            user("Stop"),
            asks("Wait", &["d"]),
        ]),
        json!([
            user("Hi"),
            asks("I look", &["a"]),
            result("a", "1"),
            user("Stop"),
            assistant("Wait"),
        ]),
    );
}

#[test]
fn a_call_with_unreadable_arguments_has_its_result_too() {
    let asks = json!({
        "role": "assistant", "content": "",
        "invalid_tool_calls": [{"id": "a", "name": "f", "args": "{oops", "error": "no JSON"}],
    });
    stays(PAIR, json!([user("Hi"), asks, result("a", "Error")]));
    becomes(PAIR, json!([user("Hi"), asks]), json!([user("Hi")]));
}

#[test]
fn reasoning_does_not_stand_alone_where_its_calls_are_gone() {
    let thinking = json!({"type": "thinking", "thinking": "Hm", "signature": "s"});
    let before = asks([thinking.clone()], &["a"]);
    becomes(PAIR, json!([user("Hi"), before]), json!([user("Hi")]));
    stays(PAIR, json!([user("Hi"), assistant([thinking])]));
}

#[test]
fn ids_that_come_again_belong_to_the_latest_call() {
    stays(
        PAIR,
        json!([
            asks("", &["0"]),
            result("0", "first"),
            asks("", &["0", "0"]),
            result("0", "second"),
            result("0", "third"),
        ]),
    );
    becomes(
        PAIR,
        json!([asks("One", &["0"]), asks("Two", &["0"]), result("0", "of two")]),
        json!([assistant("One"), asks("Two", &["0"]), result("0", "of two")]),
    );
}

#[test]
fn calls_in_the_content_follow_the_list() {
    let part = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {"of": id}});
    let google = json!({"type": "functionCall", "functionCall": {"name": "g", "args": {}}});
    becomes(
        PAIR,
        json!([asks([text("Look"), part("a"), part("b"), google], &["a", "b"]), result("b", "2"),]),
        json!([asks([text("Look"), part("b")], &["b"]), result("b", "2")]),
    );
    // A call that stands in the content alone is one as well.
    becomes(
        PAIR,
        json!([assistant([part("a")]), result("a", "1")]),
        json!([asks([part("a")], &["a"]), result("a", "1")]),
    );
}

#[test]
fn what_the_provider_runs_itself_needs_no_result() {
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search"});
    let found = json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1"});
    stays(PAIR, json!([assistant([search.clone(), found, text("So")])]));
    stays(PAIR, json!([asks([search.clone()], &["srvtoolu_1"]), user("And?")]));
    stays(PAIR, json!([assistant([search]), result("srvtoolu_1", "Found")]));
}

#[test]
fn results_may_be_parts_of_the_next_users_message() {
    let part = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "1"});
    stays(PAIR, json!([asks("", &["a"]), user([part("a"), text("And?")])]));
    becomes(
        PAIR,
        json!([asks("Look", &["a", "b"]), user([part("b"), part("x")]), user([part("a")])]),
        json!([asks("Look", &["b"]), user([part("b")])]),
    );
}

#[test]
fn tools_become_text_where_there_are_none() {
    let before = json!([
        user("Hi"),
        asks("I look", &["a", "b", "c"]),
        result("a", "1"),
        {"role": "tool", "tool_call_id": "b", "name": "f", "content": "No", "status": "error"},
        asks("", &["d"]),
        result("d", [text("See"), image()]),
    ]);
    becomes(
        FOLD,
        before.clone(),
        json!([
            user("Hi"),
            assistant("I look"),
            user(concat!(
                "The tool `f` was called with {\"of\":\"a\"} and answered:\n\n1\n\n",
                "The tool `f` was called with {\"of\":\"b\"} and failed:\n\nNo\n\n",
                "The tool `f` was called with {\"of\":\"c\"} and gave no answer."
            )),
            user([
                text("The tool `f` was called with {\"of\":\"d\"} and answered:"),
                text("See"),
                image()
            ]),
        ]),
    );
    let messages = history(&before);
    assert_eq!(FOLD.apply(&messages, true), messages);
}

#[test]
fn results_without_calls_and_calls_in_the_content_become_text() {
    let call = json!({"id": "a", "name": "f", "args": {}, "output": "1"});
    becomes(
        FOLD,
        json!([
            result("x", "0"),
            assistant([text("So"), json!({"type": "tool_call", "tool_call": call})]),
            user("And?"),
        ]),
        json!([
            user("The tool `f` was called and answered:\n\n0"),
            assistant([text("So")]),
            user("The tool `f` was called with {} and answered:\n\n1"),
            user("And?"),
        ]),
    );
}

#[test]
fn images_of_results_are_shown_by_the_user() {
    let file = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:,x"}});
    becomes(
        LIFT,
        json!([
            asks("", &["a", "b"]),
            result("a", [text("See"), image()]),
            result("b", [file.clone()]),
            assistant("So"),
        ]),
        json!([
            asks("", &["a", "b"]),
            result("a", [text("See")]),
            result("b", [text("The result is in the user's message that follows.")]),
            user([
                text("From the result of the tool `f`:"),
                image(),
                text("From the result of the tool `f`:"),
                file,
            ]),
            assistant("So"),
        ]),
    );
}

#[test]
fn what_says_nothing_is_left_out() {
    becomes(
        EMPTY,
        json!([
            {"role": "system", "content": " "},
            user([text("Hi"), text("\n"), image()]),
            assistant(""),
            user([text("")]),
            asks(" ", &["a"]),
            result("a", [text("")]),
            {"role": "assistant", "content": "", "additional_kwargs": {"refusal": "No"}},
        ]),
        json!([
            user([text("Hi"), image()]),
            asks("", &["a"]),
            result("a", ""),
            {"role": "assistant", "content": "", "additional_kwargs": {"refusal": "No"}},
        ]),
    );
}

#[test]
fn one_role_speaks_once_a_turn() {
    becomes(
        TURNS,
        json!([
            {"role": "system", "content": "A"},
            {"role": "system", "content": "B"},
            {"role": "user", "content": "One", "name": "ada", "id": "1"},
            user([text("Two"), image()]),
            {"role": "system", "content": "Mind"},
            asks("", &["a"]),
            result("a", "1"),
            {"role": "assistant", "content": "So", "additional_kwargs": {"reasoning_content": "h"}},
            {"role": "assistant", "content": "And", "additional_kwargs": {"reasoning_content": "m"}},
            user("x"),
            user("y"),
        ]),
        json!([
            {"role": "system", "content": "A\n\nB"},
            {"role": "user", "content": [text("One"), text("Two"), image(), text("Mind")],
                "name": "ada", "id": "1"},
            asks("", &["a"]),
            result("a", "1"),
            {"role": "assistant", "content": "So\n\nAnd",
                "additional_kwargs": {"reasoning_content": "h\n\nm"}},
            user("x\n\ny"),
        ]),
    );
}

#[test]
fn the_user_speaks_first() {
    becomes(
        TURNS,
        json!([{"role": "system", "content": "A"}, assistant("So"), user("And?")]),
        json!([
            {"role": "system", "content": "A"},
            user("(Earlier messages are left out.)"),
            assistant("So"),
            user("And?"),
        ]),
    );
}

//! Content from events, and from messages.

use moss_agent::{ContentAggregator, content_of_messages};
use moss_protocol::{
    AiMessage, Content, ContentPart, GraphEvent, InvalidToolCall, JsonObject, Message,
    MessageDelta, ReasoningDelta, StepId, ToolCall, ToolMessage,
};
use serde_json::{Value, json};

use crate::host::json_of;

fn event(name: &str, data: Value) -> GraphEvent {
    serde_json::from_value(json!({"event": name, "data": data})).unwrap()
}

fn step(id: &str, index: u32, details: Value) -> GraphEvent {
    let data = json!({
        "created_at": 1, "id": id, "index": index, "runId": "r", "stepIndex": 0,
        "type": details["type"], "stepDetails": details, "status": "in_progress", "usage": null,
    });
    event("on_run_step", data)
}

fn message_step(id: &str, index: u32) -> GraphEvent {
    let creation = json!({"message_id": "m"});
    step(id, index, json!({"type": "message_creation", "message_creation": creation}))
}

fn tool_step(id: &str, index: u32, calls: Value) -> GraphEvent {
    step(id, index, json!({"type": "tool_calls", "tool_calls": calls}))
}

fn call(id: &str, name: &str) -> Value {
    json!({"name": name, "args": {}, "id": id, "type": "tool_call"})
}

fn tool_delta(id: &str, chunk: Value) -> GraphEvent {
    event(
        "on_run_step_delta",
        json!({"id": id, "delta": {"type": "tool_calls", "tool_calls": [chunk]}}),
    )
}

fn completed(step: &str, call: &str, outcome: Option<Value>) -> GraphEvent {
    let mut call =
        json!({"id": call, "name": "clock", "args": "{}", "output": "12:00", "progress": 1});
    if let Some(outcome) = outcome {
        call["outcome"] = outcome;
    }
    let result = json!({"type": "tool_call", "id": step, "index": 0, "tool_call": call});
    event("on_run_step_completed", json!({"result": result}))
}

fn said(step: &str, text: &str) -> GraphEvent {
    GraphEvent::MessageDelta(MessageDelta::text(StepId::from(step), text))
}

fn seen(events: &[GraphEvent]) -> Value {
    let mut aggregator = ContentAggregator::new();
    events.iter().for_each(|event| aggregator.apply(event));
    assert_eq!(json_of(aggregator.parts()), json_of(&aggregator.clone().into_parts()));
    json_of(aggregator.parts())
}

#[test]
fn each_step_fills_the_slot_of_its_index_and_an_empty_one_leaves_a_hole() {
    let events = [
        message_step("s0", 0),
        message_step("s2", 2),
        message_step("s1", 1),
        said("s2", "B"),
        GraphEvent::ReasoningDelta(ReasoningDelta::think(StepId::from("s1"), "h")),
        said("s2", "C"),
        GraphEvent::ReasoningDelta(ReasoningDelta::think(StepId::from("s1"), "m")),
    ];
    let expected = json!([null, {"type": "think", "think": "hm"}, {"type": "text", "text": "BC"}]);
    assert_eq!(seen(&events), expected);
}

#[test]
fn what_belongs_to_no_step_or_is_of_another_kind_changes_nothing() {
    let events = [
        said("s0", "too early"),
        message_step("s0", 0),
        said("s0", "A"),
        GraphEvent::ReasoningDelta(ReasoningDelta::think(StepId::from("s0"), "hm")),
        completed("nowhere", "nobody", None),
        tool_delta("nowhere", json!({"name": "clock", "args": "{}"})),
        event("on_custom_event", json!(1)),
    ];
    assert_eq!(seen(&events), json!([{"type": "text", "text": "A"}]));
    assert_eq!(seen(&[]), json!([]));
}

#[test]
fn a_call_grows_by_pieces_with_a_name_and_is_replaced_by_its_completion() {
    let begun = [tool_step("s0", 0, json!([call("c1", "clock")]))];
    let shown = |args: &str| json!([{"type": "tool_call", "tool_call": {"id": "c1", "name": "clock", "args": args, "type": "tool_call"}}]);
    assert_eq!(seen(&begun), shown("{}"));
    let [begun] = begun;
    let nameless = tool_delta("s0", json!({"args": "{\"a\":1}", "index": 0}));
    assert_eq!(seen(&[begun.clone(), nameless.clone()]), shown("{}"));
    let named = tool_delta("s0", json!({"name": "clock", "args": "{\"a\":", "id": "c1"}));
    assert_eq!(seen(&[begun.clone(), named.clone(), nameless]), shown("{\"a\":"));
    let done = json!({"id": "c1", "name": "clock", "args": "{}", "type": "tool_call", "progress": 1, "output": "12:00"});
    assert_eq!(
        seen(&[begun.clone(), named, completed("s0", "c1", None)]),
        json!([{"type": "tool_call", "tool_call": done}])
    );
    let mut denied = done;
    denied["outcome"] = json!("denied");
    assert_eq!(
        seen(&[begun, completed("", "c1", Some(json!("denied")))]),
        json!([{"type": "tool_call", "tool_call": denied}]),
        "the call's id finds its slot, whatever the step"
    );
}

#[test]
fn a_step_of_several_calls_takes_as_many_slots() {
    let calls = json!([call("c1", "clock"), call("c2", "clock")]);
    let events = [tool_step("s0", 1, calls), completed("s0", "c2", None)];
    let parts = seen(&events);
    assert_eq!(parts[0], Value::Null);
    assert_eq!(parts[1]["tool_call"]["output"], Value::Null);
    assert_eq!(parts[2]["tool_call"]["output"], "12:00");
}

fn content(messages: &[Message]) -> Value {
    serde_json::to_value(content_of_messages(messages)).unwrap()
}

#[test]
fn messages_become_reasoning_text_and_calls_with_their_output() {
    let kwargs = |value: Value| value.as_object().unwrap().clone();
    let asks = AiMessage {
        content: Content::from("See:"),
        tool_calls: vec![ToolCall::new("c1", "clock", kwargs(json!({"zone": "UTC"})))],
        invalid_tool_calls: vec![InvalidToolCall {
            name: "clock".to_owned(),
            args: "{".to_owned(),
            id: "c2".to_owned(),
            error: "cut".to_owned(),
        }],
        additional_kwargs: kwargs(json!({"reasoning_content": "hm"})),
        ..AiMessage::default()
    };
    let parts = Content::from(vec![ContentPart::text("seen")]);
    let messages = [
        Message::system("s"),
        Message::human("h"),
        Message::Ai(asks),
        Message::tool("c1", "12:00"),
        Message::Tool(ToolMessage {
            content: parts,
            tool_call_id: "c2".to_owned(),
            ..ToolMessage::default()
        }),
        Message::human("in between"),
        Message::ai("Noon."),
    ];
    assert_eq!(
        content(&messages),
        json!([
            {"type": "think", "think": "hm"},
            {"type": "text", "text": "See:", "tool_call_ids": ["c1", "c2"]},
            {"type": "tool_call", "tool_call": {"name": "clock", "args": {"zone": "UTC"}, "id": "c1", "type": "tool_call", "output": "12:00"}},
            {"type": "tool_call", "tool_call": {"name": "clock", "args": "{", "id": "c2", "type": "tool_call", "output": "[{\"type\":\"text\",\"text\":\"seen\"}]"}},
            {"type": "text", "text": "Noon."},
        ])
    );
}

#[test]
fn an_empty_answer_is_nothing_and_an_answer_to_no_call_is_its_output_alone() {
    assert_eq!(content(&[Message::ai("")]), json!([]));
    assert_eq!(
        content(&[Message::tool("c1", "12:00")]),
        json!([{"type": "tool_call", "tool_call": {"output": "12:00"}}])
    );
    let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
    let part: ContentPart = serde_json::from_value(thinking.clone()).unwrap();
    assert_eq!(content(&[Message::ai(vec![part])]), json!([thinking]));
}

#[test]
fn of_two_calls_with_one_id_the_later_is_meant() {
    let asks = |name: &str| {
        let tool_calls = vec![ToolCall::new("c1", name, JsonObject::new())];
        Message::Ai(AiMessage { tool_calls, ..AiMessage::default() })
    };
    let messages = [asks("one"), Message::tool("c1", "1"), asks("two"), Message::tool("c1", "2")];
    let content = content(&messages);
    assert_eq!(
        (&content[1]["tool_call"]["name"], &content[3]["tool_call"]["name"]),
        (&json!("one"), &json!("two"))
    );
}

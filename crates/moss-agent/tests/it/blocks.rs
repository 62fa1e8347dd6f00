//! Answers whose content is blocks, as Anthropic's and others' are; and models that are asked in another's place.

use moss_llm::{Fallback, ModelEvent, ModelInfo, ReasoningForm};
use moss_protocol::{ErrorCode, GraphEvent, JsonObject, LogLevel, Provider};
use serde_json::{Value, json};

use crate::host::{answered, asked};
use crate::model::{Say, ScriptedModel, called, chunk, end, text};

fn object(value: Value) -> JsonObject {
    serde_json::from_value(value).unwrap()
}

fn block(index: u32, text: &str) -> Say {
    chunk([ModelEvent::Text { text: text.to_owned(), index: Some(index) }])
}

fn thinking(index: impl Into<Option<u32>>, form: ReasoningForm, text: &str) -> Say {
    let (text, index) = (text.to_owned(), index.into());
    chunk([ModelEvent::Reasoning { text, form, index, details: None }])
}

fn part(index: impl Into<Option<u32>>, part: Value) -> Say {
    chunk([ModelEvent::Part { index: index.into(), part: object(part) }])
}

fn kwarg(name: &str, value: Value) -> Say {
    chunk([ModelEvent::Kwarg { name: name.to_owned(), value }])
}

#[tokio::test]
async fn a_signature_is_an_empty_piece_of_reasoning_and_stays_with_its_block() {
    let (order, message) = answered(vec![
        thinking(0, ReasoningForm::Thinking, "hm"),
        thinking(0, ReasoningForm::Thinking, "m"),
        part(0, json!({"type": "thinking", "signature": "sig"})),
        block(1, "Fine"),
        block(1, "."),
        kwarg("stop_reason", json!("end_turn")),
        end(),
    ])
    .await;
    assert_eq!(
        order,
        r#"ms, S(0,think), R(0,"hm"), R(0,"m"), R(0,""), C(0), S(1,text), Δ(1,"Fine"), Δ(1,"."), me, C(1)"#
    );
    assert_eq!(
        message["content"],
        json!([
            {"index": 0, "type": "thinking", "thinking": "hmm", "signature": "sig"},
            {"index": 1, "type": "text", "text": "Fine."},
        ])
    );
    assert_eq!(message["additional_kwargs"], json!({"stop_reason": "end_turn"}));
}

#[tokio::test]
async fn a_piece_of_text_carries_the_index_of_its_block() {
    let (heard, _) = asked(&ScriptedModel::new(vec![vec![block(1, "Fine")]])).await;
    let delta = heard.events().into_iter().find_map(|event| match event.event {
        GraphEvent::MessageDelta(delta) => Some(delta.delta.content),
        _ => None,
    });
    assert_eq!(
        serde_json::to_string(&delta).unwrap(),
        r#"[{"index":1,"type":"text","text":"Fine"}]"#
    );
}

#[tokio::test]
async fn citations_gather_at_their_text_and_blocks_keep_the_order_of_their_indices() {
    let (_, message) = answered(vec![
        block(0, "As "),
        part(0, json!({"type": "text", "citations": [{"n": 1}]})),
        block(2, "End"),
        part(0, json!({"type": "text", "citations": [{"n": 2}]})),
        block(0, "said"),
        part(1, json!({"type": "server_tool_use", "id": "srv", "input": {"q": 1}})),
    ])
    .await;
    assert_eq!(
        message["content"],
        json!([
            {"index": 0, "type": "text", "text": "As said", "citations": [{"n": 1}, {"n": 2}]},
            {"index": 1, "type": "server_tool_use", "id": "srv", "input": {"q": 1}},
            {"index": 2, "type": "text", "text": "End"},
        ])
    );
}

#[tokio::test]
async fn parts_without_an_index_stand_as_they_came() {
    let (_, message) = answered(vec![
        thinking(None, ReasoningForm::Reasoning, "h"),
        thinking(None, ReasoningForm::Reasoning, "m"),
        text("Look"),
        text(": "),
        part(None, json!({"type": "image", "data": "AA"})),
        part(None, json!({"type": "image", "data": "BB"})),
        text("done"),
    ])
    .await;
    assert_eq!(
        message["content"],
        json!([
            {"type": "reasoning", "reasoning": "hm"},
            {"type": "text", "text": "Look: "},
            {"type": "image", "data": "AA"},
            {"type": "image", "data": "BB"},
            {"type": "text", "text": "done"},
        ])
    );
}

#[tokio::test]
async fn reasoning_stands_where_its_provider_has_it() {
    let form = ReasoningForm::ReasoningContent;
    let (_, message) = answered(vec![
        thinking(0, form, "h"),
        thinking(0, form, "m"),
        part(0, json!({"type": "reasoning_content", "reasoningText": {"signature": "s"}})),
    ])
    .await;
    assert_eq!(
        message["content"],
        json!([{"index": 0, "type": "reasoning_content", "reasoningText": {"text": "hm", "signature": "s"}}])
    );

    let form = ReasoningForm::Summary;
    let pieces = [thinking(0, form, "on"), thinking(0, form, "e"), thinking(1, form, "two")];
    let (_, message) = answered(pieces.into_iter().chain([text("Yes")]).collect()).await;
    assert_eq!(message["content"], json!("Yes"));
    assert_eq!(
        message["additional_kwargs"]["reasoning"],
        json!({"type": "reasoning", "summary": [
            {"type": "summary_text", "text": "one", "index": 0},
            {"type": "summary_text", "text": "two", "index": 1},
        ]})
    );
}

#[tokio::test]
async fn a_tool_call_in_a_block_is_one_call() {
    let (order, message) = answered(vec![
        block(0, "Wait"),
        chunk([called(1, "c1", "clock", "")]),
        chunk([called(1, "", "", "{}")]),
        part(1, json!({"type": "tool_use", "id": "c1", "name": "clock", "input": "{}"})),
        end(),
    ])
    .await;
    assert!(order.contains(r#"S(1,clock {})"#), "{order}");
    assert_eq!(message["tool_calls"][0]["id"], "c1");
    assert_eq!(
        message["content"],
        json!([
            {"index": 0, "type": "text", "text": "Wait"},
            {"index": 1, "type": "tool_use", "id": "c1", "name": "clock", "input": "{}"},
        ])
    );
}

#[tokio::test]
async fn the_event_log_tells_of_a_fallback() {
    let info =
        |provider, model: &str| ModelInfo { provider, model: model.to_owned(), streaming: true };
    let told = Fallback {
        from: info(Provider::Anthropic, "a"),
        to: info(Provider::OpenAi, "b"),
        code: ErrorCode::ProviderOverloaded,
        message: "529 overloaded".to_owned(),
    };
    let answer = vec![chunk([ModelEvent::Fallback(Box::new(told))]), text("Hi"), end()];
    let (heard, outcome) = asked(&ScriptedModel::new(vec![answer])).await;
    assert_eq!(outcome.unwrap().answer().as_deref(), Some("Hi"));
    let logs: Vec<_> = heard
        .events()
        .into_iter()
        .filter_map(|event| match event.event {
            GraphEvent::AgentLog(log) => Some(log),
            _ => None,
        })
        .collect();
    let [log] = &logs[..] else { panic!("{logs:?}") };
    assert_eq!((log.level, log.scope.as_str()), (LogLevel::Warn, "fallback"));
    assert_eq!(log.message, "anthropic (a) failed, openAI (b) is asked: 529 overloaded");
    assert_eq!(
        Value::Object(log.data.clone().unwrap()),
        json!({
            "fromProvider": "anthropic", "fromModel": "a", "toProvider": "openAI", "toModel": "b",
            "code": "PROVIDER_OVERLOADED",
        })
    );
}

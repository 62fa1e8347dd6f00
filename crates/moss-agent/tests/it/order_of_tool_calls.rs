//! The order of events of tool calls, however a provider cuts them.

use moss_protocol::{GraphEvent, RunStepResult};
use serde_json::{Value, json};

use crate::host::{Heard, asked, json_of, order};
use crate::model::{ScriptedModel, call, called, chunk, end, text};

#[tokio::test]
async fn text_and_a_tool() {
    let first = vec![
        text("Let me see."),
        call(0, "c1", "get_weather", ""),
        call(0, "", "", "{\"city\":"),
        call(0, "", "", "\"Oslo\"}"),
        end(),
    ];
    let model = ScriptedModel::new(vec![first, vec![text("Sunny."), end()]]);
    let (heard, outcome) = asked(&model).await;
    assert_eq!(
        heard.text(),
        r#"ms, S(0,text), Δ(0,"Let me see."), C(0), S(1,get_weather {}), D(1,get_weather), D(1,{"city":), D(1,"Oslo"}), me, ts({"city":"Oslo"}), te(get_weather), done(0,"sunny in Oslo"), C(1), ms, S(2,text), Δ(2,"Sunny."), me, C(2)"#
    );
    assert_eq!(
        json_of(&heard.parts()),
        json!([
            {"type": "text", "text": "Let me see."},
            {"type": "tool_call", "tool_call": {"id": "c1", "name": "get_weather", "args": "{\"city\":\"Oslo\"}", "type": "tool_call", "progress": 1, "output": "sunny in Oslo"}},
            {"type": "text", "text": "Sunny."},
        ])
    );
    let outcome = outcome.unwrap();
    assert_eq!(
        serde_json::to_value(&outcome.content).unwrap(),
        json!([
            {"type": "text", "text": "Let me see.", "tool_call_ids": ["c1"]},
            {"type": "tool_call", "tool_call": {"name": "get_weather", "args": {"city": "Oslo"}, "id": "c1", "type": "tool_call", "output": "sunny in Oslo"}},
            {"type": "text", "text": "Sunny."},
        ])
    );
    assert_eq!(outcome.usage().total_tokens, 30);
}

#[tokio::test]
async fn a_tool_without_text_leaves_a_hole() {
    let model = ScriptedModel::new(vec![vec![call(0, "c1", "clock", "{}")], vec![text("Noon.")]]);
    let (heard, _) = asked(&model).await;
    assert_eq!(
        heard.text(),
        r#"ms, S(0,-), C(0), S(1,clock {}), D(1,clock{}), me, ts({}), te(clock), done(0,"12:00"), C(1), ms, S(2,text), Δ(2,"Noon."), me, C(2)"#
    );
    let parts = json_of(&heard.parts());
    assert_eq!(
        (&parts[0], &parts[1]["type"], &parts[2]["text"]),
        (&Value::Null, &json!("tool_call"), &json!("Noon."))
    );
}

const PARALLEL: &str = r#"ms, S(0,-), C(0), S(1,get_weather {"city":"Oslo"}), D(1,get_weather{"city":"Oslo"}), S(2,get_weather {"city":"Rome"}), D(2,get_weather{"city":"Rome"}), me, ts({"city":"Oslo"}), ts({"city":"Rome"}), te(get_weather), te(get_weather), done(0,"sunny in Oslo"), C(1), done(1,"sunny in Rome"), C(2), ms, me"#;
const OSLO: &str = r#"{"city":"Oslo"}"#;
const ROME: &str = r#"{"city":"Rome"}"#;

#[tokio::test]
async fn parallel_tools() {
    let calls = vec![call(0, "c1", "get_weather", OSLO), call(1, "c2", "get_weather", ROME)];
    assert_eq!(order(&ScriptedModel::new(vec![calls, vec![]])).await, PARALLEL);
}

#[tokio::test]
async fn whole_calls_in_one_frame() {
    let calls = [called(0, "c1", "get_weather", OSLO), called(1, "c2", "get_weather", ROME)];
    assert_eq!(order(&ScriptedModel::new(vec![vec![chunk(calls)], vec![]])).await, PARALLEL);
}

#[tokio::test]
async fn two_calls_at_one_index_or_at_none_are_told_apart_by_their_ids() {
    for index in [Some(0), None] {
        let calls =
            vec![call(index, "c1", "get_weather", OSLO), call(index, "c2", "get_weather", ROME)];
        assert_eq!(order(&ScriptedModel::new(vec![calls, vec![]])).await, PARALLEL, "{index:?}");
    }
}

/// The ids of the calls that were completed.
fn completed_ids(heard: &Heard) -> Vec<String> {
    let ids = heard.events().into_iter().filter_map(|event| match event.event {
        GraphEvent::RunStepCompleted(completed) => match completed.result {
            RunStepResult::ToolCall { tool_call, .. } => Some(tool_call.id),
            RunStepResult::Summary { .. } => None,
        },
        _ => None,
    });
    ids.collect()
}

#[tokio::test]
async fn calls_without_an_id_get_one_and_are_told_when_it_is_clear_that_none_comes() {
    for (first, second) in [(Some(0), Some(1)), (Some(0), Some(0)), (None, None)] {
        let calls = vec![
            call(first, "", "get_weather", OSLO),
            call(second, "", "get_weather", ROME),
            end(),
        ];
        let (heard, outcome) = asked(&ScriptedModel::new(vec![calls, vec![]])).await;
        outcome.unwrap();
        assert_eq!(heard.text(), PARALLEL, "at {first:?} and {second:?}");
        let ids = completed_ids(&heard);
        assert!(ids.iter().all(|id| id.starts_with("call_")) && ids[0] != ids[1], "{ids:?}");
    }
}

#[tokio::test]
async fn an_id_that_comes_late_opens_the_step_with_all_that_came_before() {
    let calls = vec![
        call(0, "", "get_weather", ""),
        call(0, "", "", "{\"city\":"),
        call(0, "c1", "", "\"Oslo\""),
        call(0, "", "", "}"),
    ];
    assert_eq!(
        order(&ScriptedModel::new(vec![calls, vec![]])).await,
        r#"ms, S(0,-), C(0), S(1,get_weather {}), D(1,get_weather{"city":"Oslo"), D(1,}), me, ts({"city":"Oslo"}), te(get_weather), done(0,"sunny in Oslo"), C(1), ms, me"#
    );
}

#[tokio::test]
async fn a_name_that_is_repeated_with_every_piece_is_one_name() {
    let calls = vec![
        call(0, "c1", "get_weather", "{\"city\":"),
        call(0, "c1", "get_weather", "\"Oslo\"}"),
        call(0, "c1", "get_weather", ""),
    ];
    let (heard, _) = asked(&ScriptedModel::new(vec![calls, vec![]])).await;
    assert_eq!(json_of(&heard.parts())[1]["tool_call"]["output"], "sunny in Oslo");
}

#[tokio::test]
async fn no_arguments_and_null_are_an_empty_object() {
    for args in ["", "null", " ", "{}"] {
        let calls = vec![call(0, "c1", "clock", args)];
        let (heard, _) = asked(&ScriptedModel::new(vec![calls, vec![]])).await;
        assert_eq!(
            heard.text(),
            format!(
                r#"ms, S(0,-), C(0), S(1,clock {{}}), D(1,clock{args}), me, ts({{}}), te(clock), done(0,"12:00"), C(1), ms, me"#
            )
        );
    }
}

#[tokio::test]
async fn text_after_a_call_in_the_same_answer_is_a_step_of_its_own() {
    let calls =
        vec![text("A"), call(0, "c1", "clock", "{}"), text("B"), call(1, "c2", "clock", "{}")];
    assert_eq!(
        order(&ScriptedModel::new(vec![calls, vec![]])).await,
        r#"ms, S(0,text), Δ(0,"A"), C(0), S(1,clock {}), D(1,clock{}), S(2,text), Δ(2,"B"), C(2), S(3,clock {}), D(3,clock{}), me, ts({}), ts({}), te(clock), te(clock), done(0,"12:00"), C(1), done(1,"12:00"), C(3), ms, me"#
    );
}

#[tokio::test]
async fn a_step_says_how_many_of_its_key_came_before() {
    let calls = vec![call(0, "c1", "clock", "{}"), call(1, "c2", "clock", "{}")];
    let model = ScriptedModel::new(vec![calls, vec![text("Noon.")]]);
    let (heard, _) = asked(&model).await;
    let places: Vec<(u32, u32)> = heard
        .events()
        .into_iter()
        .filter_map(|event| match event.event {
            GraphEvent::RunStep(step) => Some((step.index, step.step_index)),
            _ => None,
        })
        .collect();
    assert_eq!(places, [(0, 0), (1, 1), (2, 2), (3, 0)]);
}

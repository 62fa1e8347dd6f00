//! The order of events of an answer's text and reasoning.

use moss_llm::ModelErrorKind;
use moss_protocol::{GraphEvent, Provider, StepDetails};
use serde_json::json;

use crate::host::{asked, json_of, order};
use crate::model::{
    Say, ScriptedModel, call, called, chunk, end, said, started, text, think, thought,
};

#[tokio::test]
async fn text_alone() {
    let model =
        ScriptedModel::new(vec![vec![chunk([started("id")]), text("Hel"), text("lo"), end()]]);
    let (heard, outcome) = asked(&model).await;
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"Hel"), Δ(0,"lo"), me, C(0)"#);
    assert_eq!(outcome.unwrap().answer().as_deref(), Some("Hello"));
}

#[tokio::test]
async fn nothing_at_all() {
    assert_eq!(order(&ScriptedModel::new(vec![vec![end()]])).await, "ms, me");
    assert_eq!(order(&ScriptedModel::new(vec![vec![]])).await, "ms, me");
}

#[tokio::test]
async fn reasoning_then_text() {
    let model =
        ScriptedModel::new(vec![vec![think("h"), think("m"), text("Yes"), text("!"), end()]]);
    let (heard, outcome) = asked(&model).await;
    assert_eq!(
        heard.text(),
        r#"ms, S(0,think), R(0,"h"), R(0,"m"), C(0), S(1,text), Δ(1,"Yes"), Δ(1,"!"), me, C(1)"#
    );
    let parts = json!([{"type": "think", "think": "hm"}, {"type": "text", "text": "Yes!"}]);
    assert_eq!(json_of(&heard.parts()), parts);
    assert_eq!(serde_json::to_value(outcome.unwrap().content).unwrap(), parts);
}

#[tokio::test]
async fn reasoning_then_a_tool() {
    let answer = vec![think("hm"), call(0, "c1", "clock", "{}"), end()];
    let model = ScriptedModel::new(vec![answer, vec![text("Noon")]]);
    let (heard, _) = asked(&model).await;
    assert_eq!(
        heard.text(),
        r#"ms, S(0,think), R(0,"hm"), C(0), S(1,-), C(1), S(2,clock {}), D(2,clock{}), me, ts({}), te(clock), done(0,"12:00"), C(2), ms, S(3,text), Δ(3,"Noon"), me, C(3)"#
    );
    assert_eq!(json_of(&heard.parts())[1], json!(null), "the empty step leaves a hole");
}

#[tokio::test]
async fn reasoning_that_comes_back_begins_anew() {
    let model = ScriptedModel::new(vec![vec![text("A"), think("hm"), text("B"), think("ah")]]);
    assert_eq!(
        order(&model).await,
        r#"ms, S(0,text), Δ(0,"A"), C(0), S(1,think), R(1,"hm"), C(1), S(2,text), Δ(2,"B"), C(2), S(3,think), R(3,"ah"), me, C(3)"#
    );
}

#[tokio::test]
async fn one_frame_may_hold_reasoning_text_and_a_call() {
    let frame = chunk([thought("hm"), said("See:"), called(0, "c1", "clock", "{}")]);
    let model = ScriptedModel::new(vec![vec![frame], vec![]]);
    assert_eq!(
        order(&model).await,
        r#"ms, S(0,think), R(0,"hm"), C(0), S(1,text), Δ(1,"See:"), C(1), S(2,clock {}), D(2,clock{}), me, ts({}), te(clock), done(0,"12:00"), C(2), ms, me"#
    );
}

#[tokio::test]
async fn openrouter_s_reasoning_beside_or_after_text_is_a_repetition() {
    let answer = || vec![think("hm"), chunk([thought("hm"), said("Yes")]), think("hm")];
    let model = ScriptedModel::at(Provider::OpenRouter, vec![answer()]);
    assert_eq!(
        order(&model).await,
        r#"ms, S(0,think), R(0,"hm"), C(0), S(1,text), Δ(1,"Yes"), me, C(1)"#
    );
}

#[tokio::test]
async fn think_tags_in_frames_of_their_own() {
    let pieces = ["<think>", "hm", "</think>", "Yes"].map(text);
    let model = ScriptedModel::new(vec![pieces.into()]);
    let (heard, outcome) = asked(&model).await;
    assert_eq!(
        heard.text(),
        r#"ms, S(0,think), R(0,"<think>"), R(0,"hm"), R(0,"</think>"), C(0), S(1,text), Δ(1,"Yes"), me, C(1)"#
    );
    // What is returned is the message as the model wrote it.
    let returned = json!([{"type": "text", "text": "<think>hm</think>Yes"}]);
    assert_eq!(serde_json::to_value(outcome.unwrap().content).unwrap(), returned);
}

#[tokio::test]
async fn think_tags_within_one_frame_and_cut() {
    let whole = ScriptedModel::new(vec![vec![text("A<think>hm</think>B")]]);
    assert_eq!(
        order(&whole).await,
        r#"ms, S(0,text), Δ(0,"A"), C(0), S(1,think), R(1,"<think>hm</think>"), C(1), S(2,text), Δ(2,"B"), me, C(2)"#
    );
    let cut = ScriptedModel::new(vec![["A<th", "ink>hm</", "think>B <"].map(text).into()]);
    assert_eq!(
        order(&cut).await,
        r#"ms, S(0,text), Δ(0,"A"), C(0), S(1,think), R(1,"<think>hm"), R(1,"</think>"), C(1), S(2,text), Δ(2,"B "), Δ(2,"<"), me, C(2)"#
    );
}

#[tokio::test]
async fn what_might_have_become_a_tag_is_told_before_what_follows_it() {
    let calls = vec![text("1 <"), call(0, "c1", "clock", "{}")];
    let model = ScriptedModel::new(vec![calls, vec![text("2 <"), think("hm")]]);
    assert_eq!(
        order(&model).await,
        r#"ms, S(0,text), Δ(0,"1 "), Δ(0,"<"), C(0), S(1,clock {}), D(1,clock{}), me, ts({}), te(clock), done(0,"12:00"), C(1), ms, S(2,text), Δ(2,"2 "), Δ(2,"<"), C(2), S(3,think), R(3,"hm"), me, C(3)"#
    );
}

/// The id of each message step.
async fn message_ids(answer: Vec<Say>) -> Vec<String> {
    let (heard, _) = asked(&ScriptedModel::new(vec![answer, vec![]])).await;
    let ids = heard.events().into_iter().filter_map(|event| match event.event {
        GraphEvent::RunStep(step) => match step.step_details {
            StepDetails::MessageCreation { message_creation } => {
                Some(message_creation.message_id.to_string())
            }
            StepDetails::ToolCalls { .. } => None,
        },
        _ => None,
    });
    ids.map(|id| if id.starts_with("msg_") { "own".to_owned() } else { id }).collect()
}

#[tokio::test]
async fn a_message_has_the_provider_s_id_when_a_frame_without_content_brought_it() {
    let empty = || chunk([started("p-1")]);
    assert_eq!(message_ids(vec![empty(), text("A")]).await, ["p-1"]);
    assert_eq!(message_ids(vec![empty(), call(0, "c1", "clock", "{}")]).await, ["p-1"]);
    assert_eq!(message_ids(vec![chunk([started("p-1"), said("A")])]).await, ["own"]);
    // A new key begins with reasoning and after it: the id belongs to the key in which it came.
    assert_eq!(message_ids(vec![empty(), think("hm"), text("A")]).await, ["own", "own"]);
    assert_eq!(
        message_ids(vec![empty(), think("hm"), text("A"), think("ah"), end(), text("B")]).await,
        ["own", "own", "own", "own"]
    );
}

#[tokio::test]
async fn a_model_that_fails_before_it_says_anything() {
    let fail = || Say::Fail(ModelErrorKind::InvalidRequest, "bad request");
    let (heard, outcome) = asked(&ScriptedModel::new(vec![vec![fail()]])).await;
    assert_eq!(heard.text(), "ms");
    assert_eq!(outcome.unwrap_err().to_string(), "bad request");
}

#[tokio::test]
async fn a_model_that_fails_in_its_answer() {
    let fail = Say::Fail(ModelErrorKind::Truncated, "terminated");
    let (heard, outcome) = asked(&ScriptedModel::new(vec![vec![text("Hel"), fail]])).await;
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"Hel"), C(0,failed)"#);
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.code().as_str(), error.to_string().as_str()),
        ("STREAM_TRUNCATED", "terminated")
    );
}

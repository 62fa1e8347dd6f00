//! Answers that are not streamed: the model's end is told first, then the steps.

use crate::host::order;
use crate::model::{ScriptedModel, called, chunk, said, thought};

#[tokio::test]
async fn text() {
    let model = ScriptedModel::unstreamed(vec![vec![chunk([said("Hello")])]]);
    assert_eq!(order(&model).await, r#"ms, me, S(0,text), Δ(0,"Hello"), C(0)"#);
}

#[tokio::test]
async fn reasoning_and_text() {
    let model = ScriptedModel::unstreamed(vec![vec![chunk([thought("hm"), said("Yes")])]]);
    assert_eq!(
        order(&model).await,
        r#"ms, me, S(0,think), R(0,"hm"), C(0), S(1,text), Δ(1,"Yes"), C(1)"#
    );
    let tags = ScriptedModel::unstreamed(vec![vec![chunk([said("<think>hm</think>Yes")])]]);
    assert_eq!(
        order(&tags).await,
        r#"ms, me, S(0,think), R(0,"<think>hm</think>"), C(0), S(1,text), Δ(1,"Yes"), C(1)"#
    );
}

#[tokio::test]
async fn text_beside_calls_is_not_told() {
    let first = chunk([
        said("Let me see."),
        called(0, "c1", "get_weather", r#"{"city":"Oslo"}"#),
        called(1, "c2", "clock", "{}"),
    ]);
    let model = ScriptedModel::unstreamed(vec![vec![first], vec![chunk([said("Sunny.")])]]);
    assert_eq!(
        order(&model).await,
        r#"ms, me, S(0,-), C(0), S(1,get_weather {"city":"Oslo"}), S(2,clock {}), ts({"city":"Oslo"}), ts({}), te(get_weather), te(clock), done(0,"sunny in Oslo"), C(1), done(0,"12:00"), C(2), ms, me, S(3,text), Δ(3,"Sunny."), C(3)"#
    );
}

#[tokio::test]
async fn nothing_at_all() {
    assert_eq!(order(&ScriptedModel::unstreamed(vec![vec![chunk([])]])).await, "ms, me");
}

//! What holds for any answer, however a provider cuts it.

use std::collections::HashSet;

use moss_llm::ModelEvent;
use moss_protocol::GraphEvent;
use proptest::prelude::*;
use serde_json::Value;

use crate::host::{Heard, asked, json_of};
use crate::model::{Say, ScriptedModel, call, chunk, said, started, thought};

/// A stretch of an answer.
#[derive(Debug, Clone)]
enum Stretch {
    Text(String),
    Think(String),
    Call(String),
}

fn stretch() -> impl Strategy<Value = Stretch> {
    prop_oneof![
        3 => "(a|é|<|>|think|<think>|</think>| ){1,6}".prop_map(Stretch::Text),
        1 => "[a-zé ]{1,6}".prop_map(Stretch::Think),
        1 => "[a-z\"é]{0,4}".prop_map(Stretch::Call),
    ]
}

/// Answers of one run: all but the last call a tool.
fn answers() -> impl Strategy<Value = Vec<Vec<Stretch>>> {
    prop::collection::vec(prop::collection::vec(stretch(), 0..6), 1..3)
}

/// The text in pieces of as many characters as `sizes` say, over and over.
fn pieces(text: &str, sizes: &[usize]) -> Vec<String> {
    let mut characters = text.chars().peekable();
    let mut sizes = sizes.iter().cycle();
    let mut pieces = Vec::new();
    while characters.peek().is_some() {
        pieces.push(characters.by_ref().take(*sizes.next().unwrap()).collect());
    }
    pieces
}

/// The script of the answers, cut; calls get their ids from their place.
fn script(answers: &[Vec<Stretch>], sizes: &[usize]) -> Vec<Vec<Say>> {
    let mut script = Vec::new();
    for (turn, answer) in answers.iter().enumerate() {
        let mut says = vec![chunk([started("p")])];
        let last = turn + 1 == answers.len();
        let each = |text: &str, event: fn(&str) -> ModelEvent| {
            pieces(text, sizes).into_iter().map(|piece| chunk([event(&piece)])).collect::<Vec<_>>()
        };
        let mut calls = 0;
        for stretch in answer {
            match stretch {
                Stretch::Text(text) => says.extend(each(text, said)),
                Stretch::Think(text) => says.extend(each(text, thought)),
                Stretch::Call(_) if last => {}
                Stretch::Call(city) => {
                    let args = serde_json::json!({"city": city}).to_string();
                    for (piece, args) in pieces(&args, sizes).iter().enumerate() {
                        let id = format!("c{turn}-{calls}");
                        let (id, name) =
                            if piece == 0 { (id.as_str(), "get_weather") } else { ("", "") };
                        says.push(call(calls, id, name, args));
                    }
                    calls += 1;
                }
            }
        }
        if !last && calls == 0 {
            says.push(call(0, &format!("c{turn}"), "clock", "{}"));
        }
        script.push(says);
    }
    script
}

fn run(answers: &[Vec<Stretch>], sizes: &[usize]) -> (Heard, Value) {
    let model = ScriptedModel::new(script(answers, sizes));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (heard, outcome) = runtime.block_on(asked(&model));
    let returned = serde_json::to_value(outcome.unwrap().content).unwrap();
    (heard, returned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_cutting_gives_the_same_content(
        answers in answers(),
        sizes in prop::collection::vec(1usize..7, 1..4),
    ) {
        let (whole, returned) = run(&answers, &[usize::MAX]);
        let (cut, cut_returned) = run(&answers, &sizes);
        prop_assert_eq!(json_of(&cut.parts()), json_of(&whole.parts()));
        prop_assert_eq!(cut_returned, returned);
    }

    #[test]
    fn every_step_ends_once_indices_are_new_and_numbers_grow_by_one(
        answers in answers(),
        sizes in prop::collection::vec(1usize..7, 1..4),
    ) {
        let (heard, _) = run(&answers, &sizes);
        let (mut open, mut ended, mut next) = (HashSet::new(), HashSet::new(), 0);
        for (position, event) in heard.events().into_iter().enumerate() {
            prop_assert_eq!(event.seq, position as u64 + 1);
            match event.event {
                GraphEvent::RunStep(step) => {
                    prop_assert_eq!(step.index, next, "indices are given one by one");
                    next += 1;
                    prop_assert!(open.insert(step.id));
                }
                GraphEvent::MessageDelta(delta) => prop_assert!(open.contains(&delta.id)),
                GraphEvent::ReasoningDelta(delta) => prop_assert!(open.contains(&delta.id)),
                GraphEvent::RunStepDelta(delta) => prop_assert!(open.contains(&delta.id)),
                GraphEvent::RunStepClosed(closed) => {
                    prop_assert!(open.remove(&closed.id), "only what is open ends");
                    prop_assert!(ended.insert(closed.id));
                }
                _ => {}
            }
        }
        prop_assert!(open.is_empty(), "{:?} never ended", open);
    }
}

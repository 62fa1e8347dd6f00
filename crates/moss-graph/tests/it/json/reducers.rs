//! How the fields of a JSON state are reduced.

use moss_graph::State;
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer, overwrite};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::chain;

fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

/// The value of the field `x` after supersteps, each of some writes to it.
fn after(reducer: Reducer, supersteps: &[&[Value]]) -> Vec<Option<Value>> {
    let mut state = JsonFields::new().field("x", reducer).field("y", Reducer::AnyValue).initial();
    let values = supersteps.iter().map(|writes| {
        let updates = writes.iter().map(|write| update(json!({ "x": write }))).collect();
        state.apply(updates).unwrap();
        state.get("x")
    });
    values.collect()
}

fn refused(reducer: Reducer, writes: &[Value]) -> String {
    let mut state = JsonFields::new().field("x", reducer).initial();
    let before = state.clone();
    let updates = writes.iter().map(|write| update(json!({ "x": write }))).collect();
    let error = state.apply(updates).unwrap_err();
    assert_eq!(state, before, "a refused update changes nothing");
    chain(&error).lines().skip(1).collect::<Vec<_>>().join("\n")
}

fn conflicts(reducer: Reducer, write: Value) -> bool {
    let state = JsonFields::new().field("x", reducer).initial();
    let mut seen = 0;
    state.visit_last_values(&update(json!({ "x": write })), &mut |_| seen += 1);
    seen > 0
}

#[test]
fn last_values_take_one_write_and_any_values_take_all() {
    let supersteps: [&[Value]; 3] = [&[json!(1)], &[], &[json!(null)]];
    assert_eq!(
        after(Reducer::LastValue, &supersteps),
        [Some(json!(1)), Some(json!(1)), Some(json!(null))]
    );
    assert!(conflicts(Reducer::LastValue, json!(1)));
    let supersteps: [&[Value]; 2] = [&[json!(1), json!(2)], &[]];
    assert_eq!(after(Reducer::AnyValue, &supersteps), [Some(json!(2)), None]);
    assert!(!conflicts(Reducer::AnyValue, json!(1)));
}

#[test]
fn append_puts_items_behind_those_there_are() {
    let supersteps: [&[Value]; 3] = [&[json!(["a"]), json!("b")], &[], &[json!([["c"], null])]];
    assert_eq!(
        after(Reducer::Append, &supersteps),
        [Some(json!(["a", "b"])), Some(json!(["a", "b"])), Some(json!(["a", "b", ["c"], null]))]
    );
}

#[test]
fn overwrite_replaces_what_is_there_and_all_other_writes() {
    let forms = [
        overwrite(json!(["new"])),
        json!({ "__overwrite__": ["new"] }),
        json!({ "type": "__overwrite__", "value": ["new"] }),
    ];
    for form in forms {
        let supersteps: [&[Value]; 2] =
            [&[json!(["old"])], &[json!(["lost"]), form.clone(), json!(["lost too"])]];
        assert_eq!(after(Reducer::Append, &supersteps)[1], Some(json!(["new"])));
        assert!(conflicts(Reducer::Append, form), "one overwrite a superstep");
    }
    let supersteps: [&[Value]; 2] = [&[json!(5)], &[json!(1), overwrite(json!(2))]];
    assert_eq!(after(Reducer::Add, &supersteps)[1], Some(json!(2)));
    assert!(!conflicts(Reducer::Append, json!(["a"])));
    // Where every write takes the place of what is there, it is a value like any other.
    let supersteps: [&[Value]; 1] = [&[overwrite(json!(1))]];
    assert_eq!(after(Reducer::LastValue, &supersteps)[0], Some(overwrite(json!(1))));
}

#[test]
fn add_takes_numbers_and_texts() {
    let supersteps: [&[Value]; 2] = [&[json!(1), json!(2)], &[json!(0.5)]];
    assert_eq!(after(Reducer::Add, &supersteps), [Some(json!(3)), Some(json!(3.5))]);
    let supersteps: [&[Value]; 1] = [&[json!("a"), json!("b")]];
    assert_eq!(after(Reducer::Add, &supersteps), [Some(json!("ab"))]);
    let text = "numbers are added to numbers and texts to texts; use `append` for lists";
    assert_eq!(refused(Reducer::Add, &[json!(1), json!("a")]), text);
    assert_eq!(
        refused(Reducer::Add, &[json!(i64::MAX), json!(1)]),
        "the sum is beyond what a number can hold"
    );
}

#[test]
fn merge_puts_members_over_those_there_are() {
    let supersteps: [&[Value]; 2] = [&[json!({ "a": 1 })], &[json!({ "b": 2 }), json!({ "a": 3 })]];
    assert_eq!(after(Reducer::Merge, &supersteps)[1], Some(json!({ "a": 3, "b": 2 })));
    assert_eq!(refused(Reducer::Merge, &[json!({}), json!(1)]), "only objects are merged");
}

#[test]
fn topics_accumulate_or_begin_anew_and_may_be_unique() {
    let topic = |unique, accumulate| Reducer::Topic { unique, accumulate };
    let supersteps: [&[Value]; 3] = [&[json!(["a", "b"]), json!("a")], &[json!("b")], &[]];
    assert_eq!(
        after(topic(false, true), &supersteps),
        [
            Some(json!(["a", "b", "a"])),
            Some(json!(["a", "b", "a", "b"])),
            Some(json!(["a", "b", "a", "b"]))
        ]
    );
    assert_eq!(
        after(topic(true, true), &supersteps),
        [Some(json!(["a", "b"])), Some(json!(["a", "b"])), Some(json!(["a", "b"]))]
    );
    assert_eq!(
        after(topic(false, false), &supersteps),
        [Some(json!(["a", "b", "a"])), Some(json!(["b"])), Some(json!([]))]
    );
}

#[test]
fn ephemeral_values_are_there_for_one_superstep() {
    let supersteps: [&[Value]; 2] = [&[json!(1)], &[]];
    assert_eq!(after(Reducer::Ephemeral { guard: true }, &supersteps), [Some(json!(1)), None]);
    assert!(conflicts(Reducer::Ephemeral { guard: true }, json!(1)));
    assert!(!conflicts(Reducer::Ephemeral { guard: false }, json!(1)));
    assert!(conflicts(Reducer::Untracked { guard: true }, json!(1)));
    assert!(!conflicts(Reducer::Untracked { guard: false }, json!(1)));
}

#[test]
fn reducers_of_the_host_fold_or_take_a_superstep_at_once() {
    let join = |a: Value, b: Value| -> Result<Value, String> {
        match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => Ok(json!(format!("{a}+{b}"))),
            _ => Err("only texts".to_owned()),
        }
    };
    let supersteps: [&[Value]; 2] = [&[json!("a"), json!("b")], &[json!("c")]];
    assert_eq!(after(Reducer::fold(join), &supersteps), [Some(json!("a+b")), Some(json!("a+b+c"))]);
    let count = |value: Option<&Value>, writes: Vec<Value>| {
        let before = value.and_then(Value::as_u64).unwrap_or(0);
        Ok::<_, String>(json!(before + writes.len() as u64))
    };
    assert_eq!(after(Reducer::batch(count), &supersteps), [Some(json!(2)), Some(json!(3))]);
    assert_eq!(refused(Reducer::fold(join), &[json!("a"), json!(1)]), "only texts");
    let panics = Reducer::fold(|_, _| -> Result<Value, String> { panic!("out of luck") });
    assert_eq!(refused(panics, &[json!(1), json!(2)]), "panicked: out of luck");
}

fn message(id: &str, text: &str) -> Value {
    json!({ "id": id, "type": "human", "content": text })
}

#[test]
fn messages_are_appended_replaced_by_id_and_removed() {
    let supersteps: [&[Value]; 4] = [
        &[json!([message("1", "a"), message("2", "b")]), message("3", "c")],
        &[message("2", "B")],
        &[json!({ "type": "remove", "id": "1" })],
        &[
            json!([message("4", "lost"), { "type": "remove", "id": "__remove_all__" }, message("5", "d")]),
        ],
    ];
    assert_eq!(
        after(Reducer::Messages, &supersteps),
        [
            Some(json!([message("1", "a"), message("2", "b"), message("3", "c")])),
            Some(json!([message("1", "a"), message("2", "B"), message("3", "c")])),
            Some(json!([message("2", "B"), message("3", "c")])),
            Some(json!([message("5", "d")])),
        ]
    );
    assert_eq!(
        refused(Reducer::Messages, &[json!({ "type": "remove", "id": "9" })]),
        "there is no message with the id `9` to remove; remove messages that are there"
    );
    assert_eq!(
        refused(Reducer::Messages, &[json!(7)]),
        "a message is an object or a text, and this is neither"
    );
}

#[test]
fn a_message_without_an_id_gets_one_the_same_whenever_it_is_reduced() {
    let supersteps: [&[Value]; 1] = [&[json!("Hi"), json!("Hi")]];
    let once = after(Reducer::Messages, &supersteps)[0].clone().unwrap();
    assert_eq!(after(Reducer::Messages, &supersteps)[0].as_ref(), Some(&once));
    let ids: Vec<_> = once.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(once[0]["type"], "human");
}

#[test]
fn versions_of_messages_that_grew_apart_do_not_see_each_other() {
    let fields = JsonFields::new().field("x", Reducer::Messages);
    let base = fields.state(json!({ "x": [message("1", "a")] })).unwrap();
    let grown = |id: &str| {
        let mut state: JsonState = base.clone();
        state.apply(vec![update(json!({ "x": message(id, "b") }))]).unwrap();
        state
    };
    let (mut left, mut right) = (grown("left"), grown("right"));
    left.apply(vec![update(json!({ "x": message("left", "L") }))]).unwrap();
    right.apply(vec![update(json!({ "x": message("left", "new here") }))]).unwrap();
    right.apply(vec![update(json!({ "x": message("right", "R") }))]).unwrap();
    assert_eq!(left.get("x"), Some(json!([message("1", "a"), message("left", "L")])));
    assert_eq!(
        right.get("x"),
        Some(json!([message("1", "a"), message("right", "R"), message("left", "new here")]))
    );
    assert_eq!(base.get("x"), Some(json!([message("1", "a")])));
}

proptest! {
    /// Versions that grow apart, again and again, each come to what a list of their own would have come to.
    #[test]
    fn versions_of_messages_are_each_what_their_own_writes_made_them(
        writes in prop::collection::vec((0..4usize, 0..4usize, 0..6u8, any::<bool>()), 1..60)
    ) {
        let fields = JsonFields::new().field("x", Reducer::Messages);
        let mut versions: Vec<(JsonState, Vec<Value>)> = vec![(fields.initial(), Vec::new()); 4];
        for (number, (from, to, id, remove)) in writes.into_iter().enumerate() {
            let (mut state, mut model) = versions[from].clone();
            let id = id.to_string();
            let place = model.iter().position(|known| known["id"] == json!(id));
            let write = match place {
                Some(place) if remove => {
                    model.remove(place);
                    json!({ "type": "remove", "id": id })
                }
                Some(place) => {
                    model[place] = message(&id, &number.to_string());
                    model[place].clone()
                }
                None => {
                    model.push(message(&id, &number.to_string()));
                    message(&id, &number.to_string())
                }
            };
            state.apply(vec![update(json!({ "x": write }))]).unwrap();
            versions[to] = (state, model);
            for (state, model) in &versions {
                prop_assert_eq!(state.get("x"), Some(json!(model)));
            }
        }
    }
}

#[test]
fn reducers_have_names() {
    let known = [
        "last_value",
        "any_value",
        "append",
        "messages",
        "add",
        "merge",
        "topic",
        "ephemeral",
        "untracked",
    ];
    assert!(known.iter().all(|name| Reducer::named(name).is_some()));
    assert!(Reducer::named("sum").is_none());
}

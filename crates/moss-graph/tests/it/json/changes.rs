//! What makes one JSON state of another.

use std::cell::Cell;
use std::sync::Arc;

use moss_graph::State;
use moss_graph::json::{
    JsonChange, JsonChanges, JsonFields, JsonState, JsonUpdate, Reducer, overwrite,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

fn after(state: &JsonState, updates: &[Value]) -> JsonState {
    let mut state = state.clone();
    state.apply(updates.iter().cloned().map(update).collect()).unwrap();
    state
}

fn told(changes: &JsonChanges) -> Value {
    serde_json::to_value(changes).unwrap()
}

/// Does what the changes say, as somebody who knows their JSON form only.
pub(super) fn apply(held: &mut Map<String, Value>, changes: &Value) {
    let members = |kind: &str| changes.get(kind).and_then(Value::as_object).cloned();
    held.extend(members("set").unwrap_or_default());
    for field in changes.get("clear").and_then(Value::as_array).into_iter().flatten() {
        held.shift_remove(field.as_str().unwrap()).unwrap();
    }
    for (field, items) in members("append").unwrap_or_default() {
        let list = held.get_mut(&field).unwrap().as_array_mut().unwrap();
        list.extend(items.as_array().unwrap().iter().cloned());
    }
    for (field, rewrite) in members("rewrite").unwrap_or_default() {
        let keep = usize::try_from(rewrite["keep"].as_u64().unwrap()).unwrap();
        let mut list = match held.get(&field) {
            Some(list) if keep > 0 => list.as_array().unwrap()[..keep].to_vec(),
            Some(_) | None => Vec::new(),
        };
        list.extend(rewrite["items"].as_array().unwrap().iter().cloned());
        held.insert(field, list.into());
    }
}

fn object(state: &JsonState) -> Map<String, Value> {
    state.to_value().as_object().unwrap().clone()
}

fn fields() -> JsonFields {
    JsonFields::new()
        .field("messages", Reducer::Messages)
        .field("notes", Reducer::Append)
        .field("heard", Reducer::Topic { unique: false, accumulate: false })
        .field("seen", Reducer::Topic { unique: true, accumulate: true })
        .field("title", Reducer::LastValue)
        .field("hint", Reducer::Ephemeral { guard: false })
        .field_with_default("count", Reducer::Add, 7)
}

#[test]
fn each_kind_of_change_is_told_and_nothing_else() {
    let start = fields().initial();
    assert!(start.changes_since(&start.clone()).is_empty());
    assert_eq!(told(&start.changes_since(&start)), json!({}));

    let first = after(&start, &[json!({ "notes": ["a", "b"], "hint": 1, "title": "T" })]);
    assert_eq!(
        told(&first.changes_since(&start)),
        json!({ "set": { "title": "T", "hint": 1 }, "append": { "notes": ["a", "b"] } })
    );
    let second = after(&first, &[json!({ "notes": "c", "count": 1 })]);
    assert_eq!(
        told(&second.changes_since(&first)),
        json!({ "set": { "count": 8 }, "clear": ["hint"], "append": { "notes": ["c"] } })
    );
    let third = after(&second, &[json!({ "notes": overwrite(json!(["d"])) })]);
    assert_eq!(
        told(&third.changes_since(&second)),
        json!({ "rewrite": { "notes": { "keep": 0, "items": ["d"] } } })
    );
    // Back in time.
    assert_eq!(
        told(&first.changes_since(&second)),
        json!({ "set": { "hint": 1, "count": 7 }, "rewrite": { "notes": { "keep": 2, "items": [] } } })
    );
}

#[test]
fn a_replaced_message_is_told_with_what_stands_behind_it() {
    let message = |id: usize, text: &str| json!({ "id": id.to_string(), "content": text });
    let messages: Vec<_> = (0..100).map(|id| message(id, "old")).collect();
    let before = after(&fields().initial(), &[json!({ "messages": messages })]);
    let edited = after(&before, &[json!({ "messages": message(97, "new") })]);
    let behind = json!([message(97, "new"), message(98, "old"), message(99, "old")]);
    assert_eq!(
        told(&edited.changes_since(&before)),
        json!({ "rewrite": { "messages": { "keep": 97, "items": behind } } })
    );
}

#[test]
fn changes_are_walked_over_without_their_json_form() {
    let before = fields().state(json!({ "notes": ["a"] })).unwrap();
    let now = after(&before, &[json!({ "notes": ["b"], "title": "T" })]);
    let mut changes = now.changes_since(&before);
    let walked: Vec<_> = changes
        .iter()
        .map(|(field, change)| match change {
            JsonChange::Append(items) => {
                (field, Value::from_iter(items.into_iter().map(|item| Value::clone(item))))
            }
            JsonChange::Set(value) => (field, value.as_value().clone()),
            JsonChange::Clear | JsonChange::Rewrite { .. } => panic!("{change:?}"),
        })
        .collect();
    assert_eq!(walked, [("notes", json!(["b"])), ("title", json!("T"))]);
    assert_eq!(format!("{changes:?}"), r#"{"notes": Append(1 items), "title": Set}"#);
    changes.retain(|field| field == "title");
    assert_eq!(told(&changes), json!({ "set": { "title": "T" } }));
}

#[test]
fn what_is_written_twice_from_one_state_is_told_once() {
    let before = fields().state(json!({ "title": "T", "messages": ["Hi"] })).unwrap();
    let writes = [json!({ "title": "U", "messages": ["Hello"], "notes": [1] })];
    // As a router sees its node's writes, and as they are committed.
    let (seen, committed) = (after(&before, &writes), after(&before, &writes));
    assert!(committed.changes_since(&seen).is_empty());
}

#[test]
fn the_first_sight_of_a_state_is_all_of_it() {
    let state = fields().state(json!({ "notes": ["a"], "title": "T" })).unwrap();
    let mut held = Map::new();
    apply(&mut held, &told(&state.all_changes()));
    assert_eq!(held, object(&state));
}

#[test]
fn a_state_of_other_fields_is_told_from_the_ground_up() {
    let older = fields().state(json!({ "notes": ["a"], "title": "T" })).unwrap();
    let others = JsonFields::new().field("notes", Reducer::LastValue).field("new", Reducer::Append);
    for state in [others.initial(), others.state(json!({ "notes": 1, "new": 2 })).unwrap()] {
        let mut held = object(&older);
        apply(&mut held, &told(&state.changes_since(&older)));
        assert_eq!(held, object(&state));
    }
    // The same definition made twice is another one.
    let again = fields().state(json!({ "title": "U" })).unwrap();
    let mut held = object(&older);
    apply(&mut held, &told(&again.changes_since(&older)));
    assert_eq!(held, object(&again));
}

#[test]
fn what_is_new_in_a_long_log_is_found_without_walking_over_it() {
    let items: Vec<usize> = (0..100_000).collect();
    let before = fields().state(json!({ "notes": items })).unwrap();
    let now = after(&before, &[json!({ "notes": "new" })]);
    let fork = after(&before, &[json!({ "notes": ["other", "way"] })]);
    let compared = |a: &JsonState, b: &JsonState| {
        let count = Cell::new(0);
        let prefix = a.log("notes").unwrap().common_prefix(b.log("notes").unwrap(), |a, b| {
            count.set(count.get() + 1);
            Arc::ptr_eq(a, b)
        });
        assert_eq!(prefix, 100_000);
        count.get()
    };
    assert_eq!((compared(&now, &before), compared(&before, &now)), (0, 0));
    // What two forks share of their last chunk is all there is to look at.
    assert!(compared(&fork, &now) <= 32);
    assert_eq!(told(&now.changes_since(&before)), json!({ "append": { "notes": ["new"] } }));
    assert_eq!(
        told(&fork.changes_since(&now)),
        json!({ "rewrite": { "notes": { "keep": 100_000, "items": ["other", "way"] } } })
    );
}

/// A write to one of the fields.
fn write() -> impl Strategy<Value = Value> {
    let item = prop_oneof![
        (0..4u8).prop_map(|item| json!(item)),
        prop::collection::vec(0..4u8, 0..40).prop_map(|items| json!(items)),
    ];
    let list = prop_oneof![
        4 => item.clone(),
        1 => item.prop_map(overwrite),
    ];
    let message = (0..40u8, any::<u8>())
        .prop_map(|(id, text)| json!({ "id": id.to_string(), "content": text.to_string() }));
    let messages = prop_oneof![
        4 => prop::collection::vec(message, 0..40).prop_map(Value::from),
        1 => Just(json!({ "type": "remove", "id": "__remove_all__" })),
        1 => any::<u8>().prop_map(|text| json!(text.to_string())),
        1 => Just(json!("first")),
    ];
    prop_oneof![
        messages.prop_map(|value| json!({ "messages": value })),
        list.clone().prop_map(|value| json!({ "notes": value })),
        list.clone().prop_map(|value| json!({ "heard": value })),
        list.prop_map(|value| json!({ "seen": value })),
        any::<bool>().prop_map(|value| json!({ "title": value })),
        any::<bool>().prop_map(|value| json!({ "hint": value })),
        (0..3u8).prop_map(|value| json!({ "count": value })),
    ]
}

/// Takes out the message at a place, where there is one.
fn removal(state: &JsonState, place: usize) -> Value {
    let messages = state.log("messages").unwrap();
    match messages.get(place) {
        Some(message) => json!({ "messages": { "type": "remove", "id": message["id"] } }),
        None => json!({}),
    }
}

proptest! {
    /// Whatever two versions are taken, of one line or of two that grew apart: the changes make one of the other.
    #[test]
    fn changes_make_one_state_of_another(
        supersteps in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::collection::vec(write(), 0..3), 0..60usize),
            1..16,
        )
    ) {
        let mut versions = vec![fields().initial()];
        for (version, mut writes, removed) in supersteps {
            let state = version.get(&versions);
            writes.insert(0, removal(state, removed));
            let next = after(state, &writes);
            versions.push(next);
        }
        for state in &versions {
            for older in &versions {
                let mut held = object(older);
                apply(&mut held, &told(&state.changes_since(older)));
                prop_assert_eq!(&held, &object(state));
            }
        }
    }
}

//! What is stored of a JSON state.

use moss_graph::checkpoint::ChannelChange;
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer, overwrite};
use moss_graph::{Changes, Marks, PersistentState, State};
use serde_json::{Value, json};

fn fields() -> JsonFields {
    JsonFields::new()
        .field("messages", Reducer::Messages)
        .field("title", Reducer::LastValue)
        .field("hint", Reducer::Ephemeral { guard: true })
        .field("secret", Reducer::Untracked { guard: true })
}

/// What a superstep of these updates stores.
fn changes(state: &mut JsonState, updates: &[Value]) -> Changes {
    let updates: Vec<_> =
        updates.iter().map(|update| JsonUpdate::from_json(update.clone()).unwrap()).collect();
    let mut marks = Marks::default();
    state.mark(&mut updates.iter(), &mut marks);
    state.apply(updates).unwrap();
    state.changes(&marks).unwrap()
}

fn message(id: usize) -> Value {
    json!({ "id": id.to_string(), "content": "text" })
}

#[test]
fn a_message_is_stored_once_and_an_edit_stores_what_stands_behind_it() {
    let mut state = fields().initial();
    let first: Vec<_> = (0..100).map(message).collect();
    changes(&mut state, &[json!({ "messages": first })]);
    let items = |changes: &Changes| match &changes["messages"] {
        ChannelChange::Append(items) => (None, items.len()),
        ChannelChange::Rewrite { keep, items } => (Some(*keep), items.len()),
        other => panic!("{other:?}"),
    };
    let appended = changes(&mut state, &[json!({ "messages": message(100) })]);
    assert_eq!(appended.len(), 1);
    assert_eq!(items(&appended), (None, 1));
    let edited = changes(&mut state, &[json!({ "messages": { "id": "98", "content": "new" } })]);
    assert_eq!(items(&edited), (Some(98), 3));
    let removed = changes(&mut state, &[json!({ "messages": { "type": "remove", "id": "100" } })]);
    assert_eq!(items(&removed), (Some(100), 0));
    let replaced = changes(&mut state, &[json!({ "messages": overwrite(json!([message(7)])) })]);
    assert_eq!(items(&replaced), (Some(0), 1));
}

#[test]
fn only_what_was_written_is_stored_and_untracked_fields_never_are() {
    let mut state = fields().initial();
    let stored = changes(&mut state, &[json!({ "title": "a", "secret": "s", "hint": 1 })]);
    let names: Vec<_> = stored.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["hint", "title"]);
    let cleared = changes(&mut state, &[json!({ "secret": "t" })]);
    assert_eq!(cleared.into_iter().collect::<Vec<_>>(), [("hint".into(), ChannelChange::Clear)]);
    assert!(changes(&mut state, &[]).is_empty());
    assert_eq!(state.to_json().unwrap(), json!({ "messages": [], "title": "a" }));
    let update = JsonUpdate::from_json(json!({ "title": "b", "secret": "u" })).unwrap();
    assert_eq!(state.stored_update(&update).unwrap(), json!({ "title": "b" }));
}

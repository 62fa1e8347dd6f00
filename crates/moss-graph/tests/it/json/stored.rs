//! What is stored of a JSON state.

use moss_graph::checkpoint::{Blob, ChannelChange, ChannelValue};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer, overwrite};
use moss_graph::{Changes, Channels, Marks, PersistentState, State, StateError};
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

/// What a store gives back whose messages are these texts.
fn stored(texts: &[&[u8]]) -> Channels {
    let blob = |text: &&[u8]| Blob::from_stored(1, text.to_vec()).unwrap();
    let messages: Vec<Blob> = texts.iter().map(blob).collect();
    Channels::from_iter([("messages".into(), ChannelValue::Log(messages.into()))])
}

#[test]
fn messages_that_are_shown_are_as_they_are_stored_until_somebody_looks() {
    let texts: [&[u8]; 2] = [br#"{"id":"0","content":"\u00e9"}"#, br#" {"id": "1", "n": 1e2} "#];
    let state = fields().initial().restore_to_show(&stored(&texts)).unwrap();
    let copy = state.clone();
    let told = copy.stored("messages").unwrap();
    assert_eq!(told.iter().map(|blob| &blob.bytes()[..]).collect::<Vec<_>>(), texts);
    assert!(state.stored("title").is_none() && state.stored("nothing").is_none());

    let both = json!([{ "id": "0", "content": "é" }, { "id": "1", "n": 100.0 }]);
    assert_eq!(state.get("messages"), Some(both));
    assert!(state.stored("messages").is_none() && copy.stored("messages").is_none());
    assert_eq!(copy, fields().initial().restore(&stored(&texts)).unwrap());
    assert!(fields().initial().restore(&stored(&texts)).unwrap().stored("messages").is_none());
}

#[test]
fn a_shown_state_goes_on_as_any_other() {
    let texts: [&[u8]; 2] = [br#"{"id":"0","content":"a"}"#, br#"{"id":"1","content":"b"}"#];
    let mut state = fields().initial().restore_to_show(&stored(&texts)).unwrap();
    let unchanged = state.clone();
    let update = json!({ "messages": [{ "id": "0", "content": "new" }, message(2)] });
    let changed = changes(&mut state, &[update]);
    let ChannelChange::Rewrite { keep: 0, items } = &changed["messages"] else { panic!() };
    assert_eq!(items.len(), 3);
    assert_eq!(unchanged.log("messages").unwrap().len(), 2);

    let mut state = fields().initial().restore_to_show(&stored(&texts)).unwrap();
    let changed = changes(&mut state, &[json!({ "messages": message(2) })]);
    assert!(matches!(&changed["messages"], ChannelChange::Append(items) if items.len() == 1));
}

#[test]
fn what_cannot_be_decoded_is_refused_where_it_is_shown_too() {
    let deep = format!("{}{}", "[".repeat(121), "]".repeat(121));
    let unsound: [&[u8]; 11] = [
        b"",
        b"{",
        b"{} {}",
        b"{}],\"next\":[",
        b"{\"a\":1e999}",
        b"\"\\ud800\"",
        b"\"\xff\"",
        b"{\"\xff\":1}",
        b"\"a\nb\"",
        b"{\"$serde_json::private::RawValue\":\"{\"}",
        deep.as_bytes(),
    ];
    for text in unsound {
        let channels = stored(&[b"{}", text]);
        let shown = fields().initial().restore_to_show(&channels).unwrap_err();
        let restored = fields().initial().restore(&channels).unwrap_err();
        assert!(matches!(&shown, StateError::Decode { field, .. } if field == "messages"));
        assert_eq!(shown.to_string(), restored.to_string());
    }
    // A text that stands for another value than it says is not handed on.
    let channels = stored(&[b"{\"$serde_json::private::RawValue\":\"[1]\"}"]);
    let state = fields().initial().restore_to_show(&channels).unwrap();
    assert!(state.stored("messages").is_none());
    assert_eq!(state.get("messages"), Some(json!([[1]])));
}

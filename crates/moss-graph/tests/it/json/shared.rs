//! Values that are handed on: what is shared, and that it is the same as if it were copied.

use std::sync::Arc;

use moss_graph::checkpoint::{Blob, ChannelChange, ChannelValue, CheckpointStore, MemoryStore};
use moss_graph::json::{
    JsonChange, JsonFields, JsonParts, JsonState, JsonUpdate, JsonValue, JsonWrite, Reducer,
    json_node,
};
use moss_graph::{
    Changes, CompiledGraph, Durability, Input, Marks, NodeContext, NodeError, PersistentState,
    RunOptions, START, State, StateGraph, StateGraphEngine,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::chain;

fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

fn after(state: &JsonState, update: JsonUpdate) -> JsonState {
    let mut state = state.clone();
    state.apply(vec![update]).unwrap();
    state
}

/// The items of a list that is shared item by item.
fn shared_items(value: &JsonValue) -> Vec<Arc<Value>> {
    match value.parts() {
        JsonParts::List(items) => items.iter().cloned().collect(),
        JsonParts::Whole(value) => panic!("{value} is in one piece"),
    }
}

fn items(state: &JsonState, field: &str) -> Vec<Arc<Value>> {
    shared_items(&state.shared(field).unwrap())
}

fn are_same(items: &[Arc<Value>], others: &[Arc<Value>]) -> bool {
    items.len() == others.len() && items.iter().zip(others).all(|(a, b)| Arc::ptr_eq(a, b))
}

fn fields() -> JsonFields {
    JsonFields::new()
        .field("events", Reducer::Append)
        .field("answered", Reducer::Append)
        .field("docs", Reducer::LastValue)
        .field("last", Reducer::LastValue)
        .field("people", Reducer::Merge)
}

fn begun() -> JsonState {
    fields().state(json!({ "events": [{ "id": 1 }, { "id": 2 }] })).unwrap()
}

#[test]
fn what_is_handed_on_is_the_very_same_in_each_field_that_takes_it() {
    let state = begun();
    let events = items(&state, "events");
    let write = JsonUpdate::default()
        .with("answered", state.shared("events"))
        .with("docs", state.shared("events"))
        .with("last", events.last())
        .with("people", events.last());
    let state = after(&state, write);
    assert!(are_same(&items(&state, "answered"), &events));
    assert!(are_same(&items(&state, "docs"), &events));
    assert!(Arc::ptr_eq(&state.shared("last").unwrap().into_whole(), &events[1]));
    // An object over nothing, and one over itself, is that object.
    let again = after(&state, JsonUpdate::default().with("people", &events[1]));
    assert!(Arc::ptr_eq(&again.shared("people").unwrap().into_whole(), &events[1]));
    assert_eq!(
        again.to_value(),
        json!({
            "events": [{ "id": 1 }, { "id": 2 }], "answered": [{ "id": 1 }, { "id": 2 }],
            "docs": [{ "id": 1 }, { "id": 2 }], "last": { "id": 2 }, "people": { "id": 2 },
        })
    );
}

#[test]
fn messages_with_an_id_are_handed_on_as_they_are() {
    let fields = JsonFields::new().field("all", Reducer::Messages).field("kept", Reducer::Messages);
    let message = |id: &str| json!({ "id": id, "type": "ai", "content": "Hi" });
    let state = fields.state(json!({ "all": [message("1"), message("2")] })).unwrap();
    let state = after(&state, JsonUpdate::default().with("kept", state.shared("all")));
    assert!(are_same(&items(&state, "kept"), &items(&state, "all")));
}

#[test]
fn what_is_sent_to_a_task_is_the_item_it_was() {
    let state = begun();
    let event = Arc::clone(&items(&state, "events")[0]);
    let sent = state.argument(&event);
    assert_eq!(sent.sent(), Some(&json!({ "id": 1 })));
    let handed = after(&state, JsonUpdate::default().with("last", sent.shared_sent().cloned()));
    assert!(Arc::ptr_eq(&handed.shared("last").unwrap().into_whole(), &event));
}

#[test]
fn a_list_of_shared_items_is_read_as_one_value_that_is_made_once() {
    let state = after(&begun(), JsonUpdate::default().with("docs", begun().shared("events")));
    let other = state.clone();
    let (one, two) = (state.value("docs").unwrap(), other.value("docs").unwrap());
    assert_eq!(one, &json!([{ "id": 1 }, { "id": 2 }]));
    assert!(std::ptr::eq(one, two));
}

#[test]
fn a_list_equals_an_array_with_equal_items_and_nothing_else() {
    let list = JsonValue::list([Arc::new(json!(1)), Arc::new(json!([2]))]);
    assert_eq!(list, JsonValue::from(json!([1, [2]])));
    assert_eq!(JsonValue::from(json!([1, [2]])), list);
    assert_eq!(list, JsonValue::list([Arc::new(json!(1)), Arc::new(json!([2]))]));
    assert_eq!(list, json!([1, [2]]));
    for other in [json!([1]), json!([1, [3]]), json!([1, [2], 3]), json!(1), Value::Null] {
        assert_ne!(list, other);
        assert_ne!(list, JsonValue::from(other));
    }
    assert_eq!(serde_json::to_string(&list).unwrap(), "[1,[2]]");
    assert_eq!(list.into_value(), json!([1, [2]]));
}

#[test]
fn an_overwrite_takes_a_fields_place_with_what_is_shared() {
    let state = begun();
    let first = Arc::clone(&items(&state, "events")[0]);
    let write = JsonUpdate::default()
        .with_overwrite("events", JsonValue::list([Arc::clone(&first)]))
        .with_overwrite("last", &first);
    let json = serde_json::to_value(&write).unwrap();
    assert_eq!(json["events"], json!({ "__overwrite__": [{ "id": 1 }] }));
    // A field that each write replaces has nothing to overwrite.
    let stored = state.stored_update(&write).unwrap();
    assert_eq!(
        stored,
        json!({ "events": { "__overwrite__": [{ "id": 1 }] }, "last": { "id": 1 } })
    );
    let state = after(&state, write);
    assert!(are_same(&items(&state, "events"), &[Arc::clone(&first)]));
    assert!(Arc::ptr_eq(&state.shared("last").unwrap().into_whole(), &first));
}

#[test]
fn a_field_that_is_named_twice_is_written_once() {
    let write = JsonUpdate::default().with("last", 1).with("docs", 2).with("last", 3);
    assert_eq!(write, update(json!({ "docs": 2, "last": 3 })));
    assert_ne!(write, update(json!({ "docs": 2, "last": 4 })));
    assert_eq!(write.get("last"), Some(&JsonWrite::Reduce(3.into())));
    assert_eq!(write.fields().map(|(name, _)| name).collect::<Vec<_>>(), ["last", "docs"]);
    assert_eq!(write.get("events"), None);
}

#[test]
fn what_is_written_is_not_shown_for_debugging() {
    let secret = json!("secret");
    let write = JsonUpdate::default()
        .with("last", secret.clone())
        .with_overwrite("docs", JsonValue::list([Arc::new(secret)]));
    assert_eq!(
        format!("{write:?}"),
        r#"{"last": Reduce(a value), "docs": Overwrite(a list of 1)}"#
    );
}

/// What a superstep stores.
fn stored(state: &mut JsonState, update: JsonUpdate) -> Changes {
    let mut marks = Marks::default();
    state.mark(&mut std::iter::once(&update), &mut marks);
    state.apply(vec![update]).unwrap();
    state.changes(&marks).unwrap()
}

fn is_same_memory(blob: &Blob, other: &Blob) -> bool {
    blob.bytes().as_ptr() == other.bytes().as_ptr()
}

#[test]
fn what_stands_in_several_fields_is_encoded_once_and_decoded_once() {
    let mut state = fields().initial();
    let event = Arc::new(json!({ "id": 1 }));
    let write = JsonUpdate::default()
        .with("events", JsonValue::list([Arc::clone(&event), Arc::clone(&event)]))
        .with("last", &event);
    let changes = stored(&mut state, write);
    let (ChannelChange::Append(events), ChannelChange::Set(last)) =
        (&changes["events"], &changes["last"])
    else {
        panic!("{changes:?}")
    };
    assert!(events.iter().all(|blob| is_same_memory(blob, last)));
    let channels = [
        ("events".into(), ChannelValue::Log(events.clone().into())),
        ("last".into(), ChannelValue::Value(last.clone())),
    ];
    let back = fields().initial().restore(&channels.into_iter().collect()).unwrap();
    assert_eq!(back, state);
    let event = back.shared("last").unwrap().into_whole();
    assert!(are_same(&items(&back, "events"), &[Arc::clone(&event), event]));
}

#[test]
fn a_list_of_shared_items_is_stored_as_a_log_and_what_it_had_before_is_not_stored_again() {
    let mut state = begun();
    let docs = |state: &JsonState| JsonUpdate::default().with("docs", state.shared("events"));
    let first = docs(&state);
    let changes = stored(&mut state, first);
    assert!(
        matches!(&changes["docs"], ChannelChange::Rewrite { keep: 0, items } if items.len() == 2)
    );

    state.apply(vec![update(json!({ "events": [{ "id": 3 }] }))]).unwrap();
    let grown = docs(&state);
    let changes = stored(&mut state, grown.clone());
    assert!(matches!(&changes["docs"], ChannelChange::Append(items) if items.len() == 1));
    assert!(stored(&mut state, grown).is_empty());

    let all = items(&state, "docs");
    let edited =
        JsonUpdate::default().with("docs", JsonValue::list([&all[0], &all[2]].map(Arc::clone)));
    let changes = stored(&mut state, edited);
    assert!(
        matches!(&changes["docs"], ChannelChange::Rewrite { keep: 1, items } if items.len() == 1)
    );

    // Of what was one value nothing stays, and of what becomes one neither.
    let changes = stored(&mut state, update(json!({ "docs": [1, 2] })));
    assert!(matches!(&changes["docs"], ChannelChange::Set(_)));
    let again = JsonUpdate::default().with("docs", JsonValue::list([Arc::new(json!(1))]));
    let changes = stored(&mut state, again);
    assert!(
        matches!(&changes["docs"], ChannelChange::Rewrite { keep: 0, items } if items.len() == 1)
    );
}

#[test]
fn a_list_that_was_stored_as_one_value_is_read_and_so_is_one_that_was_a_log() {
    let docs = |value| fields().initial().restore(&[("docs".into(), value)].into_iter().collect());
    let blob = |value: Value| Blob::encode(&value).unwrap();
    for stored in [
        ChannelValue::Value(blob(json!([{ "id": 1 }, 2]))),
        ChannelValue::Log([blob(json!({ "id": 1 })), blob(json!(2))].into_iter().collect()),
    ] {
        assert_eq!(docs(stored).unwrap().get("docs"), Some(json!([{ "id": 1 }, 2])));
    }
}

/// A list that threads begin with is nowhere stored, so what is written later cannot stand behind it.
#[test]
fn a_list_that_a_state_begins_with_is_stored_with_what_grows_out_of_it() {
    let one = Arc::new(json!(1));
    let begin = JsonFields::new()
        .field_with_default("docs", Reducer::LastValue, JsonValue::list([Arc::clone(&one)]))
        .initial();
    let mut state = begin.restore(&[].into_iter().collect()).unwrap();
    let grown = JsonUpdate::default().with("docs", JsonValue::list([Arc::clone(&one), one]));
    let changes = stored(&mut state, grown);
    assert!(
        matches!(&changes["docs"], ChannelChange::Rewrite { keep: 0, items } if items.len() == 2)
    );
}

/// The definition may have changed since: what is put behind a list stands behind all that it was.
#[test]
fn a_log_that_was_stored_as_one_value_or_not_at_all_is_stored_with_what_grows_out_of_it() {
    let fields = JsonFields::new().field_with_default("log", Reducer::Append, json!([1]));
    let value = |items| ("log".into(), ChannelValue::Value(Blob::encode(&items).unwrap()));
    for (channels, length) in
        [(vec![], 1), (vec![value(json!([]))], 0), (vec![value(json!([1]))], 1)]
    {
        let mut state = fields.initial().restore(&channels.into_iter().collect()).unwrap();
        let changes = stored(&mut state, update(json!({ "log": 2 })));
        let ChannelChange::Rewrite { keep: 0, items } = &changes["log"] else {
            panic!("{changes:?}")
        };
        assert_eq!(items.len(), length + 1);
        let changes = stored(&mut state, update(json!({ "log": 3 })));
        assert!(matches!(&changes["log"], ChannelChange::Append(items) if items.len() == 1));
    }
}

#[test]
fn a_list_that_grew_is_told_by_what_is_new() {
    let told = |state: &JsonState, older: &JsonState| {
        serde_json::to_value(state.changes_since(older)).unwrap()
    };
    let begun = begun();
    let before = after(&begun, JsonUpdate::default().with("docs", begun.shared("events")));
    let set = told(&before, &begun);
    assert_eq!(set, json!({ "set": { "docs": [{ "id": 1 }, { "id": 2 }] } }));
    let mut docs = items(&before, "docs");
    docs.push(Arc::new(json!(3)));
    let grown = after(&before, JsonUpdate::default().with("docs", docs.clone()));
    assert_eq!(told(&grown, &before), json!({ "append": { "docs": [3] } }));
    let other =
        after(&before, JsonUpdate::default().with("docs", JsonValue::list([docs[2].clone()])));
    assert_eq!(told(&other, &before), json!({ "set": { "docs": [3] } }));
    // Equal values are not told, whichever way they are held.
    let copied = after(&grown, update(json!({ "docs": grown.get("docs") })));
    assert!(copied.changes_since(&grown).is_empty());
    let changes = other.changes_since(&before);
    let (_, JsonChange::Set(value)) = changes.iter().next().unwrap() else { panic!("{changes:?}") };
    assert!(are_same(&shared_items(value), &docs[2..]));
}

/// A field for each way in which writes are put together.
const FIELDS: [&str; 14] = [
    "last",
    "any",
    "append",
    "messages",
    "add",
    "merge",
    "topic",
    "unique",
    "passing",
    "heard",
    "ephemeral",
    "untracked",
    "batch",
    "fold",
];

fn every_field() -> JsonFields {
    let topic = |unique, accumulate| Reducer::Topic { unique, accumulate };
    let length = |held: Option<&Value>, writes: Vec<Value>| {
        Ok::<_, String>(json!(json!([held, writes]).to_string().len()))
    };
    let longer = |held: Value, written: Value| {
        let is_longer = written.to_string().len() > held.to_string().len();
        Ok::<_, String>(if is_longer { written } else { held })
    };
    let reducers = [
        Reducer::LastValue,
        Reducer::AnyValue,
        Reducer::Append,
        Reducer::Messages,
        Reducer::Add,
        Reducer::Merge,
        topic(false, true),
        topic(true, true),
        topic(false, false),
        topic(true, false),
        Reducer::Ephemeral { guard: false },
        Reducer::Untracked { guard: false },
        Reducer::batch(length),
        Reducer::fold(longer),
    ];
    let named = FIELDS.into_iter().zip(reducers);
    named.fold(JsonFields::new(), |fields, (name, reducer)| fields.field(name, reducer))
}

/// A value that a node writes: its own, or made of what it found in the state.
#[derive(Debug, Clone)]
enum Written {
    Own(Value),
    Field(usize),
    Item(usize, usize),
    Items(Vec<(usize, usize)>),
}

impl Written {
    fn of(&self, state: &JsonState) -> JsonValue {
        match self {
            Self::Own(value) => value.clone().into(),
            Self::Field(field) => state.shared(FIELDS[*field]).into(),
            Self::Item(field, place) => item(state, *field, *place).into(),
            Self::Items(items) => {
                items.iter().filter_map(|(field, place)| item(state, *field, *place)).collect()
            }
        }
    }
}

fn item(state: &JsonState, field: usize, place: usize) -> Option<Arc<Value>> {
    let value = state.shared(FIELDS[field])?;
    match value.parts() {
        JsonParts::Whole(value) => match value.as_array() {
            Some(items) => items.get(place % items.len().max(1)).cloned().map(Arc::new),
            None => Some(Arc::clone(value)),
        },
        JsonParts::List(items) => items.get(place % items.len().max(1)).cloned(),
    }
}

#[derive(Debug, Clone)]
struct Write {
    field: usize,
    value: Written,
    overwrites: bool,
}

fn update_of(writes: &[Write], state: &JsonState) -> JsonUpdate {
    writes.iter().fold(JsonUpdate::default(), |update, Write { field, value, overwrites }| {
        let (field, value) = (FIELDS[*field], value.of(state));
        if *overwrites { update.with_overwrite(field, value) } else { update.with(field, value) }
    })
}

/// The same without anything shared.
fn copied(update: &JsonUpdate) -> JsonUpdate {
    JsonUpdate::from_json(serde_json::to_value(update).unwrap()).unwrap()
}

fn own_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0..9u8).prop_map(Value::from),
        (0..4u8).prop_map(|name| json!(name.to_string())),
        (0..9u8, 0..3u8).prop_map(|(id, text)| json!({ "id": id.to_string(), "text": text })),
        Just(json!({ "type": "remove", "id": "__remove_all__" })),
        Just(json!({})),
        prop::collection::vec((0..9u8).prop_map(|id| json!({ "id": id.to_string() })), 0..40)
            .prop_map(Value::from),
    ]
}

fn written() -> impl Strategy<Value = Written> {
    let place = (0..FIELDS.len(), any::<usize>());
    prop_oneof![
        2 => own_value().prop_map(Written::Own),
        2 => (0..FIELDS.len()).prop_map(Written::Field),
        1 => place.clone().prop_map(|(field, place)| Written::Item(field, place)),
        2 => prop::collection::vec(place, 0..5).prop_map(Written::Items),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    (0..FIELDS.len(), written(), prop::bool::weighted(0.1)).prop_map(
        |(field, value, overwrites)| {
            // Where each write replaces what is there, the JSON form of an overwrite is a value like any other.
            let reduces = !["last", "any", "ephemeral", "untracked"].contains(&FIELDS[field]);
            Write { field, value, overwrites: overwrites && reduces }
        },
    )
}

/// What one node writes.
fn node_writes() -> impl Strategy<Value = Vec<Write>> {
    prop::collection::vec(write(), 0..5)
}

proptest! {
    /// Whatever is handed on: the state, what is told of it and what is refused are as if all had been copied.
    #[test]
    fn what_is_shared_is_as_if_it_were_copied(
        supersteps in prop::collection::vec(prop::collection::vec(node_writes(), 0..3), 1..7)
    ) {
        let begin = every_field().initial();
        let (mut shared, mut plain) = (begin.clone(), begin);
        for writes in supersteps {
            let (shared_before, plain_before) = (shared.clone(), plain.clone());
            let updates: Vec<_> = writes.iter().map(|writes| update_of(writes, &shared)).collect();
            let copies = updates.iter().map(copied).collect();
            match (shared.apply(updates), plain.apply(copies)) {
                (Ok(()), Ok(())) => {}
                (Err(shared), Err(plain)) => prop_assert_eq!(chain(&shared), chain(&plain)),
                (shared, plain) => prop_assert!(false, "{:?}, {:?}", shared, plain),
            }
            prop_assert_eq!(&shared, &plain);
            prop_assert_eq!(shared.to_value(), plain.to_value());
            prop_assert!(shared.changes_since(&plain).is_empty());
            let told = |changes| -> Result<_, TestCaseError> {
                let mut held = object(&plain_before);
                super::changes::apply(&mut held, &serde_json::to_value(&changes).unwrap());
                Ok(held)
            };
            prop_assert_eq!(told(shared.changes_since(&shared_before))?, object(&plain));
            prop_assert_eq!(told(shared.changes_since(&plain_before))?, object(&plain));
            prop_assert_eq!(shared.to_json().unwrap(), plain.to_json().unwrap());
        }
    }

    /// Whatever is handed on, a thread that is opened again, from what was stored of each run, is as if all had been
    /// copied.
    #[test]
    fn what_is_shared_is_stored_as_if_it_were_copied(
        runs in prop::collection::vec(prop::collection::vec(node_writes(), 0..4), 1..4),
        durability in prop::sample::select(vec![
            Durability::Sync, Durability::Async, Durability::Exit,
        ])
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let shared = runtime.block_on(thread_after(&runs, durability, JsonUpdate::clone));
        let plain = runtime.block_on(thread_after(&runs, durability, copied));
        prop_assert_eq!(shared, plain);
    }
}

fn object(state: &JsonState) -> serde_json::Map<String, Value> {
    state.to_value().as_object().unwrap().clone()
}

/// What a thread shows and what its runs fail with, after runs that each have an engine of their own.
async fn thread_after(
    runs: &[Vec<Vec<Write>>],
    durability: Durability,
    form: fn(&JsonUpdate) -> JsonUpdate,
) -> (Value, Vec<String>) {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    let thread = |script: &[Vec<Write>]| {
        let engine = StateGraphEngine::persistent(chain_of(script, form), every_field().initial());
        engine.with_store(Arc::clone(&store)).thread("t").unwrap()
    };
    let mut failures = Vec::new();
    for script in runs {
        let options = RunOptions { durability, ..RunOptions::default() };
        let begun = Input::Update(JsonUpdate::default());
        if let Err(error) = thread(script).run(begun, options).await {
            failures.push(chain(&error));
        }
    }
    (thread(&[]).state().await.unwrap().unwrap().values.to_value(), failures)
}

/// A node for each of these writes, one behind the other.
fn chain_of(
    script: &[Vec<Write>],
    form: fn(&JsonUpdate) -> JsonUpdate,
) -> CompiledGraph<JsonState> {
    let begin = json_node(|_, _| async { Ok::<_, NodeError>(Value::Null) });
    let graph = StateGraph::new().node("begin", begin).edge(START, "begin");
    let nodes = script.iter().cloned().enumerate();
    let (graph, _) = nodes.fold((graph, "begin".to_owned()), |(graph, last), (number, writes)| {
        let name = format!("node_{number}");
        let node = move |state: Arc<JsonState>, _: NodeContext| {
            let written = form(&update_of(&writes, &state));
            async move { Ok::<_, NodeError>(written) }
        };
        (graph.node(&name, node).edge(&last, &name), name)
    });
    graph.compile().unwrap()
}

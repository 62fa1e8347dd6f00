//! States of Rust's own types on threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use moss_graph::checkpoint::{
    Blob, ChannelChange, ChannelName, ChannelValue, CheckpointQuery, CheckpointStore, MemoryStore,
    Namespace, ThreadId,
};
use moss_graph::{
    Durability, Input, Log, Marks, NodeContext, NodeResult, PersistentState, RunOptions, START,
    State, StateGraph, StateGraphEngine, Thread,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

fn add(total: &mut u64, more: u64) {
    *total += more;
}

#[derive(Clone, Debug, Default, PartialEq, State)]
#[state(persist, update_derive(Debug, PartialEq))]
struct Diary {
    #[state(append)]
    notes: Log<Note>,
    #[state(append)]
    tags: Vec<String>,
    title: Option<String>,
    #[state(reducer = add)]
    total: u64,
    #[state(ephemeral)]
    hint: Option<String>,
    #[state(append, ephemeral)]
    news: Vec<u8>,
    #[state(untracked)]
    secret: Option<Secret>,
}

/// Nothing that could be stored.
#[derive(Clone, Debug, PartialEq)]
struct Secret(&'static str);

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

async fn write(diary: Arc<Diary>, context: NodeContext) -> NodeResult<Diary> {
    let text = format!("{} sees {:?} and {:?}", context.node(), diary.hint, diary.news);
    Ok(Diary::update()
        .notes([note(&text)])
        .total(1)
        .hint(Some(context.node().to_string()))
        .news([1, 2])
        .secret(Some(Secret("of the run"))))
}

async fn look(diary: Arc<Diary>, _: NodeContext) -> NodeResult<Diary> {
    let text = format!("look sees {:?} and {:?}", diary.hint, diary.news);
    Ok(Diary::update().notes([note(&text)]))
}

fn thread(store: &Arc<dyn CheckpointStore>) -> Thread<Diary> {
    let graph = StateGraph::new()
        .node("write", write)
        .node("look", look)
        .node("last", look)
        .edge(START, "write")
        .sequence(["write", "look", "last"])
        .interrupt_before(["last"]);
    let engine = StateGraphEngine::persistent(graph.compile().unwrap(), Diary::default());
    engine.with_store(Arc::clone(store)).thread("t").unwrap()
}

#[tokio::test]
async fn a_derived_state_is_stored_and_read_back() {
    for durability in [Durability::Sync, Durability::Exit] {
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let options = || RunOptions { durability, ..RunOptions::default() };
        let input = Diary::update().title(Some("Days".to_owned())).tags(["x".to_owned()]);
        let first = thread(&store).run(Input::Update(input), options()).await.unwrap();
        assert_eq!(first.state.secret, Some(Secret("of the run")));
        // Another process: what is not tracked is not there, all else is.
        let second = thread(&store).run(Input::Continue, options()).await.unwrap();
        let texts = [
            "write sees None and []",
            r#"look sees Some("write") and [1, 2]"#,
            "look sees None and []",
        ];
        let expected = Diary {
            notes: texts.into_iter().map(note).collect(),
            tags: vec!["x".to_owned()],
            title: Some("Days".to_owned()),
            total: 1,
            ..Diary::default()
        };
        assert_eq!(*second.state, expected);
        assert_eq!(*thread(&store).state().await.unwrap().unwrap().values, expected);
    }
}

#[tokio::test]
async fn an_entry_of_a_log_is_stored_once() {
    let before = Diary { notes: Log::from(vec![note("a")]), ..Diary::default() };
    let mut marks = Marks::default();
    let update = Diary::update().notes([note("b")]).total(2);
    before.mark(&mut std::iter::once(&update), &mut marks);
    let mut after = before.clone();
    after.apply(vec![update]).unwrap();
    let changes = after.changes(&marks).unwrap();
    let names: Vec<_> = changes.keys().map(ToString::to_string).collect();
    // What every superstep clears is written in every superstep.
    assert_eq!(names, ["hint", "news", "notes", "total"]);
    let ChannelChange::Append(items) = &changes["notes"] else { panic!("{changes:?}") };
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].decode::<Note>().unwrap(), note("b"));
}

#[test]
fn an_update_is_json_and_back() {
    let update = Diary::update()
        .notes([note("a")])
        .overwrite_tags(vec!["only".to_owned()])
        .title(None)
        .overwrite_total(7)
        .secret(Some(Secret("not told")));
    let json = Diary::update_to_json(&update).unwrap();
    assert_eq!(
        json,
        json!({
            "notes": [{ "text": "a" }],
            "tags": { "__overwrite__": ["only"] },
            "title": null,
            "total": { "__overwrite__": 7 },
        })
    );
    let back = Diary::default().update_from_json(json).unwrap();
    assert_eq!(back, DiaryUpdate { secret: None, ..update });
    let error = Diary::default().update_from_json(json!({ "titel": 1 })).unwrap_err();
    assert_eq!(error.to_string(), "the state has no field `titel`; did you mean `title`?");
}

#[tokio::test]
async fn a_thread_may_begin_with_a_log_that_is_not_empty() {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    let begin = Diary { notes: Log::from(vec![note("rules")]), ..Diary::default() };
    let graph = StateGraph::new().node("look", look).edge(START, "look").compile().unwrap();
    let engine = StateGraphEngine::persistent(graph, begin).with_store(Arc::clone(&store));
    let thread = engine.thread("t").unwrap();
    for turn in 1..=2 {
        thread.run(Input::Update(Diary::update()), RunOptions::default()).await.unwrap();
        let stored = thread.state().await.unwrap().unwrap();
        let texts: Vec<_> = stored.values.notes.iter().map(|note| note.text.as_str()).collect();
        let mut expected = vec!["rules"];
        expected.extend(std::iter::repeat_n("look sees None and []", turn));
        assert_eq!(texts, expected);
    }
}

#[tokio::test]
async fn what_is_stored_is_no_more_than_what_changed() {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    thread(&store)
        .run(Input::Update(Diary::update().total(1)), RunOptions::default())
        .await
        .unwrap();
    let query = CheckpointQuery::latest(ThreadId::from("t"), Namespace::root());
    let stored = store.load(&query).await.unwrap().unwrap();
    let names: BTreeMap<_, _> = stored.channels.into_iter().collect();
    assert!(!names.contains_key("title") && !names.contains_key("secret"));
}

/// Fields whose values may be the same ones.
#[derive(Clone, Debug, Default, PartialEq, State)]
#[state(persist)]
struct Archive {
    #[state(append)]
    inbox: Log<Arc<Note>>,
    #[state(append)]
    done: Vec<Arc<Note>>,
    kept: Log<Arc<Note>>,
    newest: Option<Arc<Note>>,
    pinned: Arc<str>,
    title: Arc<str>,
}

/// What is stored of the fields that an update writes.
fn changes_of(update: ArchiveUpdate) -> (Archive, moss_graph::Changes) {
    let mut archive = Archive::default();
    let mut marks = Marks::fresh();
    archive.mark(&mut std::iter::once(&update), &mut marks);
    archive.apply(vec![update]).unwrap();
    let changes = archive.changes(&marks).unwrap();
    (archive, changes)
}

#[test]
fn a_value_that_several_fields_share_is_encoded_once() {
    let (one, other): (_, Arc<str>) = (Arc::new(note("shared")), "a title".into());
    let equal = Arc::new(note("shared"));
    let (archive, changes) = changes_of(
        Archive::update()
            .inbox([Arc::clone(&one), Arc::clone(&equal), Arc::clone(&one)])
            .done([Arc::clone(&one)])
            .kept(Log::from(vec![Arc::clone(&one)]))
            .newest(Some(Arc::clone(&one)))
            .pinned(Arc::clone(&other))
            .title(other),
    );
    let mut bytes = Vec::new();
    for (field, change) in &changes {
        let blobs = match change {
            ChannelChange::Set(blob) => std::slice::from_ref(blob),
            ChannelChange::Append(items) | ChannelChange::Rewrite { items, .. } => items,
            ChannelChange::Clear => &[],
        };
        bytes.extend(blobs.iter().map(|blob| (field.to_string(), blob.bytes().as_ptr())));
    }
    let of = |field: &str| {
        let of_field = bytes.iter().filter(|(name, _)| name == field).map(|(_, bytes)| *bytes);
        of_field.collect::<Vec<_>>()
    };
    let [first, second, third] = of("inbox")[..] else { panic!("three items: {bytes:?}") };
    assert_eq!(first, third);
    assert_ne!(first, second, "an equal value is another");
    for field in ["done", "kept", "newest"] {
        assert_eq!(of(field), [first], "{field}");
    }
    assert_eq!(of("pinned"), of("title"));

    // Each is read back as what it is.
    let channels = changes.into_iter().map(|(channel, change)| {
        let value = match change {
            ChannelChange::Set(blob) => ChannelValue::Value(blob),
            ChannelChange::Append(items) | ChannelChange::Rewrite { items, .. } => {
                ChannelValue::Log(items.into())
            }
            ChannelChange::Clear => panic!("nothing is cleared"),
        };
        (channel, value)
    });
    assert_eq!(Archive::default().restore(&channels.collect()).unwrap(), archive);
}

#[test]
fn a_log_that_was_stored_as_one_value_is_read_back() {
    let notes = vec![Arc::new(note("a")), Arc::new(note("b"))];
    let whole = Blob::encode(&notes).unwrap();
    let channels = ["kept", "inbox"]
        .map(|field| (ChannelName::from(field), ChannelValue::Value(whole.clone())));
    let archive = Archive::default().restore(&channels.into()).unwrap();
    assert_eq!(archive.kept, Log::from(notes.clone()));
    assert_eq!(archive.inbox, Log::from(notes));
}

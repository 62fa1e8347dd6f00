//! States of Rust's own types.

use std::sync::Arc;

use moss_graph::{Durability, Input, Log, NodeContext, NodeResult, START, State, StateGraph};
use serde::{Deserialize, Serialize};

use super::home::Home;
use super::reopened::{DURABILITIES, Reopened};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    by: String,
    text: String,
}

fn add(total: &mut u64, more: u64) {
    *total += more;
}

/// A field of every kind.
#[derive(Clone, Debug, Default, PartialEq, State)]
#[state(persist)]
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
    #[state(untracked)]
    secret: Option<&'static str>,
}

fn note(by: &str, text: &str) -> Note {
    Note { by: by.to_owned(), text: text.to_owned() }
}

/// Notes what it sees, and leaves a hint for the node behind it.
async fn write(diary: Arc<Diary>, context: NodeContext) -> NodeResult<Diary> {
    let seen = format!("{:?} {:?} {}", diary.hint, diary.secret, diary.total);
    Ok(Diary::update()
        .notes([note(context.node().as_str(), &seen)])
        .tags([context.node().to_string()])
        .total(diary.notes.len() as u64)
        .hint(Some(context.node().to_string()))
        .secret(Some("of this run")))
}

/// Writes one field, and leaves what was stored of the others.
async fn clear(_: Arc<Diary>, _: NodeContext) -> NodeResult<Diary> {
    Ok(Diary::update().overwrite_tags(vec!["cleared".to_owned()]))
}

fn graph() -> StateGraph<Diary> {
    StateGraph::new()
        .node("a", write)
        .node("b", write)
        .node("c", clear)
        .edge(START, "a")
        .sequence(["a", "b", "c"])
        .interrupt_after(["a"])
        .interrupt_before(["c"])
}

pub async fn a_derived_state_is_stored_and_read_back(home: &Home) {
    for durability in DURABILITIES {
        let thread = Reopened::new(home, "typed", Diary::default(), graph);
        let begin = Diary::update().title(Some("Days".to_owned())).notes([note("me", "begun")]);
        thread.run(Input::Update(begin), durability).await;
        // The hint is there for the next superstep, also when it runs in another process; what is not tracked is not.
        let stopped = thread.run(Input::Continue, durability).await;
        let expected = Diary {
            notes: Log::from(vec![
                note("me", "begun"),
                note("a", "None None 0"),
                note("b", "Some(\"a\") None 1"),
            ]),
            tags: vec!["a".to_owned(), "b".to_owned()],
            title: Some("Days".to_owned()),
            total: 3,
            hint: Some("b".to_owned()),
            secret: Some("of this run"),
        };
        assert_eq!(*stopped.state, expected);
        let stored = Diary { secret: None, ..expected };
        assert_eq!(*thread.state().await.values, stored, "{durability:?}");
        let done = thread.run(Input::Continue, Durability::Sync).await;
        let tags = vec!["cleared".to_owned()];
        assert_eq!(*done.state, Diary { tags, hint: None, ..stored });
        assert_eq!(thread.state().await.values, done.state);
    }
}

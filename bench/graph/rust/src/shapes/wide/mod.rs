//! A loop over fifteen fields whose lists grow threefold in each turn.
//!
//! Six nodes: `one`, `two`, `three` beside `four`, `five` behind both, `six`. Most put one list behind another, so that
//! there are 1, 2, 6, 19, 60, 189, 595, 1873 messages. The first is an object of objects, and all others are the same.

mod json;
mod typed;

pub use json::json;
use moss_graph::{END, START, State, StateGraph};
use serde_json::{Map, Value, json};
pub use typed::typed;

/// How the loop goes: how many supersteps it takes, and how many items come of it.
struct Sizes {
    supersteps: u64,
    messages: usize,
    responses: usize,
    trigger_events: usize,
}

impl Sizes {
    fn of(length: usize) -> Self {
        let mut sizes = Self { supersteps: 0, messages: 1, responses: 0, trigger_events: 0 };
        while sizes.messages <= length {
            sizes.trigger_events += sizes.messages;
            sizes.responses += sizes.trigger_events;
            sizes.messages += sizes.responses;
            sizes.supersteps += 5;
        }
        sizes
    }
}

/// The first message: `outer` members, each of `inner` lists of 25.
fn message(outer: usize, inner: usize) -> Map<String, Value> {
    let leaf = json!(["hi?".repeat(10), true, 1, 6_327_816_386_138_u64, null]);
    let leaves: Vec<Value> =
        leaf.as_array().into_iter().flatten().cycle().take(25).cloned().collect();
    let named = |number: usize| number.to_string().repeat(10);
    let member: Map<_, _> =
        (0..inner).map(|number| (named(number), Value::from(leaves.clone()))).collect();
    (0..outer).map(|number| (named(number), Value::from(member.clone()))).collect()
}

/// The edges.
fn wired<S: State>(graph: StateGraph<S>, route: fn(&S) -> &'static str) -> StateGraph<S> {
    graph
        .edge(START, "one")
        .sequence(["one", "two", "three"])
        .edge("two", "four")
        .join(["three", "four"], "five")
        .edge("five", "six")
        .conditional_edge("six", route, ["one", END])
}

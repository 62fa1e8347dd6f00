//! Nodes one after the other that do nothing, over a list of messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer};
use moss_graph::{
    CompiledGraph, Log, Node, NodeContext, NodeError, NodeOutput, PersistentState, START, State,
    StateGraph,
};
use moss_protocol::Message;

use crate::shape::Shape;

#[derive(Clone, Debug, Default, State)]
#[state(persist)]
pub struct Messages {
    #[state(append)]
    pub messages: Log<Arc<Message>>,
}

pub fn typed(size: usize) -> Result<Shape<Messages>> {
    shape(size, Messages::default(), Messages::update(), |state| state.messages.is_empty())
}

pub fn json(size: usize) -> Result<Shape<JsonState>> {
    let fields = JsonFields::new().field("messages", Reducer::Messages);
    shape(size, fields.initial(), JsonUpdate::default(), |state| {
        state.log("messages").is_some_and(Log::is_empty)
    })
}

fn shape<S>(
    size: usize,
    initial: S,
    nothing: S::Update,
    is_empty: impl Fn(&S) -> bool + 'static,
) -> Result<Shape<S>>
where
    S: PersistentState,
    S::Update: NodeOutput<S> + Clone + Sync,
{
    let ran = Arc::new(AtomicUsize::new(0));
    let (by_node, written) = (Arc::clone(&ran), nothing.clone());
    let node = move |_: Arc<S>, _: NodeContext| {
        by_node.fetch_add(1, Ordering::Relaxed);
        let nothing = written.clone();
        async move { Ok::<_, NodeError>(nothing) }
    };
    Ok(Shape {
        graph: chain(size, &node)?,
        initial,
        input: nothing,
        supersteps: size as u64,
        check: Box::new(move |state| {
            let ran = ran.swap(0, Ordering::Relaxed);
            ensure!(ran > 0 && ran.is_multiple_of(size), "{ran} nodes ran, by {size} a run");
            ensure!(is_empty(state), "there are messages that nobody wrote");
            Ok(())
        }),
    })
}

/// So many nodes, one after the other.
pub fn chain<S: State, N: Node<S> + Clone>(size: usize, node: &N) -> Result<CompiledGraph<S>> {
    let name = |number: usize| format!("node_{number}");
    let graph = StateGraph::new().edge(START, name(0)).sequence((0..size).map(name));
    Ok((0..size).fold(graph, |graph, number| graph.node(name(number), node.clone())).compile()?)
}

//! Over JSON.

use std::sync::Arc;

use anyhow::{Result, ensure};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, JsonValue, Reducer};
use moss_graph::{
    END, Node, NodeContext, NodeError, Route, START, SendTo, StateGraph, StateGraphEngine, Subgraph,
};
use serde_json::{Value, json};

use super::{BUMP, HOHOHO, INNER, bumped, is_done, joke, subjects};
use crate::shape::Shape;
use crate::task::Letters;

/// A task for each subject.
pub fn tasks(size: usize, letters: Letters) -> Result<Shape<JsonState>> {
    async fn generate(state: Arc<JsonState>, _: NodeContext) -> Result<JsonUpdate, NodeError> {
        Ok(only("jokes", json!([joke(sent(&state))])))
    }
    shape(subjects(size, letters), generate, 1, joke)
}

/// A subgraph for each subject.
pub fn subgraphs(size: usize, letters: Letters) -> Result<Shape<JsonState>> {
    let subgraph = Subgraph::new(
        inner()?,
        inner_fields().initial(),
        |state: &JsonState| only("subject", sent(state)),
        |joke: &JsonState| only("jokes", joke.shared("jokes")),
    );
    shape(subjects(size, letters), subgraph, 1 + INNER * size as u64, bumped)
}

fn shape(
    subjects: Vec<String>,
    node: impl Node<JsonState>,
    supersteps: u64,
    expected: fn(&str) -> String,
) -> Result<Shape<JsonState>> {
    let graph = StateGraph::new()
        .node("generate_joke", node)
        .conditional_edge(START, send, ["generate_joke"])
        .edge("generate_joke", END)
        .compile()?;
    let jokes: Vec<_> = subjects.iter().map(|subject| expected(subject)).collect();
    let jokes = json!(jokes);
    let fields =
        JsonFields::new().field("subjects", Reducer::LastValue).field("jokes", Reducer::Append);
    Ok(Shape {
        graph,
        initial: fields.initial(),
        input: only("subjects", json!(subjects)),
        supersteps,
        check: Box::new(move |state| {
            ensure!(state.get("jokes").as_ref() == Some(&jokes), "the jokes are not as expected");
            Ok(())
        }),
    })
}

fn send(state: &JsonState) -> Route<JsonState> {
    let subjects = state.value("subjects").and_then(Value::as_array).into_iter().flatten();
    let sends = subjects
        .map(|subject| SendTo::new("generate_joke", state.argument(json!({ "subject": subject }))));
    sends.collect()
}

fn sent(state: &JsonState) -> &str {
    state.sent().and_then(|sent| sent["subject"].as_str()).unwrap_or_default()
}

fn only(field: &'static str, value: impl Into<JsonValue>) -> JsonUpdate {
    JsonUpdate::default().with(field, value)
}

fn inner_fields() -> JsonFields {
    JsonFields::new().field("subject", Reducer::LastValue).field("jokes", Reducer::LastValue)
}

fn inner() -> Result<StateGraphEngine<JsonState>> {
    async fn edit(state: Arc<JsonState>, _: NodeContext) -> Result<JsonUpdate, NodeError> {
        let subject = state.value("subject").and_then(Value::as_str).unwrap_or_default();
        Ok(only("subject", format!("{subject}{HOHOHO}")))
    }
    async fn generate(state: Arc<JsonState>, _: NodeContext) -> Result<JsonUpdate, NodeError> {
        let subject = state.value("subject").and_then(Value::as_str).unwrap_or_default();
        Ok(only("jokes", json!([joke(subject)])))
    }
    async fn bump(state: Arc<JsonState>, _: NodeContext) -> Result<JsonUpdate, NodeError> {
        Ok(only("jokes", json!([format!("{}{BUMP}", first(&state))])))
    }
    fn first(state: &JsonState) -> &str {
        state.value("jokes").and_then(|jokes| jokes[0].as_str()).unwrap_or_default()
    }
    fn again(state: &JsonState) -> &'static str {
        if is_done(first(state)) { END } else { "bump" }
    }
    let graph = StateGraph::new()
        .node("edit", edit)
        .node("generate", generate)
        .node("bump", bump)
        .edge(START, "edit")
        .sequence(["edit", "generate", "bump"])
        .edge("generate", END)
        .conditional_edge("bump", again, ["bump", END])
        .compile()?;
    Ok(StateGraphEngine::persistent(graph, inner_fields().initial()))
}

//! Over derived states.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use moss_graph::{
    END, Log, Node, NodeContext, NodeError, NodeResult, Route, START, SendTo, State, StateGraph,
    StateGraphEngine, Subgraph,
};

use super::{BUMP, HOHOHO, INNER, bumped, is_done, joke, subjects};
use crate::shape::Shape;
use crate::task::Letters;

#[derive(Clone, Debug, Default, State)]
#[state(persist)]
pub struct Jokes {
    subjects: Arc<Vec<String>>,
    subject: Arc<str>,
    #[state(append)]
    jokes: Log<String>,
}

#[derive(Clone, Debug, Default, State)]
#[state(persist)]
struct Joke {
    subject: String,
    jokes: Vec<String>,
}

/// A task for each subject.
pub fn tasks(size: usize, letters: Letters) -> Result<Shape<Jokes>> {
    async fn generate(state: Arc<Jokes>, _: NodeContext) -> NodeResult<Jokes> {
        Ok(Jokes::update().jokes([joke(&state.subject)]))
    }
    shape(subjects(size, letters), generate, 1, joke)
}

/// A subgraph for each subject.
pub fn subgraphs(size: usize, letters: Letters) -> Result<Shape<Jokes>> {
    let subgraph = Subgraph::new(
        inner()?,
        Joke::default(),
        |jokes: &Jokes| Joke::update().subject(jokes.subject.as_ref().to_owned()),
        |joke: &Joke| Jokes::update().jokes(joke.jokes.iter().cloned()),
    );
    shape(subjects(size, letters), subgraph, 1 + INNER * size as u64, bumped)
}

fn shape(
    subjects: Vec<String>,
    node: impl Node<Jokes>,
    supersteps: u64,
    expected: fn(&str) -> String,
) -> Result<Shape<Jokes>> {
    let subjects = Arc::new(subjects);
    let graph = StateGraph::new()
        .node("generate_joke", node)
        .conditional_edge(START, send, ["generate_joke"])
        .edge("generate_joke", END)
        .compile()?;
    let jokes: Vec<_> = subjects.iter().map(|subject| expected(subject)).collect();
    Ok(Shape {
        graph,
        initial: Jokes::default(),
        input: Jokes::update().subjects(subjects),
        supersteps,
        check: Box::new(move |state| {
            ensure!(state.jokes == jokes, "the jokes are others than expected");
            Ok(())
        }),
    })
}

fn send(state: &Jokes) -> Route<Jokes> {
    let sends = state.subjects.iter().map(|subject| {
        let input = Jokes { subject: subject.as_str().into(), ..Jokes::default() };
        SendTo::new("generate_joke", input)
    });
    sends.collect()
}

fn inner() -> Result<StateGraphEngine<Joke>> {
    async fn edit(state: Arc<Joke>, _: NodeContext) -> NodeResult<Joke> {
        Ok(Joke::update().subject(format!("{}{HOHOHO}", state.subject)))
    }
    async fn generate(state: Arc<Joke>, _: NodeContext) -> NodeResult<Joke> {
        Ok(Joke::update().jokes(vec![joke(&state.subject)]))
    }
    async fn bump(state: Arc<Joke>, _: NodeContext) -> NodeResult<Joke> {
        let joke = state.jokes.first().context("nothing to add to").map_err(NodeError::from)?;
        Ok(Joke::update().jokes(vec![format!("{joke}{BUMP}")]))
    }
    fn again(state: &Joke) -> &'static str {
        if state.jokes.first().is_some_and(|joke| is_done(joke)) { END } else { "bump" }
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
    Ok(StateGraphEngine::persistent(graph, Joke::default()))
}

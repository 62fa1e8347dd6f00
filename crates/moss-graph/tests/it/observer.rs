//! What an observer is told.

use std::sync::{Arc, Mutex};

use moss_graph::{
    NodeFailure, NodeName, Observer, RunOptions, START, StateGraph, StateGraphEngine, TaskId,
};

use crate::support::{Trail, node, visitors};

#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Observer for Diary {
    fn superstep_started(&self, superstep: u64, tasks: &[TaskId]) {
        let tasks: Vec<_> = tasks.iter().map(ToString::to_string).collect();
        self.0.lock().unwrap().push(format!("{superstep} starts {tasks:?}"));
    }

    fn task_finished(&self, task: &TaskId, outcome: Result<(), &NodeFailure>) {
        let outcome = outcome.map_err(ToString::to_string);
        self.0.lock().unwrap().push(format!("{task} ends {outcome:?}"));
    }

    fn superstep_committed(&self, superstep: u64, next: &[NodeName]) {
        self.0.lock().unwrap().push(format!("{superstep} is in, next {next:?}"));
    }
}

async fn diary_of(graph: StateGraph<Trail>) -> Vec<String> {
    let diary = Arc::new(Diary::default());
    let options = RunOptions { observer: Some(diary.clone()), ..RunOptions::default() };
    let engine = StateGraphEngine::new(graph.compile().unwrap());
    let _ = engine.run(Trail::default(), options).await;
    diary.0.lock().unwrap().clone()
}

#[tokio::test]
async fn an_observer_follows_supersteps_and_tasks() {
    let graph = visitors(["b", "a", "c"]).edge(START, "a").edge("a", "c").edge("a", "b");
    assert_eq!(
        diary_of(graph).await,
        [
            r#"1 starts ["1:a"]"#,
            r#"1:a ends Ok(())"#,
            r#"1 is in, next ["b", "c"]"#,
            r#"2 starts ["2:b", "2:c"]"#,
            r#"2:b ends Ok(())"#,
            r#"2:c ends Ok(())"#,
            r#"2 is in, next []"#,
        ]
    );
}

#[tokio::test]
async fn an_observer_is_told_of_failures_and_not_of_what_was_dropped() {
    let graph = visitors([])
        .node("a", node(async |_, _| std::future::pending().await))
        .node("b", node(async |_, _| Err("too late")?))
        .edge(START, "a")
        .edge(START, "b");
    assert_eq!(
        diary_of(graph).await,
        [r#"1 starts ["1:a", "1:b"]"#, r#"1:b ends Err("node \"b\" failed in superstep 1")"#]
    );
}

/// An observer may care for a part only.
struct Nothing;

impl Observer for Nothing {}

#[tokio::test]
async fn an_observer_need_not_listen() {
    let graph = visitors(["a"]).edge(START, "a").compile().unwrap();
    let options = RunOptions { observer: Some(Arc::new(Nothing)), ..RunOptions::default() };
    assert!(!format!("{options:?}").is_empty());
    let trail = StateGraphEngine::new(graph).run(Trail::default(), options).await.unwrap();
    assert_eq!(trail.visits, ["1:a"]);
}

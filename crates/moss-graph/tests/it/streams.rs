//! Following runs as streams.

use std::sync::Arc;

use futures::StreamExt;
use moss_graph::checkpoint::CheckpointSource;
use moss_graph::json::{JsonFields, JsonState, Reducer, json_node};
use moss_graph::{
    Input, NodeContext, NodeError, NodeOptions, NodeResult, RunOptions, START, State, StateGraph,
    StateGraphEngine, StreamEvent, StreamMode, StreamModes, StreamOptions, StreamPayload,
};
use serde_json::{Map, Value, json};

use crate::threads::support::{start, thread_of};

fn graph() -> StateGraph<JsonState> {
    let writes = |name: &'static str| {
        json_node(move |_, context: NodeContext| async move {
            context.write(json!({ "from": name })).await;
            let about = Map::from_iter([("tag".to_owned(), json!("t"))]);
            context.write_message(json!(format!("{name} says")), about).await;
            Ok::<_, NodeError>(json!({ "log": [name] }))
        })
    };
    StateGraph::new().node("a", writes("a")).node("b", writes("b")).edge(START, "a").edge("a", "b")
}

async fn events(modes: impl Into<StreamModes>) -> Vec<StreamEvent> {
    let thread = thread_of(graph());
    let stream = thread.stream(start(), RunOptions::default(), StreamOptions::of(modes));
    stream.collect().await
}

async fn payloads(mode: StreamMode) -> Vec<Value> {
    events(mode).await.iter().map(|event| event.payload.to_json()).collect()
}

#[tokio::test]
async fn values_are_told_after_the_input_and_each_superstep() {
    assert_eq!(
        payloads(StreamMode::Values).await,
        [
            json!({ "log": ["in"], "count": 0 }),
            json!({ "log": ["in", "a"], "count": 0 }),
            json!({ "log": ["in", "a", "b"], "count": 0 }),
        ]
    );
}

#[tokio::test]
async fn updates_are_what_each_task_wrote() {
    assert_eq!(
        payloads(StreamMode::Updates).await,
        [json!({ "a": { "log": ["a"] } }), json!({ "b": { "log": ["b"] } })]
    );
}

#[tokio::test]
async fn what_nodes_write_is_told() {
    assert_eq!(
        payloads(StreamMode::Custom).await,
        [json!({ "from": "a" }), json!({ "from": "b" })]
    );
    let messages = payloads(StreamMode::Messages).await;
    let texts: Vec<_> = messages.iter().map(|message| message[0].clone()).collect();
    assert_eq!(texts, ["a says", "b says"]);
    let about = &messages[1][1];
    assert_eq!(about["tag"], "t");
    assert_eq!((&about["langgraph_node"], &about["langgraph_step"]), (&json!("b"), &json!(2)));
}

#[tokio::test]
async fn tasks_and_checkpoints_are_told_and_debug_is_both() {
    let tasks = payloads(StreamMode::Tasks).await;
    let shapes: Vec<_> = tasks
        .iter()
        .map(|task| (task["id"].as_str().unwrap(), task.get("input").is_some()))
        .collect();
    assert_eq!(shapes, [("1:a", true), ("1:a", false), ("2:b", true), ("2:b", false)]);
    assert_eq!(tasks[1]["result"], json!({ "log": ["a"] }));

    let checkpoints = events(StreamMode::Checkpoints).await;
    let told: Vec<_> = checkpoints
        .iter()
        .map(|event| match &event.payload {
            StreamPayload::Checkpoint { superstep, source, next, id, .. } => {
                assert!(id.is_some());
                (*superstep, *source, next.iter().map(ToString::to_string).collect::<Vec<_>>())
            }
            payload => panic!("{payload:?}"),
        })
        .collect();
    assert_eq!(
        told,
        [
            (-1, CheckpointSource::Input, vec!["a".to_owned()]),
            (1, CheckpointSource::Loop, vec!["b".to_owned()]),
            (2, CheckpointSource::Loop, vec![]),
        ]
    );
    let debug = payloads(StreamMode::Debug).await;
    let kinds: Vec<_> = debug.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["checkpoint", "task", "task_result", "checkpoint", "task", "task_result", "checkpoint"]
    );
}

#[tokio::test]
async fn all_modes_come_in_one_order_with_numbers_without_gaps() {
    let events = events(StreamModes::all()).await;
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    let superstep: Vec<_> = events
        .iter()
        .map(|event| event.payload.mode())
        .filter(|mode| *mode != StreamMode::Debug)
        .skip(2)
        .take(7)
        .collect();
    assert_eq!(
        superstep,
        [
            StreamMode::Tasks,
            StreamMode::Custom,
            StreamMode::Messages,
            StreamMode::Updates,
            StreamMode::Tasks,
            StreamMode::Values,
            StreamMode::Checkpoints,
        ]
    );
}

#[tokio::test]
async fn a_stop_for_a_question_is_told() {
    let ask = json_node(|_, context: NodeContext| async move {
        Ok::<_, NodeError>(json!({ "last": context.interrupt("?")? }))
    });
    let beside = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "count": 1 })) });
    let graph = StateGraph::new().node("ask", ask).node("beside", beside);
    let thread = thread_of(graph.edge(START, "ask").edge(START, "beside"));
    let stream = thread.stream(start(), RunOptions::default(), StreamOptions::default());
    let events: Vec<_> = stream.collect().await;
    let [_, StreamEvent { payload: StreamPayload::Interrupts(asked), .. }] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(asked[0].value, json!("?"));
    // A task that was through is told of again, as one that was.
    let mut stream =
        thread.stream(Input::answer(1), RunOptions::default(), StreamOptions::default());
    let mut told = Vec::new();
    while let Some(event) = stream.next().await {
        told.push(event.payload.to_json().to_string());
    }
    told.sort();
    assert_eq!(
        told,
        [
            json!({ "ask": { "last": 1 } }).to_string(),
            json!({ "beside": { "count": 1 }, "__metadata__": { "cached": true } }).to_string(),
        ]
    );
    let outcome = stream.outcome().await.unwrap();
    assert_eq!(outcome.state.get("last"), Some(json!(1)));
}

/// Writes so many pieces as fast as it can, and ends at once.
fn flood(pieces: u64) -> StateGraph<JsonState> {
    let node = json_node(move |_, context: NodeContext| async move {
        for piece in 0..pieces {
            context.write_message(json!(piece), Map::new()).await;
        }
        Ok::<_, NodeError>(json!({ "count": 1 }))
    });
    StateGraph::new().node("flood", node).edge(START, "flood")
}

#[tokio::test]
async fn what_is_said_about_a_node_is_told_with_its_tasks_and_messages() {
    let node = json_node(|_, context: NodeContext| async move {
        let about = json!({ "part": 1, "shown": "here" }).as_object().cloned().unwrap();
        context.write_message("hello", about).await;
        Ok::<_, NodeError>(Value::Null)
    });
    let said = NodeOptions::new().metadata("shown", "there").metadata("kind", "greeting");
    let graph = StateGraph::new().node_with("a", node, said).edge(START, "a");
    let options = StreamOptions::of([StreamMode::Messages, StreamMode::Tasks]);
    let stream = thread_of(graph).stream(start(), RunOptions::default(), options);
    let events: Vec<Value> = stream.map(|event| event.payload.to_json()).collect().await;
    assert_eq!(events[0]["metadata"], json!({ "shown": "there", "kind": "greeting" }));
    let metadata = &events[1][1];
    let told = ["shown", "kind", "part", "langgraph_node"].map(|member| metadata[member].clone());
    assert_eq!(told, [json!("here"), json!("greeting"), json!(1), json!("a")]);
}

#[tokio::test]
async fn no_token_is_lost_at_the_end_of_a_stream_under_a_producer_without_delay() {
    for capacity in [1, 2, 256, 100_000] {
        let options = StreamOptions { capacity, ..StreamOptions::of(StreamMode::Messages) };
        let thread = thread_of(flood(5_000));
        let mut stream = thread.stream(start(), RunOptions::default(), options);
        let mut next = 0;
        while let Some(event) = stream.next().await {
            let StreamPayload::Message { chunk, .. } = event.payload else { panic!("a message") };
            assert_eq!(chunk, json!(next));
            next += 1;
            assert_eq!(event.seq, next);
        }
        assert_eq!(next, 5_000);
        assert_eq!(stream.outcome().await.unwrap().state.get("count"), Some(json!(1)));
    }
}

#[tokio::test]
async fn a_run_waits_for_a_reader_that_is_slow() {
    use std::sync::atomic::{AtomicU64, Ordering};

    let written = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&written);
    let node = json_node(move |_, context: NodeContext| {
        let count = Arc::clone(&count);
        async move {
            for piece in 0..1_000_u64 {
                context.write(json!(piece)).await;
                count.fetch_add(1, Ordering::SeqCst);
            }
            Ok::<_, NodeError>(Value::Null)
        }
    });
    let options = StreamOptions { capacity: 4, ..StreamOptions::of(StreamMode::Custom) };
    let thread = thread_of(StateGraph::new().node("a", node).edge(START, "a"));
    let mut stream = thread.stream(start(), RunOptions::default(), options);
    for read in 1..=100 {
        stream.next().await.unwrap();
        assert!(written.load(Ordering::SeqCst) <= read + 5);
    }
    assert_eq!(stream.count().await, 900);
}

#[tokio::test]
async fn a_producer_that_outlives_its_node_does_not_hold_the_stream_open() {
    let node = json_node(move |_, context: NodeContext| async move {
        let late = context.clone();
        tokio::spawn(async move {
            loop {
                late.write("late").await;
                tokio::task::yield_now().await;
            }
        });
        context.write("in time").await;
        Ok::<_, NodeError>(Value::Null)
    });
    let thread = thread_of(StateGraph::new().node("a", node).edge(START, "a"));
    let options = StreamOptions::of(StreamMode::Custom);
    let stream = thread.stream(start(), RunOptions::default(), options);
    let events: Vec<_> = stream.collect().await;
    assert_eq!(events[0].payload, StreamPayload::Custom(json!("in time")));
}

#[tokio::test]
async fn a_stream_that_is_dropped_ends_its_run() {
    let (ended, mut wait) = tokio::sync::mpsc::channel::<()>(1);
    let node = json_node(move |_, context: NodeContext| {
        let ended = ended.clone();
        async move {
            context.write(1).await;
            std::future::pending::<()>().await;
            drop(ended);
            Ok::<_, NodeError>(Value::Null)
        }
    });
    let thread = thread_of(StateGraph::new().node("a", node).edge(START, "a"));
    let options = StreamOptions::of(StreamMode::Custom);
    let mut stream = thread.stream(start(), RunOptions::default(), options);
    assert!(stream.next().await.is_some());
    drop((stream, thread));
    assert!(wait.recv().await.is_none());
}

#[derive(Clone, Debug, Default, PartialEq, State)]
#[state(persist)]
struct Counter {
    count: u64,
}

#[tokio::test]
async fn a_run_without_a_thread_is_followed_too() {
    let node = |state: Arc<Counter>, _: NodeContext| async move {
        Ok(Counter::update().count(state.count + 1)) as NodeResult<Counter>
    };
    let graph = StateGraph::new().node("a", node).node("b", node).edge(START, "a").edge("a", "b");
    let engine = StateGraphEngine::new(graph.compile().unwrap());
    let options = StreamOptions::of([StreamMode::Values, StreamMode::Updates]);
    let mut stream = engine.stream(Counter { count: 1 }, RunOptions::default(), options);
    let mut told = Vec::new();
    while let Some(event) = stream.next().await {
        told.push(event.payload.to_json());
    }
    assert_eq!(
        told,
        [
            json!({ "count": 1 }),
            json!({ "a": { "count": 2 } }),
            json!({ "count": 2 }),
            json!({ "b": { "count": 3 } }),
            json!({ "count": 3 }),
        ]
    );
    assert_eq!(stream.outcome().await.unwrap(), Counter { count: 3 });
}

#[tokio::test]
async fn only_the_output_of_a_json_state_is_shown() {
    let fields = JsonFields::new()
        .field("shown", Reducer::LastValue)
        .field("hidden", Reducer::LastValue)
        .output(["shown"]);
    let node = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "shown": 1, "hidden": 2 })) });
    let graph = StateGraph::new().node("a", node).edge(START, "a").compile().unwrap();
    let engine = StateGraphEngine::new(graph);
    let options = StreamOptions::of(StreamMode::Values);
    let stream = engine.stream(fields.initial(), RunOptions::default(), options);
    let told: Vec<_> = stream.map(|event| event.payload.to_json()).collect().await;
    assert_eq!(told, [json!({}), json!({ "shown": 1 })]);
}

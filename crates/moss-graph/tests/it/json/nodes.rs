//! Graphs over JSON states.

use std::sync::Arc;

use moss_graph::json::{
    JsonFields, JsonState, Reducer, command_from_json, goto_from_json, json_node, json_node_on,
    route_from_json,
};
use moss_graph::{
    Command, END, Goto, GraphErrorCode, NodeContext, NodeError, NodeOptions, RunOptions, START,
    SendTo, StateGraph, StateGraphEngine,
};
use serde_json::{Value, json};

fn fields() -> JsonFields {
    JsonFields::new()
        .field("topics", Reducer::LastValue)
        .field("jokes", Reducer::Append)
        .field("private", Reducer::LastValue)
        .field_with_default("count", Reducer::Add, 10)
        .input(["topics"])
        .output(["jokes"])
}

async fn run(graph: StateGraph<JsonState>, input: Value) -> JsonState {
    let engine = StateGraphEngine::new(graph.compile().unwrap());
    engine.run(fields().state(input).unwrap(), RunOptions::default()).await.unwrap()
}

#[tokio::test]
async fn a_router_sends_each_topic_to_a_task_of_its_own() {
    let joke = json_node(|topic: Value, context: NodeContext| async move {
        Ok::<_, NodeError>(
            json!({ "jokes": [format!("{} on {topic}", context.task())], "count": 1 }),
        )
    });
    let graph = StateGraph::<JsonState>::new()
        .node("plan", json_node(|_, _| async { Ok::<_, NodeError>(Value::Null) }))
        .node("joke", joke)
        .edge(START, "plan")
        .conditional_edge(
            "plan",
            |state: &JsonState| {
                let topics = state.get("topics").unwrap();
                let topics = topics.as_array().unwrap().clone();
                topics
                    .into_iter()
                    .map(|topic| SendTo::new("joke", state.argument(topic)))
                    .collect::<Vec<_>>()
            },
            ["joke"],
        );
    let state = run(graph, json!({ "topics": ["cats", { "of": "dogs" }] })).await;
    assert_eq!(
        state.get("jokes"),
        Some(json!(["2:joke#1 on \"cats\"", "2:joke#2 on {\"of\":\"dogs\"}"]))
    );
    assert_eq!(state.get("count"), Some(json!(12)));
    assert_eq!(state.output(), json!({ "jokes": state.get("jokes").unwrap() }));
}

#[tokio::test]
async fn a_router_may_wait_and_may_fail() {
    let graph = |fails: bool| {
        let node = || json_node(|_, _| async { Ok::<_, NodeError>(json!({ "count": 1 })) });
        StateGraph::<JsonState>::new()
            .node("a", node())
            .node("b", node())
            .edge(START, "a")
            .conditional_edge_async(
                "a",
                move |state: Arc<JsonState>| async move {
                    tokio::task::yield_now().await;
                    if fails {
                        Err("no answer")?;
                    }
                    // It sees what its own node wrote.
                    let next = if state.get("count") == Some(json!(11)) { "b" } else { END };
                    Ok::<_, NodeError>(next)
                },
                ["b", END],
            )
    };
    assert_eq!(run(graph(false), json!({})).await.get("count"), Some(json!(12)));
    let engine = StateGraphEngine::new(graph(true).compile().unwrap());
    let error = engine.run(fields().initial(), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::RouterFailed);
    assert_eq!(
        crate::support::chain(&error),
        "the router after \"a\" failed in superstep 1\nno answer"
    );
}

#[tokio::test]
async fn a_node_gives_back_commands_in_their_json_form() {
    let state = fields().initial();
    let decide = json_node(move |_, _| {
        let state = state.clone();
        async move {
            let command = json!({
                "update": { "count": 1 },
                "goto": ["b", { "node": "b", "args": "sent" }],
            });
            Ok::<Command<JsonState>, NodeError>(command_from_json(&state, command)?)
        }
    });
    let b = json_node(|seen: Value, _| async move {
        let seen = if seen.is_object() { json!("the state") } else { seen };
        Ok::<_, NodeError>(json!({ "jokes": [seen] }))
    });
    let graph = StateGraph::<JsonState>::new()
        .node_with("decide", decide, NodeOptions::new().ends(["b"]))
        .node("b", b)
        .edge(START, "decide");
    let state = run(graph, json!({})).await;
    assert_eq!(state.get("jokes"), Some(json!(["the state", "sent"])));
    for (command, text) in [
        (json!("b"), "a state or an update is a JSON object, and this is a text"),
        (
            json!({ "goto": { "args": 1 } }),
            "a command goes to nodes by name, or to `{\"node\": name, \"args\": input}`",
        ),
    ] {
        let error = command_from_json(&fields().initial(), command).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn what_is_sent_may_be_shared_with_the_state() {
    let state = fields().state(json!({ "topics": ["moss"] })).unwrap();
    let topics = state.shared("topics").unwrap();
    let place = json!({ "node": "b", "timeout": { "runMs": 50 } });
    let goto = goto_from_json(&state, place, Some(topics.clone())).unwrap();
    let Goto::Send(send) = goto else { panic!("nothing is sent") };
    assert_eq!(send.node(), "b");
    let sent = send.input().shared_sent().unwrap();
    assert!(std::ptr::eq(sent.as_value(), topics.as_value()));

    assert!(
        matches!(goto_from_json(&state, json!("b"), None), Ok(Goto::Node(name)) if name == "b")
    );
    assert!(goto_from_json(&state, json!({ "args": 1 }), Some(topics)).is_err());
    assert!(matches!(state.fields().reducer("jokes"), Some(Reducer::Append)));
    assert!(state.fields().reducer("none").is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_may_have_a_time_limit_of_its_own() {
    let state = fields().initial();
    let router = move |_: Arc<JsonState>| {
        let sent = json!([{ "node": "slow", "args": 1, "timeout": { "runMs": 50 } }]);
        let route = route_from_json(&state, sent);
        async move { Ok(route?) }
    };
    let slow = json_node(|_, _| async move {
        std::future::pending::<()>().await;
        Ok::<_, NodeError>(json!(null))
    });
    let graph = StateGraph::<JsonState>::new()
        .node("slow", slow)
        .conditional_edge_async(START, router, ["slow"])
        .compile()
        .unwrap();
    let engine = StateGraphEngine::new(graph);
    let run = engine.run(fields().initial(), RunOptions::default()).await;
    assert_eq!(
        run.unwrap_err().to_string(),
        "node \"slow\" was over its run limit of 50ms in superstep 1"
    );
}

#[tokio::test]
async fn a_node_gives_back_a_list_of_outputs() {
    let node = json_node(|_, _| async {
        Ok::<_, NodeError>(json!([{ "count": 1 }, null, { "count": 2, "jokes": "a" }]))
    });
    let state = run(StateGraph::new().node("a", node).edge(START, "a"), json!({})).await;
    assert_eq!((state.get("count"), state.get("jokes")), (Some(json!(13)), Some(json!(["a"]))));
}

#[tokio::test]
async fn what_is_no_output_is_refused() {
    let node = json_node(|_, _| async { Ok::<_, NodeError>(json!("done")) });
    let graph = StateGraph::new().node("a", node).edge(START, "a").compile().unwrap();
    let error = StateGraphEngine::new(graph)
        .run(fields().initial(), RunOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidNodeReturn);
    assert_eq!(error.code().as_str(), "INVALID_GRAPH_NODE_RETURN_VALUE");
    assert_eq!(
        crate::support::chain(&error),
        "node \"a\" failed in superstep 1\n\
         a node gives back an object of the fields it writes, null, a command, or a list of those\n\
         a state or an update is a JSON object, and this is a text"
    );
}

#[tokio::test]
async fn a_node_may_see_some_fields_only() {
    let node = json_node_on(["private", "count"], |seen: Value, _| async move {
        Ok::<_, NodeError>(json!({ "jokes": [seen] }))
    });
    let graph = StateGraph::new().node("a", node).edge(START, "a");
    let state = run(graph, json!({ "topics": ["cats"] })).await;
    assert_eq!(state.get("jokes"), Some(json!([{ "count": 10 }])));
}

#[test]
fn an_input_writes_input_fields_only() {
    let error = fields().input_update(json!({ "private": 1 })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the state field `private` is no input of the graph; an input writes `topics`"
    );
    let error = fields().input_update(json!({ "topic": 1 })).unwrap_err();
    assert_eq!(error.to_string(), "the state has no field `topic`; did you mean `topics`?");
    assert!(fields().state(json!([])).is_err());
}

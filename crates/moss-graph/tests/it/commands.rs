//! Commands and sends, deferred nodes, and fields that are overwritten, over states of Rust's own types.

use std::sync::Arc;

use moss_graph::{
    Command, END, GraphError, GraphErrorCode, NodeContext, NodeError, NodeOptions, NodeResult,
    RunOptions, START, SendTo, State, StateGraph, StateGraphEngine,
};

use crate::support::{Trail, run, visit, visitors, visits};

fn goes(
    command: impl Fn() -> Command<Trail> + Send + Sync + 'static,
) -> impl moss_graph::Node<Trail> {
    move |_: Arc<Trail>, context: NodeContext| {
        let visit = Trail::update().visits([context.task().to_string()]);
        let command = command().and_update(visit);
        async move { Ok::<_, NodeError>(command) }
    }
}

#[tokio::test]
async fn a_command_goes_on_beside_the_edges() {
    let graph = visitors(["b", "c", "d"])
        .node_with(
            "a",
            goes(|| Command::new().goto("c").goto("c")),
            NodeOptions::new().ends(["c", "d"]),
        )
        .edge(START, "a")
        .edge("a", "b");
    assert_eq!(visits(graph).await, ["1:a", "2:b", "2:c"]);
}

#[tokio::test]
async fn a_command_may_lead_to_the_end_and_anywhere_if_it_says_so() {
    let graph = visitors(["b"])
        .node_with("a", goes(|| Command::new().goto(END)), NodeOptions::new().ends(["b", END]))
        .edge(START, "a");
    assert_eq!(visits(graph).await, ["1:a"]);
    let graph = visitors(["b"])
        .node_with("a", goes(|| Command::new().goto("b")), NodeOptions::new().ends_anywhere())
        .edge(START, "a");
    assert_eq!(visits(graph).await, ["1:a", "2:b"]);
}

#[tokio::test]
async fn where_a_command_leads_is_declared() {
    let graph = || {
        visitors(["b"]).node("a", goes(|| Command::new().goto("b"))).edge(START, "a").edge("b", "a")
    };
    let GraphError::UnreachableNodes { nodes } = graph().compile().unwrap_err() else {
        panic!("b is reached by nothing that is declared");
    };
    assert_eq!(nodes, ["b"]);
    let error = run(graph().edge(START, "b").compile().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::UndeclaredRouteTarget);
    let error = visitors(["a"])
        .node_with("b", visit, NodeOptions::new().ends(["aa"]))
        .edge(START, "a")
        .edge("a", "b")
        .compile()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the declared ends of \"b\" names \"aa\", but there is no such node; did you mean \"a\"?"
    );
}

#[tokio::test]
async fn what_is_sent_runs_in_the_order_it_was_sent_behind_the_nodes() {
    let sent = |last: &str| Trail { last: last.to_owned(), ..Trail::default() };
    let echo = |trail: Arc<Trail>, context: NodeContext| async move {
        let visit = format!("{} got {:?}", context.task(), trail.last);
        Ok(Trail::update().visits([visit])) as NodeResult<Trail>
    };
    let fan = move || {
        let numbers = (1..=11).rev();
        numbers.fold(Command::new().goto("z").goto("echo"), |command, number| {
            command.goto(SendTo::new("echo", sent(&number.to_string())))
        })
    };
    let graph = visitors(["z"])
        .node("echo", echo)
        .node_with("a", goes(fan), NodeOptions::new().ends(["echo", "z"]))
        .edge(START, "a");
    let visits = visits(graph).await;
    assert_eq!(visits[..3], ["1:a", "2:echo got \"\"", "2:z"]);
    let expected = (1..=11).map(|number| format!("2:echo#{number} got \"{}\"", 12 - number));
    assert_eq!(visits[3..], expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_deferred_node_runs_once_when_nothing_else_is_left() {
    let graph = visitors(["short", "long", "longer"])
        .node_with("last", visit, NodeOptions::new().deferred())
        .edge(START, "short")
        .edge(START, "long")
        .edge("long", "longer")
        .edge("short", "last")
        .edge("longer", "last");
    assert_eq!(visits(graph).await, ["1:long", "1:short", "2:longer", "3:last"]);
}

#[tokio::test]
async fn a_command_for_the_graph_around_one_that_has_none_is_an_error() {
    let graph = visitors([])
        .node("a", goes(|| Command::to_parent(Command::<Trail>::new().goto("x"))))
        .edge(START, "a");
    let error = run(graph.compile().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::NoParentGraph);
}

#[tokio::test]
async fn several_outputs_are_one() {
    let node = |_: Arc<Trail>, _: NodeContext| async {
        let visit = |text: &str| Command::update(Trail::update().visits([text.to_owned()]));
        Ok::<_, NodeError>(Command::all([visit("one"), visit("two").goto("b"), Command::new()]))
    };
    let graph =
        visitors(["b"]).node_with("a", node, NodeOptions::new().ends(["b"])).edge(START, "a");
    assert_eq!(visits(graph).await, ["one", "two", "2:b"]);
    // Two writes of one field are a conflict, also where one node makes them.
    let twice = |_: Arc<Trail>, _: NodeContext| async {
        let write = || Trail::update().last("x".to_owned());
        Ok::<_, NodeError>(Command::update(write()).and_update(write()))
    };
    let graph = StateGraph::new().node("a", twice).edge(START, "a").compile().unwrap();
    let error = run(graph).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidConcurrentGraphUpdate);
}

fn add(total: &mut u64, more: u64) {
    *total += more;
}

#[derive(Clone, Debug, Default, PartialEq, State)]
struct Board {
    #[state(append)]
    lines: Vec<String>,
    #[state(reducer = add)]
    total: u64,
    #[state(ephemeral)]
    hint: Option<u8>,
    #[state(reducer = moss_graph::append_unique)]
    seen: Vec<u8>,
    #[state(reducer = moss_graph::replace)]
    any: u8,
}

#[test]
fn an_overwrite_takes_the_place_of_all_other_writes_of_its_superstep() {
    let mut board = Board { lines: vec!["old".to_owned()], total: 5, ..Board::default() };
    let updates = vec![
        Board::update().lines(["lost".to_owned()]).total(1),
        Board::update().overwrite_lines(vec!["new".to_owned()]).overwrite_total(40),
        Board::update().lines(["lost too".to_owned()]).total(2),
    ];
    board.apply(updates).unwrap();
    assert_eq!(board, Board { lines: vec!["new".to_owned()], total: 40, ..Board::default() });
    let update = Board::update().overwrite_total(1).overwrite_lines(vec![]);
    let mut fields = Vec::new();
    board.visit_last_values(&update, &mut |field| fields.push(field));
    assert_eq!(fields, ["lines", "total"], "one overwrite a superstep");
}

#[test]
fn ephemeral_unique_and_any_fields() {
    let mut board = Board::default();
    board
        .apply(vec![
            Board::update().hint(Some(1)).seen(vec![1, 2, 1]).any(1),
            Board::update().any(2),
        ])
        .unwrap();
    assert_eq!((board.hint, board.seen.as_slice(), board.any), (Some(1), &[1, 2][..], 2));
    board.apply(vec![Board::update().seen(vec![2, 3])]).unwrap();
    assert_eq!((board.hint, board.seen.as_slice(), board.any), (None, &[1, 2, 3][..], 2));
}

#[tokio::test]
async fn a_run_without_a_thread_can_be_drained_and_cannot_stop_to_go_on() {
    let engine =
        StateGraphEngine::new(visitors(["a"]).edge(START, "a").edge("a", "a").compile().unwrap());
    let options = RunOptions::default();
    options.drain.request();
    let error = engine.run(Trail::default(), options).await.unwrap_err();
    assert_eq!(error.code().as_str(), "GRAPH_DRAINED");
    let graph = visitors(["a"]).edge(START, "a").interrupt_before(["a"]).compile().unwrap();
    let error = run(graph).await.unwrap_err();
    assert_eq!(error.code().as_str(), "MISSING_CHECKPOINTER");
}

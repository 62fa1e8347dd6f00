//! What is stored of a run, and what the next one finds.

use std::sync::Arc;

use moss_graph::checkpoint::CheckpointSource;
use moss_graph::json::{JsonState, JsonUpdate, JsonValue};
use moss_graph::{Durability, HistoryFilter, NodeContext, NodeError, START, StateGraph};
use serde_json::{Value, json};

use super::fields::{input, log_of, logs, reopened};
use super::home::Home;
use super::reopened::DURABILITIES;

fn graph() -> StateGraph<JsonState> {
    let graph = StateGraph::new().node("a", logs()).node("b", logs()).node("c", logs());
    graph.edge(START, "a").sequence(["a", "b", "c"])
}

pub async fn each_superstep_is_stored_unless_only_the_end_is(home: &Home) {
    for durability in DURABILITIES {
        let thread = reopened(home, "supersteps", graph);
        let outcome = thread.run(input(), durability).await;
        let history =
            thread.step(async |thread| thread.history(HistoryFilter::default()).await).await;
        let history = history.unwrap();
        assert_eq!(outcome.checkpoint, Some(history[0].checkpoint));
        let stored: Vec<_> = history
            .iter()
            .map(|one| (one.superstep, log_of(&one.values).join(" "), one.next.join(" ")))
            .collect();
        let all = [(3, "in a b c", ""), (2, "in a b", "c"), (1, "in a", "b"), (-1, "in", "a")];
        let all = all.map(|(superstep, log, next)| (superstep, log.to_owned(), next.to_owned()));
        let count = if durability == Durability::Exit { 1 } else { 4 };
        assert_eq!(stored, all[..count], "{durability:?}");
        for pair in history.windows(2) {
            assert_eq!(pair[0].parent, Some(pair[1].checkpoint));
        }
    }
}

pub async fn a_turn_goes_on_from_the_state_of_the_one_before(home: &Home) {
    for durability in DURABILITIES {
        let thread = reopened(home, "turns", graph);
        for turn in 1..=3 {
            let outcome = thread.run(input(), durability).await;
            assert_eq!(log_of(&outcome.state), ["in", "a", "b", "c"].repeat(turn));
            assert_eq!(outcome.state.get("count"), Some(json!(3 * turn)));
            assert_eq!(thread.state().await.values, outcome.state, "{durability:?}");
        }
        let filter =
            HistoryFilter { source: Some(CheckpointSource::Input), ..HistoryFilter::default() };
        let inputs = thread.step(async |thread| thread.history(filter).await.unwrap()).await;
        let supersteps: Vec<_> = inputs.iter().map(|input| input.superstep).collect();
        let expected: &[i64] = if durability == Durability::Exit { &[] } else { &[9, 4, -1] };
        assert_eq!(supersteps, expected);
    }
}

/// A list that is made of a log's items: it grows, is cut, is one value in between, and is a list again.
pub async fn a_list_that_is_handed_on_is_read_back_at_every_superstep(home: &Home) {
    async fn keep(state: Arc<JsonState>, context: NodeContext) -> Result<JsonUpdate, NodeError> {
        let log = state.log("log").into_iter().flatten();
        let kept = match context.node().as_str() {
            "first" => JsonValue::list(log.take(2).cloned()),
            "copy" => Value::from_iter(log.map(|item| Value::clone(item))).into(),
            _ => JsonValue::list(log.cloned()),
        };
        Ok(JsonUpdate::default().with("last", kept).with("log", json!([context.node().as_str()])))
    }
    fn graph() -> StateGraph<JsonState> {
        let nodes = ["all", "grown", "first", "copy", "again"];
        let graph = nodes.iter().fold(StateGraph::new(), |graph, name| graph.node(*name, keep));
        graph.edge(START, "all").sequence(nodes)
    }
    for durability in DURABILITIES {
        let thread = reopened(home, "handed on", graph);
        let outcome = thread.run(input(), durability).await;
        assert_eq!(thread.state().await.values, outcome.state, "{durability:?}");
        let all = HistoryFilter::default();
        let history = thread.step(async |thread| thread.history(all).await.unwrap()).await;
        let kept: Vec<_> = history
            .iter()
            .filter(|one| one.superstep > 0)
            .map(|one| one.values.get("last").unwrap())
            .collect();
        let expected = [
            json!(["in", "all", "grown", "first", "copy"]),
            json!(["in", "all", "grown", "first"]),
            json!(["in", "all"]),
            json!(["in", "all"]),
            json!(["in"]),
        ];
        let count = if durability == Durability::Exit { 1 } else { 5 };
        assert_eq!(kept, expected[..count], "{durability:?}");
        // What the next run puts behind it stands behind what was read back.
        let outcome = thread.run(input(), durability).await;
        assert_eq!(thread.state().await.values, outcome.state, "{durability:?}");
    }
}

//! Side effects that happen once.

use moss_graph::json::{JsonState, json_node};
use moss_graph::{Ending, GraphErrorCode, Input, NodeError, START, StateGraph};
use serde_json::json;

use super::fields::{Calls, input, log_of, reopened};
use super::home::Home;
use super::reopened::{DURABILITIES, with};

/// Pays, asks, pays again, and fails the first time that it comes so far.
fn paying(paid: &Calls, failed: &Calls) -> StateGraph<JsonState> {
    let (paid, failed) = (paid.clone(), failed.clone());
    let node = json_node(move |_, context| {
        let (paid, failed) = (paid.clone(), failed.clone());
        async move {
            let pay = || context.effect("pay", async { Ok::<_, NodeError>(paid.one()) });
            let first = pay().await?;
            let answer = context.interrupt("again?")?;
            let second = pay().await?;
            if failed.one() == 1 {
                Err("no paper for the receipt")?;
            }
            Ok::<_, NodeError>(json!({ "log": [format!("{first} {answer} {second}")] }))
        }
    });
    StateGraph::new().node("pay", node).edge(START, "pay")
}

pub async fn an_effect_happens_once_though_its_node_asks_and_fails(home: &Home) {
    for durability in DURABILITIES {
        let (paid, failed) = (Calls::default(), Calls::default());
        let thread = reopened(home, "effects", || paying(&paid, &failed));
        let asked = thread.run(input(), durability).await;
        assert_eq!((asked.ending.interrupts().len(), paid.count()), (1, 1));
        let error = thread.try_run(Input::answer("yes"), with(durability)).await.unwrap_err();
        assert_eq!((error.code(), paid.count()), (GraphErrorCode::NodeFailed, 2));
        let done = thread.run(Input::Continue, durability).await;
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(log_of(&done.state), ["in", "1 \"yes\" 2"]);
        assert_eq!(paid.count(), 2, "{durability:?}");
    }
}

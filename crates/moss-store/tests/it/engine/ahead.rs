//! Runs that store behind, on a store that is held up.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    ASYNC_BACKLOG, Durability, Ending, HistoryFilter, NodeError, RunOptions, START, StateGraph,
};
use moss_store::SqliteDurability;
use rusqlite::Connection;
use serde_json::json;

use super::fields::{Calls, input, reopened};
use super::home::Home;
use super::reopened::with;

const NODES: usize = 40;

/// Another program's transaction, which keeps everybody from writing to the file.
#[derive(Clone, Default)]
struct Hold(Arc<Mutex<Option<Connection>>>);

impl Hold {
    fn take(&self, path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        *self.0.lock().unwrap() = Some(connection);
    }

    fn release(&self) {
        self.0.lock().unwrap().take();
    }
}

/// Many nodes in a row, which count their calls. From the first on, the file is held.
fn long(path: &Path, hold: &Hold, calls: &Calls) -> StateGraph<JsonState> {
    let name = |number: usize| format!("n{number:02}");
    let graph = StateGraph::new().edge(START, name(0)).sequence((0..NODES).map(name));
    (0..NODES).fold(graph, |graph, number| {
        let (path, hold, calls): (PathBuf, _, _) = (path.into(), hold.clone(), calls.clone());
        let node = json_node(move |_, context| {
            let (path, hold, calls) = (path.clone(), hold.clone(), calls.clone());
            async move {
                if number == 0 {
                    // Behind an effect, all that came before it is stored.
                    context.effect("settle", async { Ok::<_, NodeError>(()) }).await?;
                    hold.take(&path);
                }
                calls.one();
                Ok::<_, NodeError>(json!({ "count": 1 }))
            }
        });
        graph.node(name(number), node)
    })
}

#[tokio::test]
async fn a_run_is_ahead_of_its_store_by_no_more_than_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("held.db");
    let (hold, calls) = (Hold::default(), Calls::default());
    let home = Home::File(path.clone(), SqliteDurability::default());
    let thread = reopened(&home, "ahead", || long(&path, &hold, &calls));
    let options = RunOptions { recursion_limit: 100, ..with(Durability::Async) };
    // One commit waits for the file, as many as may be wait behind it, and the next one for a place among them.
    let furthest = ASYNC_BACKLOG + 2;
    let watch = async {
        while calls.count() < furthest {
            tokio::task::yield_now().await;
        }
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(calls.count(), furthest, "the run waits for its store");
        hold.release();
    };
    let (outcome, ()) = futures::future::join(thread.try_run(input(), options), watch).await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.ending, calls.count()), (Ending::Done, NODES));
    let history = thread.step(async |thread| thread.history(HistoryFilter::default()).await).await;
    assert_eq!(history.unwrap().len(), NODES + 1);
    assert_eq!(thread.state().await.values.get("count"), Some(json!(NODES)));
}

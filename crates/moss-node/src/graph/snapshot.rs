//! Snapshots of threads, as JavaScript gets them.

use moss_graph::json::JsonState;
use moss_graph::{RunFailure, StateSnapshot, TaskSnapshot, Thread};
use serde_json::{Value, json};

/// A snapshot, with the states of its subgraphs where they are wanted.
pub(super) async fn with_subgraphs(
    thread: &Thread<JsonState>,
    snapshot: &StateSnapshot<JsonState>,
) -> Result<Value, RunFailure> {
    let mut json = to_json(snapshot);
    for (place, task) in snapshot.tasks.iter().enumerate() {
        if let Some(values) = thread.subgraph_values(task.namespace.clone()).await? {
            json["tasks"][place]["values"] = values;
        }
    }
    Ok(json)
}

/// A snapshot.
pub(super) fn to_json(snapshot: &StateSnapshot<JsonState>) -> Value {
    json!({
        "values": snapshot.values.to_value(),
        "next": snapshot.next,
        "tasks": snapshot.tasks.iter().map(task).collect::<Vec<_>>(),
        "conflict": snapshot.conflict,
        "checkpoint": snapshot.checkpoint.to_string(),
        "parent": snapshot.parent.map(|id| id.to_string()),
        "step": snapshot.superstep,
        "source": snapshot.source.as_str(),
        "createdAt": snapshot.created_at.as_millis(),
        "run": snapshot.run.as_ref().map(|run| run.as_str()),
        "metadata": snapshot.metadata,
    })
}

fn task(task: &TaskSnapshot) -> Value {
    json!({
        "id": task.id,
        "node": task.node,
        "error": task.error,
        "interrupts": task.interrupts,
        "result": task.result,
        "namespace": task.namespace.as_str(),
    })
}

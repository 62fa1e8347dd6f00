//! Snapshots of threads, as JavaScript gets them.

use moss_graph::json::JsonState;
use moss_graph::{StateSnapshot, TaskSnapshot};
use serde_json::{Value, json};

/// A snapshot.
pub(super) fn to_json(snapshot: &StateSnapshot<JsonState>) -> Value {
    with_values(snapshot, &snapshot.values.to_value())
}

/// A snapshot of a subgraph.
pub(super) fn inner_to_json(snapshot: &StateSnapshot<Value>) -> Value {
    with_values(snapshot, &snapshot.values)
}

fn with_values<S>(snapshot: &StateSnapshot<S>, values: &Value) -> Value {
    json!({
        "values": values,
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
        "state": task.state.as_deref().map(inner_to_json),
    })
}

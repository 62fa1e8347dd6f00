//! Snapshots of threads, as JavaScript gets them: written as they are, since their states may be large.

use moss_graph::json::{JsonState, JsonValue};
use moss_graph::{StateSnapshot, TaskSnapshot};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A snapshot.
pub(super) struct Snapshot<'s>(pub(super) &'s StateSnapshot<JsonState>);

/// A snapshot of a subgraph.
pub(super) struct InnerSnapshot<'s>(pub(super) &'s StateSnapshot<Value>);

impl Serialize for Snapshot<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Told::of(self.0, Fields(&self.0.values)).serialize(serializer)
    }
}

impl Serialize for InnerSnapshot<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Told::of(self.0, &*self.0.values).serialize(serializer)
    }
}

/// A state as an object of the fields that have a value. Those whose items have been told as they are stored
/// ([`Dialogue::tell_stored`](super::dialogue::Dialogue::tell_stored)) are empty lists.
struct Fields<'s>(&'s JsonState);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |field| match self.0.stored(field) {
            Some(_) => Some(JsonValue::list([])),
            None => self.0.shared(field),
        };
        let fields = self.0.fields().names();
        serializer.collect_map(fields.filter_map(|field| Some((field, value(field)?))))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'s, V> {
    values: V,
    next: &'s [String],
    tasks: Vec<ToldTask<'s>>,
    conflict: Option<&'s str>,
    checkpoint: String,
    parent: Option<String>,
    step: i64,
    source: &'s str,
    created_at: u64,
    run: Option<&'s str>,
    metadata: &'s serde_json::Map<String, Value>,
}

impl<'s, V> Told<'s, V> {
    fn of<S>(snapshot: &'s StateSnapshot<S>, values: V) -> Self {
        Self {
            values,
            next: &snapshot.next,
            tasks: snapshot.tasks.iter().map(ToldTask::of).collect(),
            conflict: snapshot.conflict.as_deref(),
            checkpoint: snapshot.checkpoint.to_string(),
            parent: snapshot.parent.map(|id| id.to_string()),
            step: snapshot.superstep,
            source: snapshot.source.as_str(),
            created_at: snapshot.created_at.as_millis(),
            run: snapshot.run.as_ref().map(|run| run.as_str()),
            metadata: &snapshot.metadata,
        }
    }
}

#[derive(Serialize)]
struct ToldTask<'s> {
    id: &'s str,
    node: &'s str,
    error: Option<&'s str>,
    interrupts: &'s [moss_graph::Interrupt],
    result: Option<&'s [Value]>,
    namespace: &'s str,
    state: Option<InnerSnapshot<'s>>,
}

impl<'s> ToldTask<'s> {
    fn of(task: &'s TaskSnapshot) -> Self {
        Self {
            id: &task.id,
            node: &task.node,
            error: task.error.as_deref(),
            interrupts: &task.interrupts,
            result: task.result.as_deref(),
            namespace: task.namespace.as_str(),
            state: task.state.as_deref().map(InnerSnapshot),
        }
    }
}

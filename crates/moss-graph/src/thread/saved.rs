//! What a finished task leaves to the commit of its superstep, as it is stored until then.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::stored_task::StoredTimeout;
use crate::checkpoint::{CheckpointId, Namespace};
use crate::error::RunFailure;
use crate::graph::CompiledGraph;
use crate::node::Onward;
use crate::scheduler::{Finished, Target, TaskPlace};
use crate::state::{Codec, State, StateError};

/// What was written, and where it leads.
type Written<S> = (Vec<<S as State>::Update>, Vec<Target<S>>);

/// What a finished task wrote, and where it leads.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedOutput {
    updates: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    targets: Vec<SavedTarget>,
    /// Whether it leads nowhere else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    only: bool,
    /// A subgraph with a memory of its own that an update from outside has moved to another checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved: Option<Moved>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Moved {
    namespace: String,
    checkpoint: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedTarget {
    node: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<StoredTimeout>,
}

impl SavedOutput {
    pub(crate) fn of<S: State>(
        graph: &CompiledGraph<S>,
        codec: &dyn Codec<S>,
        updates: &[S::Update],
        (targets, onward): (&[Target<S>], Onward),
    ) -> Result<Self, StateError> {
        let updates = updates.iter().map(|update| codec.stored_update(update));
        let targets = targets.iter().map(|target| {
            Ok(SavedTarget {
                node: graph.node_name(target.node).to_string(),
                input: target.input.as_deref().map(|input| codec.to_json(input)).transpose()?,
                timeout: target.timeout.map(StoredTimeout::from),
            })
        });
        Ok(Self {
            updates: updates.collect::<Result<_, _>>()?,
            targets: targets.collect::<Result<_, StateError>>()?,
            only: onward == Onward::Nowhere,
            moved: None,
        })
    }

    /// That a subgraph with a memory of its own stands at another checkpoint now.
    pub(crate) fn of_moved(namespace: &Namespace, checkpoint: CheckpointId) -> Self {
        let (namespace, checkpoint) = (namespace.to_string(), checkpoint.to_string());
        let moved = Some(Moved { namespace, checkpoint });
        Self { updates: Vec::new(), targets: Vec::new(), only: false, moved }
    }

    pub(crate) fn moved(self) -> Option<(Namespace, CheckpointId)> {
        let Moved { namespace, checkpoint } = self.moved?;
        Some((namespace.into(), checkpoint.parse().ok()?))
    }

    pub(crate) fn updates(&self) -> &[Value] {
        &self.updates
    }

    /// # Errors
    /// [`RunFailure::GraphChanged`] and [`RunFailure::State`].
    pub(crate) fn restore<S: State>(
        self,
        graph: &CompiledGraph<S>,
        codec: &dyn Codec<S>,
        place: TaskPlace,
    ) -> Result<Finished<S>, RunFailure> {
        let onward = if self.only { Onward::Nowhere } else { Onward::Edges };
        let (updates, targets) = self.parts(graph, codec)?;
        Ok(Finished { place, updates, targets, onward, fresh: None })
    }

    /// # Errors
    /// [`RunFailure::GraphChanged`] and [`RunFailure::State`].
    pub(crate) fn parts<S: State>(
        self,
        graph: &CompiledGraph<S>,
        codec: &dyn Codec<S>,
    ) -> Result<Written<S>, RunFailure> {
        let updates = self.updates.into_iter().map(|update| codec.update_from_json(update));
        let updates = updates.collect::<Result<Vec<_>, _>>()?;
        let mut targets = Vec::with_capacity(self.targets.len());
        for target in self.targets {
            let Some(node) = graph.node_index(&target.node) else {
                return Err(RunFailure::GraphChanged { missing: vec![target.node] });
            };
            let input = target.input.map(|input| codec.state_from_json(input)).transpose()?;
            let timeout = target.timeout.map(Into::into);
            targets.push(Target { node, input: input.map(Arc::new), timeout });
        }
        Ok((updates, targets))
    }
}

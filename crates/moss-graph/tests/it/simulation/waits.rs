//! A world whose reducers take time.

use std::sync::Arc;

use moss_graph::{
    Applying, Changes, Channels, Json, Marks, NodeContext, PersistentState, ReduceError, State,
    StateError,
};

use super::world::{World, WorldUpdate};

/// A world whose reducers take time, now and then.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Waits {
    pub(super) world: World,
    /// For a subgraph: the task it runs in, by superstep and number among those that were sent.
    pub(super) task: Option<(u64, u32)>,
}

impl Waits {
    /// The state as the subgraph in a task is given it.
    pub(super) fn within(self: Arc<Self>, context: &NodeContext) -> Arc<Self> {
        let task = (context.superstep(), context.task().send().unwrap_or(0));
        Arc::new(Self { task: Some(task), ..Arc::unwrap_or_clone(self) })
    }
}

impl From<World> for Waits {
    fn from(world: World) -> Self {
        Self { world, task: None }
    }
}

impl AsRef<World> for Waits {
    fn as_ref(&self) -> &World {
        &self.world
    }
}

impl State for Waits {
    type Update = WorldUpdate;

    fn visit_last_values<'u>(&self, update: &'u WorldUpdate, visit: &mut dyn FnMut(&'u str)) {
        self.world.visit_last_values(update, visit);
    }

    fn apply(&mut self, updates: Vec<WorldUpdate>) -> Result<(), ReduceError> {
        self.world.apply(updates)
    }

    fn apply_later(&self, updates: Vec<WorldUpdate>) -> Applying<Self> {
        let turns = self.world.digest() % 4;
        if turns == 0 {
            return Applying::AtOnce(updates);
        }
        let mut next = self.clone();
        Applying::Later(Box::pin(async move {
            for _ in 1..turns {
                tokio::task::yield_now().await;
            }
            next.apply(updates)?;
            Ok(next)
        }))
    }
}

impl PersistentState for Waits {
    fn mark(&self, updates: &mut dyn Iterator<Item = &WorldUpdate>, marks: &mut Marks) {
        self.world.mark(updates, marks);
    }

    fn changes(&self, marks: &Marks) -> Result<Changes, StateError> {
        self.world.changes(marks)
    }

    fn restore(&self, channels: &Channels) -> Result<Self, StateError> {
        self.world.restore(channels).map(Self::from)
    }

    fn to_json(&self) -> Result<Json, StateError> {
        self.world.to_json()
    }

    fn with_json(&self, json: Json) -> Result<Self, StateError> {
        self.world.with_json(json).map(Self::from)
    }

    fn update_to_json(update: &WorldUpdate) -> Result<Json, StateError> {
        World::update_to_json(update)
    }

    fn update_from_json(&self, json: Json) -> Result<WorldUpdate, StateError> {
        self.world.update_from_json(json)
    }
}

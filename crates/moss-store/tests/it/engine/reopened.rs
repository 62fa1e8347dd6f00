//! A thread that is opened anew for each step.

use moss_graph::checkpoint::{CheckpointStore, ThreadId};
use moss_graph::{
    Durability, Input, Outcome, PersistentState, RunError, RunOptions, StateGraph,
    StateGraphEngine, StateSnapshot, Thread,
};

use super::home::Home;
use crate::support::thread;

pub const DURABILITIES: [Durability; 3] = [Durability::Sync, Durability::Async, Durability::Exit];

pub fn with(durability: Durability) -> RunOptions {
    RunOptions { durability, ..RunOptions::default() }
}

/// A thread whose store is opened and whose graph is built anew for each step, as if each were another process's.
pub struct Reopened<'h, S: PersistentState> {
    pub id: ThreadId,
    home: &'h Home,
    initial: S,
    graph: Box<dyn Fn() -> StateGraph<S> + 'h>,
}

impl<'h, S: PersistentState> Reopened<'h, S> {
    /// A thread that no other test uses.
    pub fn new(
        home: &'h Home,
        name: &str,
        initial: S,
        graph: impl Fn() -> StateGraph<S> + 'h,
    ) -> Self {
        Self { id: thread(name), home, initial, graph: Box::new(graph) }
    }

    /// The thread with another id.
    pub fn named(self, id: ThreadId) -> Self {
        Self { id, ..self }
    }

    /// One step of the thread.
    pub async fn step<R>(&self, step: impl AsyncFnOnce(Thread<S>) -> R) -> R {
        let visit = async |store| {
            let graph = (self.graph)().compile().unwrap();
            let engine = StateGraphEngine::persistent(graph, self.initial.clone());
            step(engine.with_store(store).thread(self.id.clone()).unwrap()).await
        };
        self.home.visit(visit).await
    }

    pub async fn try_run(
        &self,
        input: Input<S>,
        options: RunOptions,
    ) -> Result<Outcome<S>, RunError<S>> {
        self.step(async |thread| thread.run(input, options).await).await
    }

    pub async fn run(&self, input: Input<S>, durability: Durability) -> Outcome<S> {
        self.try_run(input, with(durability)).await.unwrap()
    }

    /// The thread as it stands.
    pub async fn state(&self) -> StateSnapshot<S> {
        self.step(async |thread| thread.state().await.unwrap().unwrap()).await
    }

    /// Something that is done with the store itself.
    pub async fn store<R>(&self, visit: impl AsyncFnOnce(&dyn CheckpointStore) -> R) -> R {
        self.home.visit(async |store| visit(&*store).await).await
    }
}

//! What the nodes of a simulated thread do: they fail, hang, have side effects and ask, in the graph itself and in
//! subgraphs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use moss_graph::{
    Execution, Node, NodeContext, NodeError, NodeFuture, NodeResult, START, State, StateGraph,
    StateGraphEngine, Subgraph, SubgraphMemory,
};
use serde_json::json;

use super::blueprint::Blueprint;
use super::seed::Seed;
use super::store::{Chaos, Fault};
use super::waits::Waits;
use super::world::{World, Written};

/// What effects have given back, by task.
pub(super) type Results = Arc<Mutex<BTreeMap<String, u64>>>;

/// What the nodes of one process share.
#[derive(Clone)]
pub(super) struct Process {
    pub(super) blueprint: Arc<Blueprint>,
    pub(super) execution: Execution,
    pub(super) chaos: Arc<Chaos>,
    /// What is stored of effects: they do not happen again.
    pub(super) stored: Results,
    /// Where the results of effects go: to those that are stored, or are stored with the end of the run.
    pub(super) new: Results,
    /// Whether an effect whose result was stored has happened again.
    pub(super) repeated: Arc<AtomicBool>,
}

/// What may happen in a node beside its work.
#[derive(Clone, Copy)]
struct Troubles {
    effects: usize,
    questions: usize,
}

impl Process {
    /// The node with a number: some are graphs, which come to the same.
    pub(super) fn node(&self, number: usize) -> Arc<dyn Node<Waits>> {
        let mut random = Seed::new(Seed::mix(&[self.blueprint.salt, number as u64, 177]));
        let sends = self.blueprint.sends.iter().any(|(source, _)| *source == number);
        if sends || !random.chance(250) {
            return self.plain(number);
        }
        let is_sent = self.blueprint.sends.iter().any(|(_, target)| *target == number);
        let memory = match random.below(3) {
            // Two tasks at a time would remember as one.
            0 if !is_sent && self.execution == Execution::Supersteps => SubgraphMemory::PerThread,
            1 => SubgraphMemory::None,
            _ => SubgraphMemory::PerTask,
        };
        Arc::new(Inner(self.subgraph(number, memory)))
    }

    fn plain(&self, number: usize) -> Arc<dyn Node<Waits>> {
        let process = self.clone();
        Arc::new(move |state: Arc<Waits>, context: NodeContext| {
            let process = process.clone();
            async move {
                let task = (context.superstep(), context.task().send().unwrap_or(0));
                let own = [process.blueprint.salt, number as u64, task.0, u64::from(task.1)];
                let key = context.task().to_string();
                let troubles = Troubles { effects: 200, questions: 100 };
                process.trouble(&context, Seed::new(Seed::mix(&own)), key, troubles).await?;
                let written = Written::by(&process.blueprint, number, task, &state.world);
                Ok::<_, NodeError>(written.command::<Waits>())
            }
        })
    }

    /// What may happen in a node: as its own seed says, or as chance will have it.
    async fn trouble(
        &self,
        context: &NodeContext,
        mut own: Seed,
        key: String,
        troubles: Troubles,
    ) -> Result<(), NodeError> {
        for _ in 0..self.chaos.random(|seed| seed.below(3)) {
            tokio::task::yield_now().await;
        }
        match self.chaos.fault(40) {
            Fault::None => {}
            Fault::Before | Fault::After => Err("a fault")?,
            Fault::Crash => self.chaos.hang().await,
        }
        if own.chance(troubles.effects) {
            let draw = async { Ok::<_, NodeError>(self.chaos.random(Seed::next)) };
            let result = context.effect("draw", draw).await?;
            let stored = self.stored.lock().unwrap().get(&key).copied();
            match stored {
                Some(stored) if stored == result => {}
                Some(_) => {
                    // A run that stores at its end, and whose lease was taken, does not know what happened since.
                    if Arc::ptr_eq(&self.stored, &self.new) {
                        self.repeated.store(true, Ordering::SeqCst);
                    }
                    Err("an effect has happened twice")?;
                }
                None => {
                    self.new.lock().unwrap().insert(key, result);
                }
            }
        }
        self.ask(context, own, troubles)
    }

    fn ask(
        &self,
        context: &NodeContext,
        mut own: Seed,
        troubles: Troubles,
    ) -> Result<(), NodeError> {
        if own.chance(troubles.questions) {
            let asked = own.next();
            let answer = context.interrupt(json!(asked.to_string()))?;
            assert_eq!(answer, json!(format!("{asked}!")));
        }
        Ok(())
    }

    /// A node's work in a graph of its own, whose nodes come after each other and each have their troubles.
    fn subgraph(&self, number: usize, memory: SubgraphMemory) -> Subgraph<Waits, Inside> {
        let troubles = match memory {
            SubgraphMemory::PerTask | SubgraphMemory::PerThread => {
                Troubles { effects: 200, questions: 150 }
            }
            // Nothing is stored of it: it cannot ask, and what it does it does again.
            SubgraphMemory::None => Troubles { effects: 0, questions: 0 },
        };
        let step = |step: u64| {
            let process = self.clone();
            move |inside: Arc<Inside>, context: NodeContext| {
                let process = process.clone();
                async move {
                    let Inside { visit, number, .. } = &*inside;
                    let key = format!("{visit}, step {step}");
                    let own = Seed::new(Seed::mix(&[process.blueprint.salt, *number, step]));
                    process.trouble(&context, own, key.clone(), troubles).await?;
                    Ok(Inside::update().steps([key])) as NodeResult<Inside>
                }
            }
        };
        let graph = StateGraph::new()
            .node("one", step(1))
            .node("two", step(2))
            .node("beside", step(3))
            .node("three", step(4))
            .edge(START, "one")
            .edge("one", "two")
            .edge("one", "beside")
            .join(["two", "beside"], "three");
        let blueprint = Arc::clone(&self.blueprint);
        Subgraph::new(
            StateGraphEngine::persistent(graph.compile().unwrap(), Inside::default()),
            Inside::default(),
            move |around: &Waits| {
                let written = Written::by(&blueprint, number, around.task.unwrap(), &around.world);
                Inside::update().visit(written.visit).number(written.number).last(written.last)
            },
            |inside: &Inside| {
                let Inside { visit, number, last, steps } = inside;
                let all: Vec<_> = [1, 3, 2, 4].map(|step| format!("{visit}, step {step}")).to_vec();
                assert!(steps.ends_with(&all), "each step once, in its order: {steps:?}");
                let other = &steps[..steps.len() - all.len()];
                assert!(!other.iter().any(|step| all.contains(step)), "a step twice: {steps:?}");
                let update =
                    World::update().trail([visit.clone()]).numbers([*number]).folded(*number);
                match last {
                    Some(last) => update.last(*last),
                    None => update,
                }
            },
        )
        .memory(memory)
    }
}

/// The state of a subgraph: what its node is to write, and the steps it has taken.
#[derive(Debug, Clone, Default, PartialEq, State)]
#[state(persist)]
struct Inside {
    visit: String,
    number: u64,
    last: Option<u64>,
    #[state(append)]
    steps: Vec<String>,
}

/// A subgraph that is told in which task it runs.
struct Inner(Subgraph<Waits, Inside>);

impl Node<Waits> for Inner {
    fn run(&self, state: Arc<Waits>, context: NodeContext) -> NodeFuture<'_, Waits> {
        let state = state.within(&context);
        self.0.run(state, context)
    }
}

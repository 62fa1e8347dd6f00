//! Runs of a blueprint, on the bare scheduler and on the engine.

use std::sync::Arc;

use futures::FutureExt;
use moss_graph::scheduler::{Plan, commit, finish, plan, start};
use moss_graph::{
    CancellationToken, NodeContext, NodeError, NodeResult, RunFailure, RunOptions, StateGraphEngine,
};

use super::blueprint::Blueprint;
use super::seed::Seed;
use super::world::{World, Written};

/// How often tasks fail, and how often a run is cancelled at a task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Faults {
    pub(super) per_thousand: usize,
}

impl Faults {
    pub(super) const NONE: Self = Self { per_thousand: 0 };
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    Done,
    IncompleteJoin { target: String },
    ConcurrentUpdate { first: String, second: String },
    RecursionLimit,
    Failed { superstep: u64 },
    Cancelled { superstep: u64 },
}

impl Ending {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::IncompleteJoin { .. } => "incomplete join",
            Self::ConcurrentUpdate { .. } => "concurrent update",
            Self::RecursionLimit => "recursion limit",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

impl From<&RunFailure> for Ending {
    fn from(failure: &RunFailure) -> Self {
        match failure {
            RunFailure::IncompleteJoin { target, .. } => {
                Self::IncompleteJoin { target: target.into() }
            }
            RunFailure::ConcurrentUpdate { first, second, .. } => {
                Self::ConcurrentUpdate { first: first.into(), second: second.into() }
            }
            RunFailure::RecursionLimit { .. } => Self::RecursionLimit,
            RunFailure::Nodes(failures) => Self::Failed { superstep: failures.first().superstep() },
            RunFailure::Cancelled { superstep } => Self::Cancelled { superstep: *superstep },
            failure => panic!("{failure}"),
        }
    }
}

/// What a run must come to.
#[derive(Debug)]
pub(super) struct Expected {
    /// The state after each superstep.
    pub(super) committed: Vec<World>,
    pub(super) ending: Ending,
}

impl Expected {
    pub(super) fn last(&self) -> World {
        self.after(self.committed.len() as u64)
    }

    /// The state after so many supersteps.
    pub(super) fn after(&self, supersteps: u64) -> World {
        match usize::try_from(supersteps).unwrap().checked_sub(1) {
            Some(place) => self.committed[place].clone(),
            None => World::default(),
        }
    }
}

/// A run on the scheduler.
#[derive(Debug, PartialEq)]
pub(super) struct Run {
    pub(super) committed: Vec<World>,
    pub(super) ending: Ending,
    /// All that happened: tasks in the order they ended in, and faults.
    trace: Vec<String>,
}

/// Drives the scheduler as an executor would. A superstep that a fault hits is tried again.
pub(super) fn on_scheduler(blueprint: &Blueprint, mut random: Seed, faults: Faults) -> Run {
    let graph = blueprint
        .graph(|_| async |_: Arc<World>, _: NodeContext| -> NodeResult<World> { Err("not run")? });
    let mut state = Arc::new(World::default());
    let mut progress = start(&graph, &state).now_or_never().unwrap().unwrap();
    let mut run = Run { committed: Vec::new(), ending: Ending::Done, trace: Vec::new() };
    loop {
        let mut nodes = match plan(&graph, &progress, blueprint.recursion_limit) {
            Ok(Plan::Run(nodes)) => nodes.to_vec(),
            Ok(Plan::Done) => return run,
            Err(failure) => {
                run.ending = Ending::from(&failure);
                return run;
            }
        };
        random.shuffle(&mut nodes);
        let superstep = progress.superstep() + 1;
        let mut finished = Vec::new();
        for task in &nodes {
            let name = graph.node_name(task.node());
            if random.chance(faults.per_thousand) {
                run.trace.push(format!("{superstep}:{name} fails"));
                break;
            }
            run.trace.push(format!("{} ends", task.id(&graph)));
            let number = name.as_str()[1..].parse().unwrap();
            let send = task.id(&graph).send().unwrap_or(0);
            let input = task.input().unwrap_or(&state);
            let command =
                Written::by(blueprint, number, (superstep, send), input).command::<World>();
            // A task that a fault of its own kind hits here fails the superstep, as on the engine.
            match finish(&graph, &state, task, command).now_or_never().unwrap() {
                Ok(task) => finished.push(task),
                Err(failure) => panic!("{failure}"),
            }
        }

        let before = (progress.clone(), World::clone(&state));
        let was_through = finished.len() == nodes.len();
        // Somebody may hold the state: a stream, a checkpoint being written.
        let held = random.chance(500).then(|| Arc::clone(&state));
        match commit(&graph, &mut progress, &mut state, finished).now_or_never().unwrap() {
            Ok(()) => {
                assert!(was_through);
                assert_eq!(progress.superstep(), superstep);
                run.committed.push(World::clone(&state));
            }
            Err(failure) => {
                assert_eq!((&progress, &*state), (&before.0, &before.1), "{failure}");
                if was_through {
                    run.ending = Ending::from(&failure);
                    return run;
                }
                assert!(matches!(failure, RunFailure::UnplannedTasks { .. }), "{failure}");
            }
        }
        if let Some(held) = held {
            assert_eq!(*held, before.1, "a state that is held does not change");
        }
    }
}

/// Runs the graph on the engine, with nodes that take turns at random.
pub(super) async fn on_engine(blueprint: &Blueprint, faults: Faults) -> (World, Ending) {
    let cancellation = CancellationToken::new();
    let shared = Arc::new(blueprint.clone());
    let graph = blueprint.graph(|number| {
        let (blueprint, cancellation) = (Arc::clone(&shared), cancellation.clone());
        move |world: Arc<World>, context: NodeContext| {
            let (blueprint, cancellation) = (Arc::clone(&blueprint), cancellation.clone());
            async move {
                let superstep = context.superstep();
                let mut random = Seed::new(Seed::mix(&[blueprint.salt, number as u64, superstep]));
                for _ in 0..random.below(4) {
                    tokio::task::yield_now().await;
                }
                if random.chance(faults.per_thousand) {
                    if random.chance(500) {
                        Err("a fault")?;
                    }
                    cancellation.cancel();
                    std::future::pending::<()>().await;
                }
                let send = context.task().send().unwrap_or(0);
                let written = Written::by(&blueprint, number, (superstep, send), &world);
                Ok::<_, NodeError>(written.command::<World>())
            }
        }
    });
    let options = RunOptions {
        recursion_limit: blueprint.recursion_limit,
        cancellation: cancellation.clone(),
        ..RunOptions::default()
    };
    match StateGraphEngine::new(graph).run(World::default(), options).await {
        Ok(world) => (world, Ending::Done),
        Err(error) => (World::clone(error.state()), Ending::from(error.failure())),
    }
}

//! Threads whose processes fail, hang, crash and come back, on a store that fails too.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use moss_graph::checkpoint::{
    CheckpointId, CheckpointQuery, CheckpointSource, CheckpointStore, MemoryStore, Namespace,
};
use moss_graph::{
    Answers, BusyThread, Durability, Ending as RunEnding, Execution, HistoryFilter, Input, Outcome,
    RunError, RunFailure, RunOptions, StateGraphEngine, Thread,
};
use serde_json::json;

use super::blueprint::Blueprint;
use super::driver::Ending;
use super::nodes::{Process, Results};
use super::oracle::oracle;
use super::seed::Seed;
use super::store::{Chaos, FaultyStore};
use super::waits::Waits;
use super::world::World;

/// Which seeds are run: 300 in every test run. `MOSS_SIM_SEEDS` says how many, `MOSS_SIM_FIRST` with which it begins.
fn seeds() -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let first = number("MOSS_SIM_FIRST").unwrap_or(0);
    first..first + number("MOSS_SIM_SEEDS").unwrap_or(300)
}

type Run = Pin<Box<dyn Future<Output = Result<Outcome<Waits>, RunError<Waits>>>>>;

/// One simulated thread, and what is known of it for certain.
struct Simulation {
    blueprint: Arc<Blueprint>,
    execution: Execution,
    store: Arc<MemoryStore>,
    chaos: Arc<Chaos>,
    /// Whether some runs store what they have done with their end only.
    uses_exit: bool,
    /// What effects have given back, as far as it is stored.
    effects: Results,
    /// Whether one of them has happened again.
    repeated: Arc<AtomicBool>,
    /// The superstep and the state at each checkpoint that has been seen.
    known: BTreeMap<CheckpointId, (i64, World)>,
    /// Runs that seem to have crashed, and go on when nobody expects it.
    zombies: Vec<Run>,
}

impl Simulation {
    fn new(seed: u64, execution: Execution) -> Self {
        let faults = Seed::new(Seed::mix(&[seed, 77])).below(9);
        Self {
            blueprint: Arc::new(Blueprint::of(seed)),
            execution,
            store: Arc::new(MemoryStore::new()),
            chaos: Chaos::new(Seed::mix(&[seed, 78]), faults),
            uses_exit: Seed::new(Seed::mix(&[seed, 79])).chance(400),
            effects: Results::default(),
            repeated: Arc::default(),
            known: BTreeMap::new(),
            zombies: Vec::new(),
        }
    }

    /// The thread as a new process sees it. `new` gets the results of its effects.
    fn process(&self, store: Arc<dyn CheckpointStore>, new: &Results) -> Thread<Waits> {
        let process = Process {
            blueprint: Arc::clone(&self.blueprint),
            execution: self.execution,
            chaos: Arc::clone(&self.chaos),
            stored: Arc::clone(&self.effects),
            new: Arc::clone(new),
            repeated: Arc::clone(&self.repeated),
        };
        let graph = self.blueprint.graph_in(self.execution, |number| process.node(number));
        let engine = StateGraphEngine::persistent(graph, Waits::default());
        engine.with_store(store).thread("t").unwrap()
    }

    /// How far the next run may go, so that all of them together come to an end.
    fn limit(&self, committed: u64) -> u64 {
        let limit = self.blueprint.recursion_limit;
        match self.execution {
            Execution::Supersteps => limit.saturating_sub(committed),
            // It counts how deep tasks are: there may be exponentially more of them.
            Execution::Dataflow => limit.min(6).saturating_sub(committed / 8),
        }
    }

    /// When what the next run does is stored.
    fn durability(&self) -> Durability {
        let choices = if self.uses_exit { 4 } else { 3 };
        match self.chaos.random(|seed| seed.below(choices)) {
            0 => Durability::Sync,
            3 => Durability::Exit,
            _ => Durability::Async,
        }
    }

    /// Runs the thread to its end, whatever happens on the way.
    async fn run(&mut self) -> Ending {
        let whole: Arc<dyn CheckpointStore> = Arc::clone(&self.store) as _;
        let watcher = self.process(whole, &Results::default());
        let mut answers = BTreeMap::new();
        for _ in 0..200 {
            let durability = self.durability();
            let begun = watcher.state().await.unwrap();
            let committed = begun.as_ref().map_or(0, |begun| begun.superstep.max(0) as u64);
            let input = match &begun {
                None => Input::Update(World::update()),
                Some(begun) => {
                    answers.retain(|id, _| begun.interrupts().any(|open| open.id == *id));
                    if answers.is_empty() {
                        Input::Continue
                    } else {
                        Input::Resume(Answers::by_id(std::mem::take(&mut answers)))
                    }
                }
            };
            let options = RunOptions {
                durability,
                busy: BusyThread::Interrupt,
                recursion_limit: self.limit(committed),
                ..RunOptions::default()
            };
            let store =
                FaultyStore { inner: Arc::clone(&self.store), chaos: Arc::clone(&self.chaos) };
            // With the end of the run what it has done is stored, and not before: a crash loses it.
            let new = match durability {
                Durability::Sync | Durability::Async => Arc::clone(&self.effects),
                Durability::Exit => Results::default(),
            };
            let thread = self.process(Arc::new(store), &new);
            let mut run: Run = Box::pin(async move { thread.run(input, options).await });
            let crashed = Arc::clone(&self.chaos);
            let result = tokio::select! {
                biased;
                result = &mut run => Some(result),
                () = crashed.crash.notified() => None,
            };
            match result {
                None if self.chaos.random(|seed| seed.chance(500)) => self.zombies.push(run),
                None => drop(run),
                Some(_) => drop(run),
            }
            self.check(&watcher).await;
            self.wake_zombies().await;
            self.check(&watcher).await;
            assert!(!self.repeated.load(Ordering::SeqCst), "an effect has happened twice");
            match result {
                None => {}
                Some(Ok(outcome)) => match outcome.ending {
                    RunEnding::Done => return Ending::Done,
                    RunEnding::Interrupted(asked) => {
                        let new = new.lock().unwrap().clone();
                        self.effects.lock().unwrap().extend(new);
                        // Some of them are answered now, and others later.
                        for ask in &asked {
                            if answers.is_empty() || self.chaos.random(|seed| seed.chance(500)) {
                                let answer = format!("{}!", ask.value.as_str().unwrap());
                                answers.insert(ask.id.clone(), json!(answer));
                            }
                        }
                    }
                    ending => panic!("{ending:?}"),
                },
                Some(Err(error)) => match error.failure() {
                    RunFailure::Nodes(_) | RunFailure::Store(_) => {}
                    failure => return Ending::from(failure),
                },
            }
        }
        panic!("the thread comes to no end");
    }

    /// Lets what has hung go on: by now others hold the thread, or nobody has come in between.
    async fn wake_zombies(&mut self) {
        if self.zombies.is_empty() || self.chaos.random(|seed| seed.chance(500)) {
            return;
        }
        let thief = moss_graph::checkpoint::LeaseRequest::new(
            "t".into(),
            "the next process",
            std::time::Duration::from_secs(30),
        );
        let newest = CheckpointQuery::latest("t".into(), Namespace::root());
        self.store.acquire(&thief.take_over()).await.unwrap();
        self.chaos.gate.add_permits(self.zombies.len() * 4);
        for mut zombie in std::mem::take(&mut self.zombies) {
            for _ in 0..50 {
                if let std::task::Poll::Ready(result) = futures::poll!(&mut zombie) {
                    // It may have been through before, and not have known it.
                    if let Ok(outcome) = result {
                        let newest = self.store.load(&newest).await.unwrap();
                        let newest = newest.map(|newest| newest.checkpoint.id);
                        assert_eq!(
                            outcome.checkpoint, newest,
                            "what comes too late changes nothing"
                        );
                    }
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // Permits that nobody took would let the next one through.
        while let Ok(permit) = self.chaos.gate.try_acquire() {
            permit.forget();
        }
    }

    /// Looks at all that is stored: what was there once is there still, and the same.
    async fn check(&mut self, watcher: &Thread<Waits>) {
        let filter = HistoryFilter { limit: Some(1_000), ..HistoryFilter::default() };
        let history = watcher.history(filter).await.unwrap();
        let mut supersteps = BTreeSet::new();
        for snapshot in &history {
            if snapshot.source == CheckpointSource::Loop {
                assert!(supersteps.insert(snapshot.superstep), "a superstep is committed twice");
            }
            let bare = watcher.state_at(snapshot.checkpoint).await.unwrap().unwrap();
            let here = (snapshot.superstep, bare.values.world.clone());
            let known = self.known.entry(snapshot.checkpoint).or_insert_with(|| here.clone());
            assert_eq!(*known, here, "what is committed never changes");
        }
        let present: BTreeSet<_> = history.iter().map(|snapshot| snapshot.checkpoint).collect();
        assert!(self.known.keys().all(|id| present.contains(id)), "what is committed stays");
    }
}

fn for_every_seed(test: impl Fn(u64)) {
    for seed in seeds() {
        if let Err(failure) = catch_unwind(AssertUnwindSafe(|| test(seed))) {
            eprintln!("seed {seed} failed: {:#?}", Blueprint::of(seed));
            std::panic::resume_unwind(failure);
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

#[test]
fn whatever_happens_a_thread_comes_to_what_it_would_have_come_to() {
    for_every_seed(comes_to_the_same);
}

fn comes_to_the_same(seed: u64) {
    let mut simulation = Simulation::new(seed, Execution::Supersteps);
    let expected = oracle(&simulation.blueprint);
    let ending = block_on(simulation.run());
    assert_eq!(ending, expected.ending);
    let mut states: Vec<_> = simulation.known.into_values().collect();
    for (superstep, world) in &states {
        let superstep = u64::try_from(*superstep).unwrap_or(0);
        assert_eq!(*world, expected.after(superstep), "superstep {superstep}");
    }
    if simulation.uses_exit {
        // Not every superstep is stored; the end of a run that is through is.
        if ending == Ending::Done {
            assert_eq!(states.last().unwrap().1, expected.last());
        }
    } else {
        // The input's comes first; after that one for each superstep, in order.
        let committed: Vec<_> = states.split_off(1).into_iter().map(|(_, world)| world).collect();
        assert_eq!(committed, expected.committed);
    }
}

/// Seeds that once came to something else.
#[test]
fn seeds_that_failed_once_do_not_fail_again() {
    // Two equal joins were read back as one, of which the other half was lost.
    comes_to_the_same(9_479);
    // A run that stores at its end crashed, and what a subgraph remembers was further on than the graph around it.
    comes_to_the_same(1_579);
}

#[test]
fn without_a_barrier_each_task_is_committed_once_in_the_order_they_ended_in() {
    for_every_seed(|seed| {
        let mut simulation = Simulation::new(seed, Execution::Dataflow);
        let ending = block_on(simulation.run());
        assert!(!matches!(ending, Ending::ConcurrentUpdate { .. }));
        let worlds = simulation.known.values().map(|(_, world)| world);
        let trails: Vec<Vec<String>> =
            worlds.map(|world| world.trail.iter().cloned().collect()).collect();
        for pair in trails.windows(2) {
            assert!(pair[1].starts_with(&pair[0]), "what is committed is gone on from");
            let more = pair[1].len() - pair[0].len();
            assert!(more == 1 || (more > 1 && simulation.uses_exit), "a task is a commit");
        }
        let last = trails.last().unwrap();
        let once: BTreeSet<_> = last.iter().collect();
        assert_eq!(once.len(), last.len(), "a task is committed once");
    });
}

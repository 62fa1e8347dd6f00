//! Runs a graph until enough CPU time is spent, and says what a run costs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use moss_graph::{Ending, Input, PersistentState, RunOptions, State, StateGraphEngine};
use serde_json::{Value, json};

use crate::cpu::cpu_time;
use crate::floor::{self, Hand, Tally, Written};
use crate::keep::Keep;
use crate::shape::Shape;
use crate::task::{Checkpointer, ShapeTask};

/// The most runs between two looks at the clock.
const BATCH: u64 = 64;

pub async fn measure<S>(shape: Shape<S>, task: &ShapeTask) -> Result<Value>
where
    S: PersistentState,
    <S as State>::Update: Clone,
{
    let engine = StateGraphEngine::persistent(shape.graph.clone(), shape.initial.clone());
    let options = RunOptions {
        recursion_limit: u64::MAX,
        durability: task.durability.into(),
        ..RunOptions::default()
    };
    let hand = match task.checkpointer {
        Checkpointer::SqliteAlone => Some(Hand::Own),
        Checkpointer::SqliteWriter => Some(Hand::Writer),
        Checkpointer::None
        | Checkpointer::Memory
        | Checkpointer::Sqlite
        | Checkpointer::SqlitePowerLoss => None,
    };
    if let Some(hand) = hand {
        let tally = Arc::new(Tally::default());
        one_on_thread(&engine.with_store(tally.clone()), "one", &shape, &options).await?;
        let Written { cpu, runs } = floor::write(&tally.commits(), task, hand).await?;
        return Ok(measured(cpu, runs, shape.supersteps));
    }
    let keep = Keep::open(task.checkpointer, &task.folder).await?;
    let mut bench = Bench { shape, engine, keep, options, runs: 0 };
    let limit = Duration::from_millis(task.wall_ms);
    bench.spend(Duration::from_millis(task.warmup_ms), limit).await?;
    let before = bench.runs;
    let cpu = bench.spend(Duration::from_millis(task.cpu_ms), limit).await?;
    Ok(measured(cpu, bench.runs - before, bench.shape.supersteps))
}

fn measured(cpu: Duration, runs: u64, supersteps: u64) -> Value {
    json!({ "cpuMs": 1e3 * cpu.as_secs_f64(), "runs": runs, "supersteps": supersteps })
}

/// One run on a thread of its own, up to its end.
async fn one_on_thread<S>(
    engine: &StateGraphEngine<S>,
    thread: &str,
    shape: &Shape<S>,
    options: &RunOptions,
) -> Result<S>
where
    S: PersistentState,
    <S as State>::Update: Clone,
{
    let thread = engine.thread(thread)?;
    let outcome = thread.run(Input::Update(shape.input.clone()), options.clone()).await?;
    ensure!(outcome.ending == Ending::Done, "a run came to no end: {:?}", outcome.ending);
    Ok(S::clone(&outcome.state))
}

struct Bench<S: PersistentState> {
    shape: Shape<S>,
    engine: StateGraphEngine<S>,
    keep: Keep,
    options: RunOptions,
    runs: u64,
}

impl<S> Bench<S>
where
    S: PersistentState,
    <S as State>::Update: Clone,
{
    /// Runs in growing batches until this much CPU time is spent, and says how much was. The last state of each batch is
    /// looked at, which does not count.
    async fn spend(&mut self, wanted: Duration, limit: Duration) -> Result<Duration> {
        let began = Instant::now();
        let mut spent = Duration::ZERO;
        let mut batch = 1;
        while spent < wanted && (spent.is_zero() || began.elapsed() < limit) {
            let begun = self.shape.begun()?;
            let engine = match self.keep.store() {
                Some(store) => self.engine.clone().with_store(store),
                None => self.engine.clone(),
            };
            let mut last = None;
            let before = cpu_time()?;
            for _ in 0..batch {
                self.runs += 1;
                last = Some(self.one(&engine, &begun).await?);
            }
            spent += cpu_time()? - before;
            (self.shape.check)(&last.context("a batch is not empty")?)?;
            self.keep.forget();
            batch = (2 * batch).min(BATCH);
        }
        Ok(spent)
    }

    async fn one(&self, engine: &StateGraphEngine<S>, begun: &S) -> Result<S> {
        if self.keep.store().is_none() {
            return Ok(engine.run(begun.clone(), self.options.clone()).await?);
        }
        one_on_thread(engine, &self.runs.to_string(), &self.shape, &self.options).await
    }
}

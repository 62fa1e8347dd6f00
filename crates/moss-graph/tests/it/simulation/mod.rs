//! A seeded simulator of runs. From a seed it makes a graph, and runs it on the scheduler with the tasks of each
//! superstep ending in random orders, failing and being cancelled at random; then on the engine. All must come to
//! what a slow and simple oracle says.
//!
//! It lives in the tests and not behind a feature: nothing but the scheduler and the engine is driven here.

mod blueprint;
mod driver;
mod nodes;
mod oracle;
mod seed;
mod store;
mod threads;
mod waits;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use blueprint::Blueprint;
use driver::{Ending, Faults, on_engine, on_scheduler};
use oracle::oracle;
use seed::Seed;

const SEEDS: std::ops::Range<u64> = 0..500;

/// Runs a test for every seed, and says which seed failed.
fn for_every_seed(test: impl Fn(u64)) {
    for seed in SEEDS {
        if let Err(failure) = catch_unwind(AssertUnwindSafe(|| test(seed))) {
            eprintln!("seed {seed} failed: {:#?}", Blueprint::of(seed));
            std::panic::resume_unwind(failure);
        }
    }
}

#[test]
fn committed_states_do_not_depend_on_the_order_tasks_end_in() {
    for_every_seed(|seed| {
        let blueprint = Blueprint::of(seed);
        let expected = oracle(&blueprint);
        for order in 0..3 {
            let run = on_scheduler(&blueprint, Seed::new(order), Faults::NONE);
            assert_eq!(run.committed, expected.committed);
            assert_eq!(run.ending, expected.ending);
        }
    });
}

#[test]
fn a_superstep_that_fails_or_is_cancelled_changes_nothing() {
    for_every_seed(|seed| {
        let blueprint = Blueprint::of(seed);
        let expected = oracle(&blueprint);
        // The driver looks at state and progress around every fault, and tries the superstep again.
        let run = on_scheduler(&blueprint, Seed::new(seed), Faults { per_thousand: 200 });
        assert_eq!(run.committed, expected.committed);
        assert_eq!(run.ending, expected.ending);
    });
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for_every_seed(|seed| {
        let run =
            || on_scheduler(&Blueprint::of(seed), Seed::new(seed), Faults { per_thousand: 200 });
        assert_eq!(run(), run());
    });
}

#[tokio::test]
async fn the_engine_comes_to_the_same_as_the_scheduler() {
    for seed in SEEDS {
        let blueprint = Blueprint::of(seed);
        let expected = oracle(&blueprint);
        let run = on_engine(&blueprint, Faults::NONE).await;
        assert_eq!(run, (expected.last(), expected.ending), "seed {seed}: {blueprint:#?}");
    }
}

#[tokio::test]
async fn an_engine_run_that_fails_or_is_cancelled_keeps_the_last_committed_state() {
    let (mut failed, mut cancelled) = (0, 0);
    for seed in SEEDS {
        let blueprint = Blueprint::of(seed);
        let expected = oracle(&blueprint);
        let (state, ending) = on_engine(&blueprint, Faults { per_thousand: 60 }).await;
        let committed = match ending {
            Ending::Failed { superstep } => {
                failed += 1;
                superstep - 1
            }
            Ending::Cancelled { superstep } => {
                cancelled += 1;
                superstep - 1
            }
            ending => {
                assert_eq!(ending, expected.ending, "seed {seed}: {blueprint:#?}");
                expected.committed.len() as u64
            }
        };
        assert_eq!(state, expected.after(committed), "seed {seed}: {blueprint:#?}");
    }
    assert!(failed > 50 && cancelled > 50, "{failed} runs failed, {cancelled} were cancelled");
}

#[test]
fn the_seeds_come_to_every_ending() {
    let mut endings = std::collections::BTreeMap::<&str, usize>::new();
    for seed in SEEDS {
        let ending = oracle(&Blueprint::of(seed)).ending;
        *endings.entry(ending.name()).or_default() += 1;
    }
    for ending in ["done", "incomplete join", "concurrent update", "recursion limit"] {
        assert!(endings.get(ending).is_some_and(|count| *count > 10), "{endings:?}");
    }
}

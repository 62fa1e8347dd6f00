//! Measures what a streamed token costs when an agent runs in a Rust program: CPU time of the process, with one
//! handler per token. `bench/run.mjs` starts it; it prints one JSON line.
//!
//! Environment: `MOCK_URL`, a chat-completions server that follows the model's name; `MODEL`; `RUNS`, `WARMUP`;
//! `CONC`, how many runs go at once.

#![allow(clippy::print_stdout)]

mod run;

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use moss_agent::Agent;
use serde_json::json;

use run::{agent, answer};

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<()> {
    let url = setting::<String>("MOCK_URL")?;
    let model = setting::<String>("MODEL")?;
    let (runs, warmup, conc) = (setting("RUNS")?, setting("WARMUP")?, setting::<u32>("CONC")?);
    let tokens = tokens_of(&model)?;
    let agent = Arc::new(agent(&url, &model)?);

    for _ in 0..warmup {
        one(Arc::clone(&agent), tokens).await?;
    }
    let (cpu, wall) = (cpu_time()?, Instant::now());
    for _ in 0..runs {
        if conc == 1 {
            one(Arc::clone(&agent), tokens).await?;
        } else {
            let at_once = (0..conc).map(|_| tokio::spawn(one(Arc::clone(&agent), tokens)));
            for result in try_join_all(at_once).await? {
                result?;
            }
        }
    }
    let (cpu, wall) = (cpu_time()? - cpu, wall.elapsed());
    let per_run = |time: Duration, runs: u32| 1e3 * time.as_secs_f64() / f64::from(runs);
    println!(
        "{}",
        json!({
            "runs": runs * conc,
            "cpu_ms_per_run": per_run(cpu, runs * conc),
            "wall_ms_per_round": per_run(wall, runs),
        })
    );
    Ok(())
}

/// One run, checked.
async fn one(agent: Arc<Agent>, tokens: usize) -> Result<()> {
    let (seen, text) = answer(&agent).await?;
    if seen != tokens {
        bail!("the handler saw {seen} tokens instead of {tokens}");
    }
    if text.split_whitespace().next() != Some("the") {
        bail!("the answer is not the server's: {text:.80}");
    }
    Ok(())
}

/// The number in a model's name `…text-500…`.
fn tokens_of(model: &str) -> Result<usize> {
    let number = model.split_once("text-").map(|(_, rest)| rest.split('-').next().unwrap_or(rest));
    number.and_then(|number| number.parse().ok()).context("MODEL has no `text-<tokens>` in it")
}

fn setting<T: FromStr>(name: &str) -> Result<T> {
    let text = std::env::var(name).with_context(|| format!("{name} is not set"))?;
    text.parse().ok().with_context(|| format!("{name} is not usable: {text}"))
}

/// User and system time of the process so far.
#[cfg(unix)]
fn cpu_time() -> Result<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(Duration::try_from(time)?)
}

/// User and system time of the process so far.
#[cfg(not(unix))]
fn cpu_time() -> Result<Duration> {
    bail!("the CPU time of the process is measured on Unix only")
}

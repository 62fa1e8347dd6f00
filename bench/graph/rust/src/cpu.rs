//! What this process has used.

use std::time::Duration;

use anyhow::{Context, Result};

/// User and system time of all threads so far.
#[cfg(unix)]
pub fn cpu_time() -> Result<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(Duration::try_from(time)?)
}

/// User and system time of all threads so far.
#[cfg(not(unix))]
pub fn cpu_time() -> Result<Duration> {
    anyhow::bail!("the CPU time of a process is measured on Unix only")
}

/// Bytes of memory that the process holds.
pub fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("the memory of a process is measured on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
    Ok(kilobytes.parse::<u64>()? * 1024)
}

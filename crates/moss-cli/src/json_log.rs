//! The event log: one JSON object a line.

use std::time::Duration;

use moss_agent::{AgentError, RunEvent};
use moss_protocol::{RECORD_VERSION, RunId, Usage};
use serde::Serialize;

/// The first line: what runs. Lines of events have `event` where this has `type`.
#[derive(Debug, Serialize)]
pub struct Header<'a> {
    pub v: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    pub run_id: &'a RunId,
    /// The version of the program.
    moss: &'static str,
    pub agent: &'a str,
    /// As on the command line: provider/model.
    pub model: &'a str,
    pub tools: &'a [String],
}

impl<'a> Header<'a> {
    pub const fn new(
        run_id: &'a RunId,
        agent: &'a str,
        model: &'a str,
        tools: &'a [String],
    ) -> Self {
        let moss = env!("CARGO_PKG_VERSION");
        Self { v: RECORD_VERSION, kind: "run", run_id, moss, agent, model, tools }
    }
}

/// The last line: how it ended.
#[derive(Debug, Serialize)]
pub struct RunResult<'a> {
    v: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    run_id: &'a RunId,
    outcome: Outcome,
    /// The text of the model's last message; `null` where there is none.
    answer: Option<&'a str>,
    /// All model calls together, those of a run that failed too.
    usage: &'a Usage,
    /// `null` unless it failed.
    error: Option<ErrorRecord>,
    duration_ms: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Completed,
    Failed,
    Cancelled,
}

/// Why it failed.
#[derive(Debug, Serialize)]
pub struct ErrorRecord {
    /// The stable code.
    pub code: &'static str,
    pub message: String,
}

impl ErrorRecord {
    pub fn new(error: &AgentError) -> Self {
        Self { code: error.code().as_str(), message: error.to_string() }
    }
}

impl<'a> RunResult<'a> {
    pub fn new(
        run_id: &'a RunId,
        outcome: Outcome,
        answer: Option<&'a str>,
        usage: &'a Usage,
        error: Option<ErrorRecord>,
        duration: Duration,
    ) -> Self {
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let (v, kind) = (RECORD_VERSION, "result");
        Self { v, kind, run_id, outcome, answer, usage, error, duration_ms }
    }
}

/// The line of an event.
pub fn event_line(event: &RunEvent, run_id: &RunId) -> String {
    line(&event.clone().into_record(run_id.clone()))
}

/// A record as a line with its end.
pub fn line(record: &impl Serialize) -> String {
    // Records are maps with text keys, which always have a JSON form.
    let mut line = serde_json::to_string(record).unwrap_or_default();
    line.push('\n');
    line
}

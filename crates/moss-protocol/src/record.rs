//! An event with its place in the run: what a log keeps and a pipe carries.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{GraphEvent, JsonObject, RunId};

/// The version of [`EventRecord`]'s JSON.
pub const RECORD_VERSION: u32 = 1;

/// What a handler gets beside an event: `run_id`, `thread_id`, `langgraph_node`, `langgraph_step`,
/// `ls_provider`, `ls_model_name` and the scalar members of the host's `configurable`. Shared by all
/// events of one node.
pub type EventMetadata = Arc<JsonObject>;

/// One event with its run and its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// [`RECORD_VERSION`].
    pub v: u32,
    /// The run.
    pub run_id: RunId,
    /// Grows by one with each event of the run, from 1.
    pub seq: u64,
    /// The event.
    #[serde(flatten)]
    pub event: GraphEvent,
}

impl EventRecord {
    /// A record of the present version.
    #[must_use]
    pub const fn new(run_id: RunId, seq: u64, event: GraphEvent) -> Self {
        Self { v: RECORD_VERSION, run_id, seq, event }
    }
}

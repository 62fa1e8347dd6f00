//! What a subgraph remembers.

use serde::{Deserialize, Serialize};

/// What a subgraph remembers from one of its runs to the next, on a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum SubgraphMemory {
    /// Nothing: each time the node runs, the subgraph begins anew. While its run is stopped it is stored, and goes on
    /// where it stopped. LangGraph's default.
    #[default]
    #[serde(rename = "task")]
    PerTask,
    /// Its state: it goes on from run to run of the thread, with a history of its own. LangGraph's
    /// `checkpointer: true`.
    #[serde(rename = "thread")]
    PerThread,
    /// Nothing is stored of it: when its node runs again, it begins anew, and it cannot ask. LangGraph's
    /// `checkpointer: false`.
    #[serde(rename = "none")]
    None,
}

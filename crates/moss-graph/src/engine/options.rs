//! How a run is to go.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use moss_protocol::RunId;
use tokio_util::sync::CancellationToken;

use crate::Observer;

/// How a run is to go.
///
/// ```
/// use moss_graph::RunOptions;
///
/// let options = RunOptions { recursion_limit: 100, ..RunOptions::default() };
/// ```
#[derive(Clone)]
pub struct RunOptions {
    /// How many supersteps the run may take. Default 25, as in LangGraph.js.
    pub recursion_limit: u64,
    /// Cancels the run: it ends at once with an error, and its nodes are dropped. Default: a token of its own,
    /// which nobody cancels.
    pub cancellation: CancellationToken,
    /// How many nodes of one superstep run at a time. Default: all.
    pub max_concurrency: Option<NonZeroUsize>,
    /// Who follows the run. Default: nobody.
    pub observer: Option<Arc<dyn Observer>>,
    /// The run's id, for the nodes to see. Default: none.
    pub run_id: Option<RunId>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            recursion_limit: 25,
            cancellation: CancellationToken::new(),
            max_concurrency: None,
            observer: None,
            run_id: None,
        }
    }
}

impl fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOptions")
            .field("recursion_limit", &self.recursion_limit)
            .field("max_concurrency", &self.max_concurrency)
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}

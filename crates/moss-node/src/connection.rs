//! One Node environment and its runs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moss_agent::AgentError;
use napi::Result;
use napi::bindgen_prelude::Function;

use crate::run::RunHandle;
use crate::speaker::Speaker;

/// One Node environment.
pub(crate) struct Connection {
    speaker: Arc<Speaker>,
    runs: Mutex<HashMap<u32, Arc<RunHandle>>>,
    next_run: AtomicU32,
}

impl Connection {
    pub(crate) fn new(on_batch: &Function<'_, String, ()>) -> Result<Self> {
        let speaker = Speaker::new(on_batch)?;
        Ok(Self { speaker, runs: Mutex::default(), next_run: AtomicU32::new(1) })
    }

    /// Makes a run from JavaScript's configuration, and gives its number and what the host should know of it.
    pub(crate) fn create_run(
        &self,
        config: &str,
    ) -> std::result::Result<(u32, Vec<String>), AgentError> {
        let number = self.next_run.fetch_add(1, Ordering::Relaxed);
        let run = RunHandle::create(number, &self.speaker, config)?;
        let warnings = run.warnings();
        self.runs().insert(number, Arc::new(run));
        Ok((number, warnings))
    }

    pub(crate) fn run(&self, number: u32) -> Option<Arc<RunHandle>> {
        self.runs().get(&number).cloned()
    }

    pub(crate) fn forget(&self, number: u32) {
        if let Some(run) = self.runs().remove(&number) {
            run.cancel();
        }
    }

    /// The environment ends: so do its runs.
    pub(crate) fn close(&self) {
        for (_, run) in self.runs().drain() {
            run.cancel();
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u32, Arc<RunHandle>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

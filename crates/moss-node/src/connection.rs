//! One Node environment and its runs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moss_agent::AgentError;
use napi::Result;
use napi::bindgen_prelude::Function;
use serde_json::Value;

use crate::graph::{Answer, Answers, Polled, Room};
use crate::run::RunHandle;
use crate::speaker::Speaker;

/// One Node environment.
pub(crate) struct Connection {
    speaker: Arc<Speaker>,
    runs: Mutex<HashMap<u32, Arc<RunHandle>>>,
    /// Graphs, stores and models.
    pub(crate) room: Room,
    next_run: AtomicU32,
}

impl Connection {
    pub(crate) fn new(on_batch: &Function<'_, String, ()>) -> Result<Self> {
        let speaker = Speaker::new(on_batch)?;
        Ok(Self {
            speaker,
            runs: Mutex::default(),
            room: Room::default(),
            next_run: AtomicU32::new(1),
        })
    }

    /// Makes a run from JavaScript's configuration, and gives its number and what the host should know of it.
    pub(crate) fn create_run(
        &self,
        config: &str,
    ) -> std::result::Result<(u32, Vec<String>), AgentError> {
        let number = self.next_number();
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

    /// Begins an operation on a graph, as JSON for JavaScript.
    pub(crate) fn start_graph(&self, graph: u32, request: &str) -> Value {
        self.room.start_graph(&self.speaker, self.next_number(), (graph, request))
    }

    /// Begins an operation on a store, likewise.
    pub(crate) fn start_store(&self, store: u32, request: &str) -> Value {
        self.room.start_store(&self.speaker, self.next_number(), (store, request))
    }

    /// Begins a call of a model, likewise.
    pub(crate) fn start_model(&self, model: u32, messages: &str) -> Value {
        self.room.start_model(&self.speaker, self.next_number(), (model, messages))
    }

    /// A run of a graph that is not over, or another operation on one.
    pub(crate) fn polled(&self, number: u32) -> Option<Arc<Polled>> {
        self.speaker.polled.get(number)
    }

    /// Hands over what JavaScript answers, lets the runs that are concerned go on, and gives what JavaScript is to
    /// hear next.
    pub(crate) fn pump(&self, answers: Answers) -> String {
        self.speaker.pump(|| {
            for (run, answers) in answers.0 {
                let Some(run) = self.polled(run) else { continue };
                for answer in answers {
                    match answer {
                        Answer::Call { call, said } => run.dialogue.hear(call, said),
                        Answer::Commands { call, commands } => {
                            run.dialogue.hear_commands(call, commands);
                        }
                        Answer::Took(events) => run.dialogue.took(events),
                        Answer::Released(values) => run.dialogue.released(values),
                    }
                }
                run.schedule();
            }
        })
    }

    /// The environment ends: so do its runs.
    pub(crate) fn close(&self) {
        for (_, run) in self.runs().drain() {
            run.cancel();
        }
        self.speaker.polled.close();
        self.room.close();
    }

    /// A number that no other run of this environment has, be it an agent's or a graph's.
    fn next_number(&self) -> u32 {
        self.next_run.fetch_add(1, Ordering::Relaxed)
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u32, Arc<RunHandle>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

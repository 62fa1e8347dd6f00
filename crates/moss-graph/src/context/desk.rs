//! What one task leaves behind while it runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use crate::checkpoint::{Blob, CheckpointId, Namespace, PendingWrite, TaskKey, WriteKind};
use crate::{Interrupt, Refresh, TaskId};

/// What one task leaves behind while it runs: what it asks, what it has done, and that it lives. All attempts at the
/// task share it.
pub(crate) struct Desk {
    task: TaskId,
    at: TaskOrigin,
    /// Made when it is asked for: most tasks neither ask nor run a subgraph.
    path: OnceLock<Namespace>,
    /// Whether the task has been run before, and is run again.
    pub(crate) resumed: bool,
    /// What a sign of life is; none where nobody waits for one.
    watched: Option<Refresh>,
    asked: AtomicU32,
    attempts: AtomicU32,
    subgraphs: AtomicU32,
    drained: AtomicBool,
    inner: Mutex<Inner>,
}

/// Where a task comes from.
#[derive(Debug, Clone)]
pub(crate) struct TaskOrigin {
    /// The namespace of its graph.
    pub(crate) namespace: Namespace,
    /// The checkpoint it was planned at, where there is one.
    pub(crate) checkpoint: Option<CheckpointId>,
}

struct Inner {
    /// The last sign of life, where somebody waits for one.
    alive: Option<Instant>,
    raised: Vec<Interrupt>,
    journal: Journal,
}

/// Results of side effects, by name and by how many of that name came before. Most tasks have none.
#[derive(Default)]
struct Journal {
    known: BTreeMap<(String, u32), Value>,
    /// How many of each name this attempt has come to.
    counts: BTreeMap<String, u32>,
    stored: u32,
}

/// A side effect as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct JournalEntry {
    pub(crate) name: String,
    pub(crate) nth: u32,
    pub(crate) result: Value,
}

impl Desk {
    /// The desk of a task, with what was stored of earlier attempts at it. `watched` says what a sign of life is, where
    /// somebody waits for one.
    pub(crate) fn new(
        task: TaskId,
        at: TaskOrigin,
        watched: Option<Refresh>,
        rows: &[PendingWrite],
    ) -> Self {
        let mut journal = Journal::default();
        for row in rows.iter().filter(|row| row.kind == WriteKind::Journal) {
            journal.stored = journal.stored.max(row.index + 1);
            // What cannot be read is done again: that is what would happen if it had not been stored.
            if let Ok(JournalEntry { name, nth, result }) = row.value.decode() {
                journal.known.insert((name, nth), result);
            }
        }
        let alive = watched.map(|_| Instant::now());
        let inner = Inner { alive, raised: Vec::new(), journal };
        Self {
            task,
            at,
            path: OnceLock::new(),
            resumed: !rows.is_empty(),
            watched,
            asked: AtomicU32::new(0),
            attempts: AtomicU32::new(0),
            subgraphs: AtomicU32::new(0),
            drained: AtomicBool::new(false),
            inner: Mutex::new(inner),
        }
    }

    /// Begins another attempt: questions and side effects are counted from the first again.
    pub(crate) fn begin(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        self.asked.store(0, Ordering::Relaxed);
        self.subgraphs.store(0, Ordering::Relaxed);
        let mut inner = self.lock();
        inner.alive = self.watched.map(|_| Instant::now());
        inner.raised.clear();
        inner.journal.counts.clear();
    }

    /// Whether the task has been begun once in this run. What an attempt has left running asks when the next has begun, too.
    pub(crate) fn is_first_attempt(&self) -> bool {
        self.attempts.load(Ordering::Relaxed) <= 1
    }

    /// The task's name among the pending writes.
    pub(crate) fn key(&self) -> TaskKey {
        TaskKey::from(self.task.to_string())
    }

    /// The namespace of the task: what its questions and its subgraphs are named after. A task that is run again at the
    /// same checkpoint has the same, and no other has.
    pub(crate) fn path(&self) -> &Namespace {
        self.path.get_or_init(|| {
            let TaskOrigin { namespace, checkpoint } = &self.at;
            let mut path = namespace.to_string();
            if !path.is_empty() {
                path.push('|');
            }
            // Writing to a text does not fail.
            let _ = match checkpoint {
                Some(checkpoint) => write!(path, "{}:{checkpoint}", self.task.node()),
                None => write!(path, "{}:{}", self.task.node(), self.task.superstep()),
            };
            if let Some(send) = self.task.send() {
                let _ = write!(path, "#{send}");
            }
            path.into()
        })
    }

    /// The checkpoint the task was planned at, where there is one.
    pub(crate) const fn origin(&self) -> Option<CheckpointId> {
        self.at.checkpoint
    }

    /// The id of the task's next question.
    pub(crate) fn next_question(&self) -> String {
        numbered(self.path(), self.asked.fetch_add(1, Ordering::Relaxed)).to_string()
    }

    /// The namespace of the task's next subgraph.
    pub(crate) fn next_subgraph(&self) -> Namespace {
        numbered(self.path(), self.subgraphs.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn raise(&self, interrupts: impl IntoIterator<Item = Interrupt>) {
        self.lock().raised.extend(interrupts);
    }

    /// What the task asks, and waits for.
    pub(crate) fn take_raised(&self) -> Vec<Interrupt> {
        std::mem::take(&mut self.lock().raised)
    }

    pub(crate) fn set_drained(&self) {
        self.drained.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.drained.load(Ordering::Relaxed)
    }

    /// Whether a side effect has happened already: its number among those of its name, and its result.
    pub(crate) fn look_up(&self, name: &str) -> (u32, Option<Value>) {
        let journal = &mut self.lock().journal;
        let count = journal.counts.entry(name.to_owned()).or_default();
        let nth = *count;
        *count += 1;
        (nth, journal.known.get(&(name.to_owned(), nth)).cloned())
    }

    /// Notes the result of a side effect, and tells where it is to be stored.
    pub(crate) fn note(&self, entry: &JournalEntry) -> u32 {
        let journal = &mut self.lock().journal;
        journal.known.insert((entry.name.clone(), entry.nth), entry.result.clone());
        journal.stored += 1;
        journal.stored - 1
    }

    /// A sign of life that the node gives by what it writes.
    pub(crate) fn wrote(&self) {
        match self.watched {
            Some(Refresh::Auto) => self.beat(),
            Some(Refresh::Heartbeat) | None => {}
        }
    }

    pub(crate) fn beat(&self) {
        if self.watched.is_some() {
            self.lock().alive = Some(Instant::now());
        }
    }

    /// The last sign of life, where somebody waits for one.
    pub(crate) fn alive(&self) -> Option<Instant> {
        self.lock().alive
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn numbered(path: &Namespace, number: u32) -> Namespace {
    if number == 0 { path.clone() } else { format!("{path}|{number}").into() }
}

/// Rows of one kind, decoded; what cannot be read is left out.
pub(crate) fn decoded<T: serde::de::DeserializeOwned>(
    rows: &[PendingWrite],
    kind: WriteKind,
) -> impl Iterator<Item = T> {
    rows.iter().filter(move |row| row.kind == kind).filter_map(|row| Blob::decode(&row.value).ok())
}

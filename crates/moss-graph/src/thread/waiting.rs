//! Tasks of a subgraph that wait for answers, while the subgraph is updated from outside.
//!
//! The graph around knows their questions by their ids, which name the tasks; so they go on as the tasks they were, with
//! what is stored of them. The questions of the outermost graph are known to nobody but the thread: there an update begins
//! its tasks anew.

use super::Origins;
use super::answers::open_questions;
use super::begin::Loaded;
use crate::State;
use crate::checkpoint::{CheckpointId, PendingWrite, TaskKey};
use crate::graph::{CompiledGraph, NodeIndex};
use crate::scheduler::Progress;

/// The tasks that ask before an update.
#[derive(Default)]
pub(super) struct Asking(Vec<AskingTask>);

struct AskingTask {
    node: NodeIndex,
    send: u32,
    origin: CheckpointId,
    rows: Vec<PendingWrite>,
}

/// What is stored with an update of the tasks that wait on.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) origins: Origins,
    pub(super) rows: Vec<PendingWrite>,
}

impl Asking {
    pub(super) fn of<S: State>(graph: &CompiledGraph<S>, loaded: &Loaded<S>) -> Self {
        let questions = open_questions(&loaded.rows);
        let tasks = loaded.progress.next().iter().filter_map(|task| {
            let key = TaskKey::from(task.id(graph).to_string());
            questions.iter().any(|question| question.task == key).then(|| AskingTask {
                node: task.node(),
                send: task.send(),
                origin: loaded.origins.get(&task.place()).copied().unwrap_or(loaded.at),
                rows: loaded.rows.iter().filter(|row| row.task == key).cloned().collect(),
            })
        });
        Self(tasks.collect())
    }

    /// Those that still come next behind the update.
    pub(super) fn still_waiting<S: State>(
        self,
        graph: &CompiledGraph<S>,
        progress: &Progress<S>,
    ) -> Waiting {
        let mut waiting = Waiting::default();
        for asking in self.0 {
            let mut next = progress.next().iter();
            let same = next.find(|task| task.node() == asking.node && task.send() == asking.send);
            let Some(task) = same else { continue };
            let key = TaskKey::from(task.id(graph).to_string());
            waiting.origins.insert(task.place(), asking.origin);
            let rows = asking.rows.into_iter().map(|row| PendingWrite { task: key.clone(), ..row });
            waiting.rows.extend(rows);
        }
        waiting
    }
}

//! Changing a thread from outside.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::begin::{Loaded, found};
use super::progress::StoredProgress;
use super::snapshot::order_as_planned;
use super::waiting::{Asking, Waiting};
use super::{Durability, Entry, Ledger, Origins, Thread, Writer};
use crate::checkpoint::{
    CheckpointId, CheckpointQuery, CheckpointSource, Lease, Namespace, StoredCheckpoint,
};
use crate::error::{EmptyInput, RunFailure};
use crate::graph::NodeIndex;
use crate::node::Command;
use crate::scheduler::{Progress, Target, Task, commit_as, finish_parts, start_behind};
use crate::state::{Marks, apply};
use crate::{NodeName, State};

/// As what an update from outside is made: which tells where the thread goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum UpdateAs {
    /// As the node that ran last. Where several did, the update is refused.
    #[default]
    Last,
    /// As this node: what its edges and routers lead to runs next, and nothing else.
    Node(String),
    /// As a run's input: the graph begins anew.
    Input,
    /// As the end: nothing runs next.
    End,
}

impl From<&str> for UpdateAs {
    fn from(node: &str) -> Self {
        Self::Node(node.to_owned())
    }
}

impl<S: State> Thread<S> {
    /// Updates the thread's state, with what tasks of the superstep under way have finished. It gives the new
    /// checkpoint. A thread without checkpoints begins with it.
    ///
    /// Where what tasks have finished does not go together, it is left out: so a thread with conflicting updates is
    /// mended.
    ///
    /// # Errors
    /// [`RunFailure::ThreadBusy`] while a run is under way, [`RunFailure::AmbiguousUpdate`],
    /// [`RunFailure::GraphChanged`] when there is no such node, [`RunFailure::Reducer`] when a reducer refuses the
    /// update, what a router fails with, and what the store fails with.
    pub async fn update(
        &self,
        update: S::Update,
        node: impl Into<UpdateAs>,
    ) -> Result<CheckpointId, RunFailure> {
        self.update_all(None, vec![vec![(update, node.into())]]).await
    }

    /// Updates the state of an older checkpoint: the thread forks there, and goes on with the new checkpoint.
    ///
    /// # Errors
    /// Those of [`update`](Self::update), and [`RunFailure::EmptyInput`] when there is no such checkpoint.
    pub async fn update_at(
        &self,
        checkpoint: CheckpointId,
        update: S::Update,
        node: impl Into<UpdateAs>,
    ) -> Result<CheckpointId, RunFailure> {
        self.update_all(Some(checkpoint), vec![vec![(update, node.into())]]).await
    }

    /// Makes several updates in a row, each a superstep of one or more: LangGraph's `bulkUpdateState`. It gives the
    /// last checkpoint.
    ///
    /// # Errors
    /// Those of [`update_at`](Self::update_at). Supersteps before the one that fails stay.
    pub async fn update_all(
        &self,
        at: Option<CheckpointId>,
        supersteps: Vec<Vec<(S::Update, UpdateAs)>>,
    ) -> Result<CheckpointId, RunFailure> {
        let mut at = at;
        let mut last = None;
        let supersteps: Vec<_> = supersteps.into_iter().filter(|step| !step.is_empty()).collect();
        for updates in supersteps {
            let query = self.query(at.take());
            let (hold, stored) = self.hold(&query).await?;
            let made = async {
                let loaded = self.load_for_update(&query, stored)?;
                self.update_held(&hold.lease, loaded, updates).await
            };
            let made = made.await;
            self.let_go(hold).await;
            last = Some(made?);
        }
        last.ok_or(RunFailure::EmptyInput(EmptyInput::EmptyCommand))
    }

    /// Makes an older checkpoint the newest again, as a copy: the thread forks there. It gives the copy.
    ///
    /// # Errors
    /// Those of [`update_at`](Self::update_at).
    pub async fn fork(&self, checkpoint: CheckpointId) -> Result<CheckpointId, RunFailure> {
        let query = self.query(Some(checkpoint));
        let (hold, stored) = self.hold(&query).await?;
        let made = async {
            match self.load_for_update(&query, stored)? {
                None => Err(RunFailure::EmptyInput(EmptyInput::NoSuchCheckpoint)),
                Some(loaded) => self.copy_held(&hold.lease, loaded).await,
            }
        };
        let made = made.await;
        self.let_go(hold).await;
        made
    }

    /// What is updated.
    fn load_for_update(
        &self,
        query: &CheckpointQuery,
        stored: Option<StoredCheckpoint>,
    ) -> Result<Option<Loaded<S>>, RunFailure> {
        let stored = found(query, stored)?;
        stored.map(|stored| self.load_somehow(stored)).transpose()
    }

    /// Makes one superstep of updates, under a lease.
    pub(super) async fn update_held(
        &self,
        lease: &Lease,
        loaded: Option<Loaded<S>>,
        updates: Vec<(S::Update, UpdateAs)>,
    ) -> Result<CheckpointId, RunFailure> {
        let standing = loaded.as_ref().map(Standing::of).unwrap_or_default();
        let changed = self.updated(loaded, updates).await?;
        self.store_changed(lease, standing, changed).await
    }

    /// Stores a copy of a checkpoint, under a lease.
    pub(super) async fn copy_held(
        &self,
        lease: &Lease,
        loaded: Loaded<S>,
    ) -> Result<CheckpointId, RunFailure> {
        let standing = Standing::of(&loaded);
        let changed = Changed {
            state: loaded.state,
            progress: loaded.progress,
            marks: Marks::default(),
            waiting: Waiting::default(),
            source: CheckpointSource::Fork,
        };
        self.store_changed(lease, standing, changed).await
    }

    async fn store_changed(
        &self,
        lease: &Lease,
        Standing { from, head, subgraphs, task }: Standing,
        changed: Changed<S>,
    ) -> Result<CheckpointId, RunFailure> {
        let Changed { state, progress, marks, waiting, source } = changed;
        let store = Arc::clone(&self.store);
        let (writer, _) = Writer::new(store, lease.clone(), Durability::Sync, head);
        let about = (None, Default::default());
        let ledger = Ledger::new(Arc::new(writer), self.namespace.clone(), about, from, head);
        let id = ledger.step(&[]);
        let (graph, Waiting { origins, rows }) = (&self.engine.graph, waiting);
        let stored = StoredProgress::of(graph, &*self.codec, &progress, &origins, &rows)?;
        let superstep = i64::try_from(progress.superstep()).unwrap_or(i64::MAX);
        let entry = Entry {
            superstep,
            source,
            progress: stored.with_subgraphs(&subgraphs).in_task(task.as_ref()).encode()?,
            changes: self.codec.changes(&state, &marks)?,
        };
        ledger.commit(from, entry).await?;
        Ok(id)
    }

    /// What is stored, also where the thread stands at nodes that the graph no longer has: an update mends that.
    pub(super) fn load_somehow(&self, stored: StoredCheckpoint) -> Result<Loaded<S>, RunFailure> {
        match self.load(stored.clone()) {
            Err(RunFailure::GraphChanged { .. }) => {
                let progress = StoredProgress::decode(&stored.checkpoint.progress)?;
                Ok(Loaded {
                    subgraphs: progress.subgraphs_of(&stored),
                    task: progress.task(),
                    state: Arc::new(self.codec.restore(&stored.channels)?),
                    progress: Progress::new(progress.superstep),
                    origins: Origins::new(),
                    rows: stored.writes,
                    at: stored.checkpoint.id,
                    head: stored.head,
                })
            }
            loaded => loaded,
        }
    }

    async fn updated(
        &self,
        loaded: Option<Loaded<S>>,
        updates: Vec<(S::Update, UpdateAs)>,
    ) -> Result<Changed<S>, RunFailure> {
        let graph = &self.engine.graph;
        let asking = match &loaded {
            Some(loaded) if !self.namespace.is_root() => Asking::of(graph, loaded),
            Some(_) | None => Asking::default(),
        };
        let (mut state, mut progress, mut marks) = match loaded {
            None => (self.codec.initial(), Progress::new(0), Marks::fresh()),
            Some(Loaded { mut state, progress, mut rows, at, head, .. }) => {
                let mut marks = Marks::default();
                if at == head {
                    let tasks = progress.next().iter().map(|task| task.id(graph).to_string());
                    order_as_planned(&mut rows, tasks);
                    self.apply_finished(&mut state, &rows, &mut marks).await;
                }
                (state, progress, marks)
            }
        };
        let source = CheckpointSource::Update;
        let mut finished = Vec::new();
        let mut others = Vec::new();
        let mut restart = false;
        let mut ends = false;
        for (update, node) in updates {
            let node = match node {
                UpdateAs::Input => {
                    restart = true;
                    others.push(update);
                    continue;
                }
                UpdateAs::End => {
                    ends = true;
                    others.push(update);
                    continue;
                }
                UpdateAs::Last => self.last_node(&progress)?,
                UpdateAs::Node(name) => Some(self.node(&name)?),
            };
            let Some(node) = node else {
                // Nothing has run yet: it is an input.
                restart = true;
                others.push(update);
                continue;
            };
            let task = Task::new(progress.superstep() + 1, Target::node(node), 0);
            let parts = Command::update(update).into_parts();
            finished.push(finish_parts(graph, &state, &task, parts).await?);
        }
        self.codec.mark(&state, &mut others.iter(), &mut marks);
        if !others.is_empty() {
            let applied = apply(&mut state, others).await;
            applied.map_err(|source| RunFailure::Input { source })?;
        }
        // The states the routers saw are older than what was just applied.
        for task in &mut finished {
            task.fresh = None;
        }
        let mut written = finished.iter().flat_map(|task| &task.updates);
        self.codec.mark(&state, &mut written, &mut marks);
        commit_as(graph, &mut progress, &mut state, finished).await?;
        if restart {
            progress = start_behind(graph, &state, progress.superstep()).await?;
        } else if ends {
            progress = Progress::new(progress.superstep());
        }
        let waiting = asking.still_waiting(graph, &progress);
        Ok(Changed { state, progress, marks, waiting, source })
    }

    async fn apply_finished(
        &self,
        state: &mut Arc<S>,
        rows: &[crate::checkpoint::PendingWrite],
        marks: &mut Marks,
    ) {
        let mut tried = Arc::clone(state);
        if self.apply_writes(&mut tried, rows).await.is_none() {
            let updates = crate::context::decoded::<super::SavedOutput>(
                rows,
                crate::checkpoint::WriteKind::Update,
            )
            .flat_map(|saved| saved.updates().to_vec())
            .filter_map(|update| self.codec.update_from_json(update).ok())
            .collect::<Vec<_>>();
            if !updates.is_empty() {
                self.codec.mark(state, &mut updates.iter(), marks);
                *state = tried;
            }
        }
    }

    /// The node that ran last; none where nothing has run.
    fn last_node(&self, progress: &Progress<S>) -> Result<Option<NodeIndex>, RunFailure> {
        match progress.ran() {
            [] => Ok(None),
            [node] => Ok(Some(*node)),
            nodes => {
                let name = |node: &NodeIndex| self.engine.graph.node_name(*node).clone();
                let candidates: Vec<NodeName> = nodes.iter().map(name).collect();
                Err(RunFailure::AmbiguousUpdate { candidates })
            }
        }
    }

    fn node(&self, name: &str) -> Result<NodeIndex, RunFailure> {
        let missing = || RunFailure::GraphChanged { missing: vec![name.to_owned()] };
        self.engine.graph.node_index(name).ok_or_else(missing)
    }
}

/// What became of a thread.
struct Changed<S: State> {
    state: Arc<S>,
    progress: Progress<S>,
    marks: Marks,
    waiting: Waiting,
    source: CheckpointSource,
}

/// Where a graph stands before it is changed.
#[derive(Default)]
struct Standing {
    from: Option<CheckpointId>,
    head: Option<CheckpointId>,
    subgraphs: BTreeMap<Namespace, CheckpointId>,
    task: Option<Namespace>,
}

impl Standing {
    fn of<S>(loaded: &Loaded<S>) -> Self {
        let Loaded { at, head, subgraphs, task, .. } = loaded;
        let (subgraphs, task) = (subgraphs.clone(), task.clone());
        Self { from: Some(*at), head: Some(*head), subgraphs, task }
    }
}

//! Where a run on a thread begins: what is loaded, and what the input makes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answers::{given, rows_of};
use super::progress::{Restored, StoredProgress};
use super::saved::SavedOutput;
use super::{Input, Ledger, Thread, Writer};
use crate::checkpoint::{
    CheckpointId, CheckpointQuery, CheckpointSelector, CheckpointSource, Namespace, PendingWrite,
    StoredCheckpoint, TaskKey, WriteKind,
};
use crate::context::{RunContext, decoded};
use crate::engine::{More, Part, Record, Session};
use crate::error::{EmptyInput, RunFailure};
use crate::node::{Onward, Parts};
use crate::scheduler::{Progress, go_to, start_behind};
use crate::state::{Marks, apply};
use crate::{Answers, Command, RunOptions, State};

/// The task that input from outside is stored as: no task of a graph has an empty name.
pub(crate) const OUTSIDE: &str = "";

/// What is stored of a thread at a checkpoint, in terms of its graph.
pub(crate) struct Loaded<S> {
    pub(crate) state: Arc<S>,
    pub(crate) progress: Progress<S>,
    pub(crate) origins: super::Origins,
    pub(crate) rows: Vec<PendingWrite>,
    pub(crate) subgraphs: BTreeMap<Namespace, CheckpointId>,
    /// Of a subgraph with a memory of its own: the task that has begun it.
    pub(crate) task: Option<Namespace>,
    pub(crate) at: CheckpointId,
    pub(crate) head: CheckpointId,
}

/// What a run begins with, before it is known what its context is.
pub(crate) struct Beginning<S: State> {
    pub(crate) loaded: Option<Loaded<S>>,
    pub(crate) input: Input<S>,
}

impl<S: State> Thread<S> {
    /// Asks for the newest checkpoint, or for an older one.
    pub(crate) fn query(&self, at: Option<CheckpointId>) -> CheckpointQuery {
        match at {
            None => CheckpointQuery::latest(self.id.clone(), self.namespace.clone()),
            Some(id) => CheckpointQuery::at(self.id.clone(), self.namespace.clone(), id),
        }
    }

    /// What an input begins with, of what is stored.
    pub(crate) fn beginning(
        &self,
        input: Input<S>,
        stored: Option<StoredCheckpoint>,
    ) -> Result<Beginning<S>, RunFailure> {
        let loaded = match (stored, &input) {
            (None, _) => None,
            // A new turn leaves where the thread stood: so it may stand where the graph has nothing any more.
            (Some(stored), Input::Update(_)) => Some(self.load_for_new_turn(stored)?),
            (Some(stored), _) => Some(self.load(stored)?),
        };
        Ok(Beginning { loaded, input })
    }

    /// What is stored, in terms of the graph.
    pub(crate) fn load(&self, stored: StoredCheckpoint) -> Result<Loaded<S>, RunFailure> {
        let state = Arc::new(self.codec.restore(&stored.channels)?);
        let progress = StoredProgress::decode(&stored.checkpoint.progress)?;
        let (subgraphs, task) = (progress.subgraphs_of(&stored), progress.task());
        let Restored { progress, origins, carried } =
            progress.restore(&self.engine.graph, &*self.codec)?;
        let mut rows = carried;
        rows.extend(stored.writes);
        let (at, head) = (stored.checkpoint.id, stored.head);
        Ok(Loaded { state, progress, origins, rows, subgraphs, task, at, head })
    }

    fn load_for_new_turn(&self, stored: StoredCheckpoint) -> Result<Loaded<S>, RunFailure> {
        let state = Arc::new(self.codec.restore(&stored.channels)?);
        let progress = StoredProgress::decode(&stored.checkpoint.progress)?;
        Ok(Loaded {
            subgraphs: progress.subgraphs_of(&stored),
            task: progress.task(),
            state,
            progress: Progress::new(progress.superstep),
            origins: super::Origins::new(),
            rows: Vec::new(),
            at: stored.checkpoint.id,
            head: stored.head,
        })
    }

    /// A session that begins, and everything stored that the input makes so.
    pub(crate) async fn begin<'e>(
        &'e self,
        beginning: Beginning<S>,
        writer: Arc<Writer>,
        run: RunContext,
        options: &RunOptions,
    ) -> Result<Session<'e, S>, RunFailure> {
        let Beginning { loaded, input } = beginning;
        let at = loaded.as_ref().map(|loaded| loaded.at);
        let head = loaded.as_ref().map(|loaded| loaded.head);
        let about = (run.id.clone(), options.metadata.clone());
        let ledger = Arc::new(Ledger::new(writer, Namespace::root(), about, at, head));
        if let Some(loaded) = &loaded {
            ledger.know_subgraphs(loaded.subgraphs.clone());
        }
        let run = Arc::new(RunContext { ledger: Some(Arc::clone(&ledger)), ..run });
        let opening = Opening { thread: self, ledger, run, options };
        match (input, loaded) {
            (Input::Update(update), loaded) => opening.new_turn(update, loaded).await,
            (_, None) => Err(RunFailure::EmptyInput(EmptyInput::NewThread)),
            (Input::Continue | Input::At { .. }, Some(loaded)) => {
                opening.go_on(loaded, None, None).await
            }
            (Input::Resume(answers), Some(loaded)) => {
                opening.go_on(loaded, Some(answers), None).await
            }
            (Input::Command { command, answers }, Some(loaded)) => {
                opening.go_on(loaded, answers, Some(command)).await
            }
        }
    }
}

/// What was asked for. A checkpoint that was named must be there.
pub(super) fn found(
    query: &CheckpointQuery,
    stored: Option<StoredCheckpoint>,
) -> Result<Option<StoredCheckpoint>, RunFailure> {
    match (query.selector, stored) {
        (CheckpointSelector::At(_), None) => {
            Err(RunFailure::EmptyInput(EmptyInput::NoSuchCheckpoint))
        }
        (_, stored) => Ok(stored),
    }
}

/// An input without the checkpoint that it is to begin at, and that checkpoint.
pub(super) fn flat<S: State>(
    input: Input<S>,
    at: Option<CheckpointId>,
) -> (Input<S>, Option<CheckpointId>) {
    match input {
        Input::At { checkpoint, input } => flat(*input, Some(checkpoint)),
        input => (input, at),
    }
}

struct Opening<'t, 'o, S: State> {
    thread: &'t Thread<S>,
    ledger: Arc<Ledger>,
    run: Arc<RunContext>,
    options: &'o RunOptions,
}

impl<'t, S: State> Opening<'t, '_, S> {
    async fn new_turn(
        self,
        update: S::Update,
        loaded: Option<Loaded<S>>,
    ) -> Result<Session<'t, S>, RunFailure> {
        let graph = &self.thread.engine.graph;
        let (mut state, superstep, mut marks) = match loaded {
            // As in LangGraph, an input and its reading are two steps behind the last one.
            Some(loaded) => (loaded.state, loaded.progress.superstep() + 2, Marks::default()),
            None => (self.thread.codec.initial(), 0, Marks::fresh()),
        };
        self.thread.codec.mark(&state, &mut std::iter::once(&update), &mut marks);
        self.run
            .unless_cancelled(superstep, async {
                let applied = apply(&mut state, vec![update]).await;
                applied.map_err(|source| RunFailure::Input { source })
            })
            .await?;
        let progress = start_behind(graph, &state, superstep).await?;
        let record = self.record(marks, superstep);
        let mut session = self.session(state, progress).on_record(record, Vec::new(), false);
        session.persist(CheckpointSource::Input, More::MayCome).await?;
        session.tell_state(CheckpointSource::Input, true).await?;
        Ok(session)
    }

    async fn go_on(
        self,
        loaded: Loaded<S>,
        answers: Option<Answers>,
        command: Option<Command<S>>,
    ) -> Result<Session<'t, S>, RunFailure> {
        let Loaded { state, progress, origins, mut rows, at, head, .. } = loaded;
        let mut record = self.record(Marks::default(), progress.superstep());
        record.origins = origins;
        // Gone on with at an older checkpoint: what was finished behind it is of the way that was taken then, and
        // so are the questions.
        let forks = at != head;
        if forks {
            rows.clear();
        }
        let command =
            command.map(Command::into_parts).map(|Parts { updates, goto, .. }| (updates, goto));
        let says_nothing =
            command.as_ref().is_some_and(|(updates, goto)| updates.is_empty() && goto.is_empty());
        if says_nothing && answers.is_none() {
            return Err(RunFailure::EmptyInput(EmptyInput::EmptyCommand));
        }
        let new_rows = answers.map(|answers| rows_of(answers, &rows)).transpose()?;
        let mut session = self.session(state, progress);
        // What came from outside before is in no checkpoint yet.
        let before = decoded::<SavedOutput>(outside(&rows), WriteKind::Update);
        for saved in before {
            let (updates, targets) = saved.parts(&self.thread.engine.graph, &*self.thread.codec)?;
            let goto: Vec<_> = targets.iter().map(|target| self.goto(target)).collect();
            apply_outside(self.thread, &mut session, &mut record, updates, &goto).await?;
        }
        let mut stored = new_rows.unwrap_or_default();
        if let Some((updates, goto)) = command
            && !says_nothing
        {
            let mut targets = Vec::new();
            resolve(self.thread, &session.progress, &goto, &mut targets)?;
            let output = SavedOutput::of(
                &self.thread.engine.graph,
                &*self.thread.codec,
                &updates,
                (&targets, Onward::Edges),
            )?;
            let index = u32::try_from(outside(&rows).len()).unwrap_or(u32::MAX);
            let value = crate::state::persist::encode("__input__", &output)?;
            let task = TaskKey::from(OUTSIDE);
            stored.push(PendingWrite { task, kind: WriteKind::Update, index, value });
            apply_outside(self.thread, &mut session, &mut record, updates, &goto).await?;
        }
        self.ledger.remember(rows.clone());
        if forks {
            let mut session = session.on_record(record, Vec::new(), false);
            session.persist(CheckpointSource::Fork, More::MayCome).await?;
            self.ledger.put_rows(stored).await?;
            session.tell_state(CheckpointSource::Fork, true).await?;
            return Ok(session);
        }
        self.ledger.put_rows(stored.clone()).await?;
        rows.extend(stored);
        self.run.answers.add(given(&rows));
        let session = session.on_record(record, rows, true);
        session.tell_state(CheckpointSource::Loop, true).await?;
        Ok(session)
    }

    fn record(&self, marks: Marks, began: u64) -> Record {
        let from = self.ledger.at();
        Record {
            ledger: Arc::clone(&self.ledger),
            marks,
            from,
            before: None,
            source: CheckpointSource::Loop,
            origins: super::Origins::new(),
            carried: Vec::new(),
            began,
            task: None,
            part: Part::Run,
        }
    }

    fn session(&self, state: Arc<S>, progress: Progress<S>) -> Session<'t, S> {
        Session::new(&self.thread.engine, Arc::clone(&self.run), self.options, state, progress)
    }

    fn goto(&self, target: &crate::scheduler::Target<S>) -> crate::Goto<S> {
        let name = self.thread.engine.graph.node_name(target.node);
        match &target.input {
            None => crate::Goto::from(name),
            Some(input) => {
                crate::Goto::Send(crate::SendTo::new(String::from(name), Arc::clone(input)))
            }
        }
    }
}

/// What came from outside since the checkpoint.
pub(super) fn outside(rows: &[PendingWrite]) -> &[PendingWrite] {
    // Rows are ordered by task, and the empty name comes first; those that were carried along stand before, and are
    // of tasks.
    let begin = rows.iter().position(|row| row.task.as_str() == OUTSIDE).unwrap_or(rows.len());
    let rows = &rows[begin..];
    let end = rows.iter().position(|row| row.task.as_str() != OUTSIDE).unwrap_or(rows.len());
    &rows[..end]
}

async fn apply_outside<S: State>(
    thread: &Thread<S>,
    session: &mut Session<'_, S>,
    record: &mut Record,
    updates: Vec<S::Update>,
    goto: &[crate::Goto<S>],
) -> Result<(), RunFailure> {
    if !updates.is_empty() {
        thread.codec.mark(&session.state, &mut updates.iter(), &mut record.marks);
        let superstep = session.progress.superstep();
        let run = Arc::clone(&session.bench.run);
        run.unless_cancelled(superstep, async {
            let applied = apply(&mut session.state, updates).await;
            applied.map_err(|source| RunFailure::Input { source })
        })
        .await?;
    }
    if goto.is_empty() {
        return Ok(());
    }
    go_to(&thread.engine.graph, &mut session.progress, goto)
}

fn resolve<S: State>(
    thread: &Thread<S>,
    progress: &Progress<S>,
    goto: &[crate::Goto<S>],
    targets: &mut Vec<crate::scheduler::Target<S>>,
) -> Result<(), RunFailure> {
    let mut there = Progress::new(progress.superstep());
    go_to(&thread.engine.graph, &mut there, goto)?;
    targets.extend(there.next.into_iter().map(crate::scheduler::Task::into_target));
    Ok(())
}

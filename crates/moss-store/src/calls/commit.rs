//! Committing a superstep.

use moss_graph::ThreadId;
use moss_graph::checkpoint::{
    Blob, ChannelChange, ChannelName, CheckpointId, CheckpointSelector, Commit, CommitProblem,
    Lease, Namespace, StoreError,
};

use super::lease::fenced;
use super::logs::{self, Target};
use super::rows::Rows;
use crate::rows::{
    Change, ChangeState, CheckpointRow, Digest, Mark, MarkState, NamespaceKey, Point, Predecessor,
    StoredChange,
};

pub(crate) async fn commit(
    rows: &mut impl Rows,
    lease: &Lease,
    commit: &Commit,
) -> Result<(), StoreError> {
    commit.check()?;
    let thread = fenced(rows, lease).await?;
    let namespace = rows.namespace(thread.key, &commit.namespace).await?;
    let head = match namespace {
        Some(namespace) => rows.newest(namespace).await?,
        None => None,
    };
    let head_id = head.map(|head| head.id);
    let id = commit.checkpoint.id;
    if head_id == Some(id) && head_id != commit.expected_head {
        return Ok(());
    }
    expect_head(&lease.thread, &commit.namespace, commit.expected_head, head_id)?;
    if let Some(head) = head_id
        && id <= head
    {
        return Err(refused(lease, commit, CommitProblem::IdOutOfOrder { head }));
    }
    let parent = parent(rows, lease, commit, namespace, head).await?;
    let marks = match &parent {
        Some(parent) => marks_before(rows, parent, commit).await?,
        None => Marks::default(),
    };
    let mut steps = Vec::with_capacity(commit.changes.len());
    for (channel, change) in &commit.changes {
        match plan(rows, channel, change, marks.get(channel)).await? {
            Planned::Step(step) => steps.push(step),
            Planned::Nothing => {}
            Planned::Senseless(problem) => return Err(refused(lease, commit, problem)),
        }
    }

    // From here on rows are written, and nothing but the database itself can refuse.
    let (namespace, point) = match (namespace.filter(|_| head_id.is_some()), &parent) {
        (None, _) => {
            let (namespace, branch) = rows.insert_namespace(thread.key, &commit.namespace).await?;
            (namespace, Point { branch, seq: 0 })
        }
        (Some(namespace), None) => {
            let branch = rows.insert_branch(namespace, None).await?;
            (namespace, Point { branch, seq: 0 })
        }
        (Some(namespace), Some(parent)) => {
            (namespace, behind(rows, namespace, parent, head_id).await?)
        }
    };
    let mut digest = parent.as_ref().map_or_else(Digest::default, |parent| parent.digest);
    let mut changes = Vec::with_capacity(steps.len());
    for Step { channel, write } in steps {
        let state = write_step(rows, namespace, write).await?;
        if let Some(replaced) = marks.get(channel) {
            digest = digest.toggle(replaced.sum);
        }
        let change = StoredChange::encode(Change { point, channel: channel.clone(), state });
        digest = digest.toggle(change.sum);
        changes.push(change);
    }
    if let Some(parent) = &parent {
        rows.delete_writes(&[parent.point]).await?;
    }
    let row = CheckpointRow { point, digest, checkpoint: commit.checkpoint.clone() };
    rows.insert_checkpoint(namespace, &row, &changes).await
}

/// Fails when the newest checkpoint is not the one expected.
pub(super) fn expect_head(
    thread: &ThreadId,
    namespace: &Namespace,
    expected: Option<CheckpointId>,
    found: Option<CheckpointId>,
) -> Result<(), StoreError> {
    if found == expected {
        return Ok(());
    }
    let (thread, namespace) = (thread.clone(), namespace.clone());
    Err(StoreError::HeadMoved { thread, namespace, expected, found })
}

fn refused(lease: &Lease, commit: &Commit, problem: CommitProblem) -> StoreError {
    StoreError::Refused {
        thread: lease.thread.clone(),
        namespace: commit.namespace.clone(),
        id: commit.checkpoint.id,
        problem,
    }
}

async fn parent(
    rows: &mut impl Rows,
    lease: &Lease,
    commit: &Commit,
    namespace: Option<NamespaceKey>,
    head: Option<Predecessor>,
) -> Result<Option<Predecessor>, StoreError> {
    let Some(id) = commit.checkpoint.parent else { return Ok(None) };
    let row = match (head, namespace) {
        (Some(head), _) if head.id == id => Some(head),
        (_, Some(namespace)) => {
            let row = rows.checkpoint(namespace, CheckpointSelector::At(id)).await?;
            row.as_ref().map(CheckpointRow::predecessor)
        }
        (_, None) => None,
    };
    let unknown = || StoreError::UnknownCheckpoint {
        thread: lease.thread.clone(),
        namespace: commit.namespace.clone(),
        id,
    };
    row.map(Some).ok_or_else(unknown)
}

/// What channels were, by name.
#[derive(Default)]
struct Marks(Vec<Mark>);

impl Marks {
    fn get(&self, channel: &ChannelName) -> Option<&Mark> {
        let found = self.0.binary_search_by(|mark| mark.channel.cmp(channel));
        found.ok().and_then(|index| self.0.get(index))
    }
}

/// What the channels that change were at the parent.
async fn marks_before(
    rows: &mut impl Rows,
    parent: &Predecessor,
    commit: &Commit,
) -> Result<Marks, StoreError> {
    let lineage = rows.lineage(parent.point).await?;
    let channels: Vec<_> = commit.changes.keys().cloned().collect();
    let mut marks = rows.newest_marks(&lineage, &channels).await?;
    marks.sort_unstable_by(|one, other| one.channel.cmp(&other.channel));
    Ok(Marks(marks))
}

/// What is to be written for one channel.
struct Step<'a> {
    channel: &'a ChannelName,
    write: Write<'a>,
}

enum Write<'a> {
    Value(&'a Blob),
    Items { target: Target, keep: usize, items: &'a [Blob] },
    Cleared,
}

enum Planned<'a> {
    Step(Step<'a>),
    Nothing,
    Senseless(CommitProblem),
}

async fn plan<'a>(
    rows: &mut impl Rows,
    channel: &'a ChannelName,
    change: &'a ChannelChange,
    was: Option<&Mark>,
) -> Result<Planned<'a>, StoreError> {
    let was = was.map_or(MarkState::Cleared, |was| was.state);
    let (keep, items) = match change {
        ChannelChange::Set(value) => {
            return Ok(Planned::Step(Step { channel, write: Write::Value(value) }));
        }
        ChannelChange::Clear => {
            return Ok(match was {
                MarkState::Cleared => Planned::Nothing,
                MarkState::Value | MarkState::Log { .. } => {
                    Planned::Step(Step { channel, write: Write::Cleared })
                }
            });
        }
        ChannelChange::Append(items) => (None, items),
        ChannelChange::Rewrite { keep, items } => (Some(*keep), items),
    };
    let (keep, target) = match was {
        _ if keep == Some(0) => (0, Target::Begins(None)),
        MarkState::Value => {
            return Ok(Planned::Senseless(CommitProblem::NotALog { channel: channel.clone() }));
        }
        MarkState::Cleared => (keep.unwrap_or(0), Target::Begins(None)),
        MarkState::Log { log, length } => {
            let keep = keep.unwrap_or(length);
            if items.is_empty() && keep == length {
                return Ok(Planned::Nothing);
            }
            if keep <= length {
                (keep, logs::target(rows, log, length, keep).await?)
            } else {
                (keep, Target::Begins(None))
            }
        }
    };
    let length = match was {
        MarkState::Log { length, .. } => length,
        MarkState::Value | MarkState::Cleared => 0,
    };
    if keep > length {
        let channel = channel.clone();
        return Ok(Planned::Senseless(CommitProblem::KeepsTooMuch { channel, keep, length }));
    }
    Ok(Planned::Step(Step { channel, write: Write::Items { target, keep, items } }))
}

/// Where a checkpoint stands behind its parent: in the parent's branch, or at the beginning of one.
async fn behind(
    rows: &mut impl Rows,
    namespace: NamespaceKey,
    parent: &Predecessor,
    head: Option<CheckpointId>,
) -> Result<Point, StoreError> {
    // Behind the newest checkpoint nothing can be: what goes on from a later point is newer, or was deleted with it.
    let is_newest = head == Some(parent.id);
    let branch = if !is_newest && rows.has_gone_on(namespace, parent).await? {
        rows.insert_branch(namespace, Some(parent.point)).await?
    } else {
        parent.point.branch
    };
    Ok(Point { branch, seq: parent.point.seq + 1 })
}

async fn write_step(
    rows: &mut impl Rows,
    namespace: NamespaceKey,
    write: Write<'_>,
) -> Result<ChangeState, StoreError> {
    Ok(match write {
        Write::Value(value) => ChangeState::Value(value.clone()),
        Write::Cleared => ChangeState::Cleared,
        Write::Items { target, keep, items } => {
            let log = logs::extend(rows, namespace, target, keep, items).await?;
            ChangeState::Log { log, length: keep + items.len() }
        }
    })
}

//! Copying a thread.

use std::collections::BTreeMap;

use moss_graph::ThreadId;
use moss_graph::checkpoint::{CheckpointSelector, StoreError, check_name};

use super::live::History;
use super::rows::Rows;
use crate::rows::{
    BranchKey, Change, ChangeState, CheckpointRow, LogKey, NamespaceKey, Point, StoredChange,
    StoredItems, damaged,
};

/// How many items of a log are held at once.
const PAGE: usize = 64;

pub(crate) async fn copy_thread(
    rows: &mut impl Rows,
    from: &ThreadId,
    to: &ThreadId,
) -> Result<(), StoreError> {
    check_name("a thread id", to.as_str())?;
    let source = match rows.thread(from).await? {
        Some(source) => rows.namespaces(source.key).await?,
        None => Vec::new(),
    };
    if source.is_empty() {
        return Err(StoreError::UnknownThread { thread: from.clone() });
    }
    let target = match rows.thread(to).await? {
        Some(target) if !rows.namespaces(target.key).await?.is_empty() => {
            return Err(StoreError::ThreadExists { thread: to.clone() });
        }
        Some(target) => target.key,
        None => rows.insert_thread(to).await?,
    };
    for (namespace, name) in source {
        let (copy, branch) = rows.insert_namespace(target, &name).await?;
        copy_namespace(rows, namespace, copy, branch).await?;
    }
    Ok(())
}

async fn copy_namespace(
    rows: &mut impl Rows,
    from: NamespaceKey,
    to: NamespaceKey,
    first: BranchKey,
) -> Result<(), StoreError> {
    let logs = copy_logs(rows, from, to).await?;
    let branches = copy_branches(rows, from, to, first).await?;
    let moved = |point: Point| match branches.get(&point.branch) {
        Some(branch) => Ok(Point { branch: *branch, ..point }),
        None => Err(damaged("a branch is missing")),
    };
    for mark in rows.marks(from).await? {
        let stored = rows.change(&mark).await?.ok_or_else(|| damaged("a change is missing"))?;
        let (_, change) = stored.decode()?;
        let state = match change.state {
            ChangeState::Log { log, length } => {
                let log = logs.get(&log).copied().ok_or_else(|| damaged("a log is missing"))?;
                ChangeState::Log { log, length }
            }
            state @ (ChangeState::Value(_) | ChangeState::Cleared) => state,
        };
        let copy = Change { point: moved(change.point)?, state, ..change };
        rows.insert_changes(&[StoredChange::encode(copy)]).await?;
    }
    // The copied changes have checksums of their own, and so have the states at the checkpoints.
    let original = History::new(rows.branches(from).await?, rows.marks(from).await?);
    let copied = History::new(rows.branches(to).await?, rows.marks(to).await?);
    for key in rows.checkpoint_keys(from).await? {
        let row = rows.checkpoint(from, CheckpointSelector::At(key.id)).await?;
        let CheckpointRow { point, digest, checkpoint } =
            row.ok_or_else(|| damaged("a checkpoint is missing"))?;
        if original.digest_at(point) != digest {
            return Err(damaged(format!("the state at checkpoint {} is not whole", key.id)));
        }
        let writes = rows.writes(point).await?;
        let point = moved(point)?;
        let digest = copied.digest_at(point);
        let row = CheckpointRow { point, digest, checkpoint };
        rows.insert_checkpoint(to, &row, &[]).await?;
        rows.put_writes(point, &writes).await?;
    }
    Ok(())
}

async fn copy_branches(
    rows: &mut impl Rows,
    from: NamespaceKey,
    to: NamespaceKey,
    first: BranchKey,
) -> Result<BTreeMap<BranchKey, BranchKey>, StoreError> {
    let mut copies = BTreeMap::new();
    let mut first = Some(first);
    // A branch is younger than the one it left.
    let originals: BTreeMap<_, _> = rows.branches(from).await?.into_iter().collect();
    for (branch, begins_at) in originals {
        let copy = match (begins_at, first.take_if(|_| begins_at.is_none())) {
            (None, Some(first)) => first,
            (None, None) => rows.insert_branch(to, None).await?,
            (Some(point), _) => match copies.get(&point.branch) {
                Some(copy) => {
                    rows.insert_branch(to, Some(Point { branch: *copy, ..point })).await?
                }
                None => return Err(damaged("a branch is missing")),
            },
        };
        copies.insert(branch, copy);
    }
    Ok(copies)
}

async fn copy_logs(
    rows: &mut impl Rows,
    from: NamespaceKey,
    to: NamespaceKey,
) -> Result<BTreeMap<LogKey, LogKey>, StoreError> {
    let mut copies = BTreeMap::new();
    // A log is younger than the one it begins with.
    let originals: BTreeMap<_, _> =
        rows.logs(from).await?.into_iter().map(|log| (log.key, log)).collect();
    for (key, log) in originals {
        let parent = match log.parent {
            None => None,
            Some((parent, length)) => match copies.get(&parent) {
                Some(copy) => Some((*copy, length)),
                None => return Err(damaged("a log is missing")),
            },
        };
        let copy = rows.insert_log(to, parent).await?;
        copies.insert(key, copy);
        let mut next = log.first();
        loop {
            let page = rows.items(key, next, next + PAGE).await?;
            if page.is_empty() {
                break;
            }
            let mut items = Vec::with_capacity(page.len());
            for row in page {
                let (_, copied) = row.decode()?;
                items.extend(StoredItems::encode(copy, next, &copied));
                next += copied.len();
            }
            rows.insert_items(&items).await?;
        }
    }
    Ok(copies)
}

//! Listing checkpoints.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use moss_graph::ThreadId;
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointId, ListedCheckpoint, Namespace, StoreError,
};

use super::rows::{Rows, ThreadRow};
use crate::rows::NamespaceKey;

/// How many checkpoints are looked at in one go.
const PAGE: usize = 100;

pub(crate) async fn list(
    rows: &mut impl Rows,
    thread: &ThreadId,
    filter: &CheckpointFilter,
) -> Result<Vec<ListedCheckpoint>, StoreError> {
    let Some(thread) = rows.thread(thread).await? else { return Ok(Vec::new()) };
    match &filter.namespace {
        Some(namespace) => match rows.namespace(thread.key, namespace).await? {
            Some(key) => of_one(rows, key, namespace, filter).await,
            None => Ok(Vec::new()),
        },
        None => of_all(rows, &thread, filter).await,
    }
}

async fn of_one(
    rows: &mut impl Rows,
    key: NamespaceKey,
    namespace: &Namespace,
    filter: &CheckpointFilter,
) -> Result<Vec<ListedCheckpoint>, StoreError> {
    let mut listed = Vec::new();
    let mut before = filter.before;
    let fits_all = filter.source.is_none() && filter.run.is_none() && filter.metadata.is_empty();
    let count = if fits_all { PAGE.min(filter.limit) } else { PAGE };
    while listed.len() < filter.limit {
        let page = rows.checkpoints_before(key, before, count).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.checkpoint.id);
        let fitting = page.into_iter().map(|row| row.checkpoint);
        let fitting = fitting.filter(|checkpoint| filter.fits(namespace, checkpoint));
        let left = filter.limit - listed.len();
        listed.extend(
            fitting
                .take(left)
                .map(|checkpoint| ListedCheckpoint { namespace: namespace.clone(), checkpoint }),
        );
    }
    Ok(listed)
}

async fn of_all(
    rows: &mut impl Rows,
    thread: &ThreadRow,
    filter: &CheckpointFilter,
) -> Result<Vec<ListedCheckpoint>, StoreError> {
    let mut all: Vec<(CheckpointId, Namespace, NamespaceKey)> = Vec::new();
    for (key, namespace) in rows.namespaces(thread.key).await? {
        let ids = rows.checkpoint_keys(key).await?.into_iter().map(|checkpoint| checkpoint.id);
        let ids = ids.filter(|id| filter.before.is_none_or(|before| *id < before));
        all.extend(ids.map(|id| (id, namespace.clone(), key)));
    }
    all.sort_by(|(id, namespace, _), (other_id, other, _)| {
        (Reverse(id), namespace).cmp(&(Reverse(other_id), other))
    });
    let mut listed = Vec::new();
    let mut before: BTreeMap<NamespaceKey, CheckpointId> = BTreeMap::new();
    for page in all.chunks(PAGE) {
        if listed.len() == filter.limit {
            break;
        }
        let mut counts: BTreeMap<NamespaceKey, usize> = BTreeMap::new();
        for (_, _, key) in page {
            *counts.entry(*key).or_default() += 1;
        }
        // Those of one namespace follow one another.
        let mut found = BTreeMap::new();
        for (key, count) in counts {
            let behind = before.get(&key).copied().or(filter.before);
            for row in rows.checkpoints_before(key, behind, count).await? {
                before.insert(key, row.checkpoint.id);
                found.insert((key, row.checkpoint.id), row.checkpoint);
            }
        }
        let checkpoints = page.iter().filter_map(|(id, namespace, key)| {
            let checkpoint = found.remove(&(*key, *id))?;
            Some(ListedCheckpoint { namespace: namespace.clone(), checkpoint })
        });
        let fitting = checkpoints.filter(|one| filter.fits(&one.namespace, &one.checkpoint));
        listed.extend(fitting.take(filter.limit - listed.len()));
    }
    Ok(listed)
}

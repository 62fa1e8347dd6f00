//! Deleting checkpoints, and what only they needed.

use std::collections::{BTreeMap, BTreeSet};

use moss_graph::checkpoint::{CheckpointId, Namespace, Retention, StoreError};
use moss_graph::{RunId, ThreadId};

use super::live::{Garbage, History};
use super::logs;
use super::rows::{Rows, ThreadRow};
use crate::rows::{CheckpointKey, NamespaceKey};

pub(crate) async fn delete_thread(
    rows: &mut impl Rows,
    thread: &ThreadId,
) -> Result<(), StoreError> {
    match rows.thread(thread).await? {
        Some(thread) => rows.delete_thread(thread.key).await,
        None => Ok(()),
    }
}

pub(crate) async fn delete_run(
    rows: &mut impl Rows,
    thread: &ThreadId,
    run: &RunId,
) -> Result<u64, StoreError> {
    let Some(thread) = rows.thread(thread).await? else { return Ok(0) };
    let mut removed = 0;
    for Chain { key, checkpoints, .. } in chains(rows, &thread).await? {
        let (goes, stays): (Vec<_>, Vec<_>) = checkpoints
            .into_iter()
            .partition(|checkpoint| checkpoint.run.as_deref() == Some(run.as_str()));
        removed += remove(rows, key, &goes, &stays).await?;
    }
    Ok(removed)
}

pub(crate) async fn prune(
    rows: &mut impl Rows,
    thread: &ThreadId,
    retention: &Retention,
) -> Result<u64, StoreError> {
    let Some(thread) = rows.thread(thread).await? else { return Ok(0) };
    let now = rows.now().await?;
    let chains = chains(rows, &thread).await?;
    let ages: BTreeMap<_, BTreeMap<_, _>> = chains
        .iter()
        .map(|chain| {
            let ages = chain.checkpoints.iter().map(|kept| (kept.id, kept.created_at));
            (chain.namespace.clone(), ages.collect())
        })
        .collect();
    let mut goes: BTreeMap<Namespace, BTreeSet<CheckpointId>> = BTreeMap::new();
    for (namespace, id) in retention.removes(&ages, now) {
        goes.entry(namespace).or_default().insert(id);
    }
    let mut removed = 0;
    for Chain { key, namespace, checkpoints } in chains {
        let Some(ids) = goes.get(&namespace) else { continue };
        let (goes, stays): (Vec<_>, Vec<_>) =
            checkpoints.into_iter().partition(|checkpoint| ids.contains(&checkpoint.id));
        removed += remove(rows, key, &goes, &stays).await?;
    }
    Ok(removed)
}

struct Chain {
    key: NamespaceKey,
    namespace: Namespace,
    checkpoints: Vec<CheckpointKey>,
}

async fn chains(rows: &mut impl Rows, thread: &ThreadRow) -> Result<Vec<Chain>, StoreError> {
    let mut chains = Vec::new();
    for (key, namespace) in rows.namespaces(thread.key).await? {
        chains.push(Chain { key, namespace, checkpoints: rows.checkpoint_keys(key).await? });
    }
    Ok(chains)
}

/// Deletes checkpoints of a namespace, and says how many they were.
async fn remove(
    rows: &mut impl Rows,
    namespace: NamespaceKey,
    goes: &[CheckpointKey],
    stays: &[CheckpointKey],
) -> Result<u64, StoreError> {
    if goes.is_empty() {
        return Ok(0);
    }
    if stays.is_empty() {
        rows.delete_namespace(namespace).await?;
        return Ok(goes.len() as u64);
    }
    let ids: Vec<_> = goes.iter().map(|checkpoint| checkpoint.id).collect();
    let points: Vec<_> = goes.iter().map(|checkpoint| checkpoint.point).collect();
    rows.delete_checkpoints(namespace, &ids).await?;
    rows.delete_writes(&points).await?;

    let history = History::new(rows.branches(namespace).await?, rows.marks(namespace).await?);
    let known = rows.logs(namespace).await?;
    let points: Vec<_> = stays.iter().map(|checkpoint| checkpoint.point).collect();
    let garbage = Garbage::of(&history, &known, &points);
    rows.delete_changes(&garbage.marks).await?;
    rows.delete_branches(&garbage.branches).await?;
    for log in garbage.logs {
        rows.delete_log(log).await?;
    }
    for (log, length) in garbage.tails {
        logs::cut(rows, log, length).await?;
    }
    Ok(goes.len() as u64)
}

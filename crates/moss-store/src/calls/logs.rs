//! Logs: where their items are, and how they go on.

use moss_graph::Log as Items;
use moss_graph::checkpoint::{Blob, StoreError};

use super::rows::Rows;
use crate::rows::{Log, LogKey, NamespaceKey, StoredItems, damaged};

/// How a log goes on.
#[derive(Debug)]
pub(super) enum Target {
    /// In a log that is there.
    Goes(LogKey),
    /// In a log of its own, which begins with items of another or with nothing.
    Begins(Option<(LogKey, usize)>),
}

/// Where items go that stand behind the first `keep` ones of a log with `length` items.
pub(super) async fn target(
    rows: &mut impl Rows,
    log: LogKey,
    length: usize,
    keep: usize,
) -> Result<Target, StoreError> {
    if keep == 0 {
        return Ok(Target::Begins(None));
    }
    if keep == length && !rows.has_items(log, length).await? {
        return Ok(Target::Goes(log));
    }
    // The new log begins with the log that holds the last item that is kept, not with one that leads there, so that a
    // message that is edited many times makes no long chain.
    let mut holder = known(rows, log).await?;
    while let Some((parent, parent_length)) = holder.parent
        && keep <= parent_length
    {
        holder = known(rows, parent).await?;
    }
    Ok(Target::Begins(Some((holder.key, keep))))
}

/// Puts items behind the first `keep` ones of a log.
pub(super) async fn extend(
    rows: &mut impl Rows,
    namespace: NamespaceKey,
    target: Target,
    keep: usize,
    items: &[Blob],
) -> Result<LogKey, StoreError> {
    let log = match target {
        Target::Goes(log) => log,
        Target::Begins(parent) => rows.insert_log(namespace, parent).await?,
    };
    rows.insert_items(&StoredItems::encode(log, keep, items)).await?;
    Ok(log)
}

/// Deletes a log's own items from index `length` on.
pub(super) async fn cut(
    rows: &mut impl Rows,
    log: LogKey,
    length: usize,
) -> Result<(), StoreError> {
    let first = rows.items(log, length, length + 1).await?.into_iter().next();
    let Some(first) = first else { return Ok(()) };
    rows.delete_items(log, length).await?;
    let (begins, items) = first.decode()?;
    match length.checked_sub(begins).and_then(|stay| items.get(..stay)) {
        Some(stay) => rows.insert_items(&StoredItems::encode(log, begins, stay)).await,
        None => Ok(()),
    }
}

/// The first `length` items of a log.
pub(super) async fn read(
    rows: &mut impl Rows,
    log: LogKey,
    length: usize,
) -> Result<Items<Blob>, StoreError> {
    let mut parts = Vec::new();
    let mut next = Some((log, length));
    while let Some((key, to)) = next {
        let log = known(rows, key).await?;
        let from = log.first();
        if from > to || log.parent.is_some_and(|(parent, _)| parent >= key) {
            return Err(damaged("a log begins with more items than it has"));
        }
        parts.push((key, from, to));
        next = log.parent;
    }
    let mut all = Items::new();
    for (key, from, to) in parts.into_iter().rev() {
        let mut next = from;
        if from < to {
            for row in rows.items(key, from, to).await? {
                let (first, items) = row.decode()?;
                // The first row may begin with items that are not asked for.
                let skipped =
                    next.checked_sub(first).filter(|skipped| *skipped == 0 || next == from);
                let skipped =
                    skipped.ok_or_else(|| damaged(format!("item {next} of a log is missing")))?;
                for item in items.into_iter().skip(skipped).take(to - next) {
                    all.push(item);
                    next += 1;
                }
            }
        }
        if next != to {
            return Err(damaged(format!("{} items of a log are missing", to - next)));
        }
    }
    Ok(all)
}

pub(super) async fn known(rows: &mut impl Rows, key: LogKey) -> Result<Log, StoreError> {
    rows.log(key).await?.ok_or_else(|| damaged("a log is missing"))
}

//! Logs: where their items are, and how they go on.

use moss_graph::Log as Items;
use moss_graph::checkpoint::{Blob, StoreError};

use super::rows::Rows;
use crate::rows::{Log, LogKey, NamespaceKey, StoredItem, damaged};

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
    if keep == length && rows.items(log, length, length + 1).await?.is_empty() {
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
    let items = items.iter().enumerate();
    let items: Vec<_> =
        items.map(|(place, item)| StoredItem::encode(log, keep + place, item)).collect();
    rows.insert_items(&items).await?;
    Ok(log)
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
        let items = rows.items(key, from, to).await?;
        if items.len() != to - from {
            return Err(damaged(format!("{} items of a log are missing", to - from - items.len())));
        }
        for (index, item) in (from..).zip(items) {
            if usize::try_from(item.index) != Ok(index) {
                return Err(damaged(format!("item {index} of a log is missing")));
            }
            all.push(item.decode()?);
        }
    }
    Ok(all)
}

pub(super) async fn known(rows: &mut impl Rows, key: LogKey) -> Result<Log, StoreError> {
    rows.log(key).await?.ok_or_else(|| damaged("a log is missing"))
}

//! Loading a checkpoint with its state.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use moss_graph::checkpoint::{
    ChannelName, ChannelValue, CheckpointQuery, CheckpointSelector, StoreError, StoredCheckpoint,
};

use super::logs;
use super::rows::Rows;
use crate::rows::{Change, ChangeState, CheckpointRow, Digest, damaged};

pub(crate) async fn load(
    rows: &mut impl Rows,
    query: &CheckpointQuery,
) -> Result<Option<StoredCheckpoint>, StoreError> {
    let Some(thread) = rows.thread(&query.thread).await? else { return Ok(None) };
    let Some(namespace) = rows.namespace(thread.key, &query.namespace).await? else {
        return Ok(None);
    };
    let Some(row) = rows.checkpoint(namespace, query.selector).await? else { return Ok(None) };
    let head = match query.selector {
        CheckpointSelector::Latest => row.checkpoint.id,
        CheckpointSelector::At(_) | CheckpointSelector::NotAfter(_) => {
            let head = rows.checkpoint(namespace, CheckpointSelector::Latest).await?;
            head.map_or(row.checkpoint.id, |head| head.checkpoint.id)
        }
    };
    let channels = channels(rows, &row).await?;
    let writes = rows.writes(row.point).await?;
    Ok(Some(StoredCheckpoint { checkpoint: row.checkpoint, channels, writes, head }))
}

async fn channels(
    rows: &mut impl Rows,
    row: &CheckpointRow,
) -> Result<BTreeMap<ChannelName, ChannelValue>, StoreError> {
    let mut newest = BTreeMap::new();
    let mut digest = Digest::default();
    for point in rows.lineage(row.point).await? {
        for stored in rows.newest_changes(point).await? {
            if let Entry::Vacant(first) = newest.entry(stored.channel.clone()) {
                digest = digest.toggle(stored.sum);
                first.insert(stored.decode()?);
            }
        }
    }
    if digest != row.digest {
        let id = row.checkpoint.id;
        return Err(damaged(format!("the state at checkpoint {id} is not whole")));
    }
    let mut channels = BTreeMap::new();
    for (_, Change { channel, state, .. }) in newest.into_values() {
        let value = match state {
            ChangeState::Value(value) => ChannelValue::Value(value),
            ChangeState::Log { log, length } => {
                ChannelValue::Log(logs::read(rows, log, length).await?)
            }
            ChangeState::Cleared => continue,
        };
        channels.insert(channel, value);
    }
    Ok(channels)
}

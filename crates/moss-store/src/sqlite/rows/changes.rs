//! What channels have become, in SQLite.

use moss_graph::checkpoint::{ChannelName, StoreError};
use rusqlite::{Row, params};

use super::SqliteRows;
use crate::calls::ChangeRows;
use crate::rows::{Change, Mark, NamespaceKey, Point, StoredChange};

impl ChangeRows for SqliteRows<'_> {
    async fn newest_marks(
        &mut self,
        lineage: &[Point],
        channels: &[ChannelName],
    ) -> Result<Vec<Mark>, StoreError> {
        let sql = "SELECT branch, channel, seq, kind, log, length, NULL, NULL, sum FROM changes \
                   WHERE branch = ?1 AND channel = ?2 AND seq <= ?3 ORDER BY seq DESC LIMIT 1";
        let mut marks = Vec::with_capacity(channels.len());
        for channel in channels {
            for Point { branch, seq } in lineage {
                let newest = self.one(sql, params![branch.0, channel.as_str(), seq], read)?;
                if let Some(newest) = newest {
                    marks.push(newest.mark()?);
                    break;
                }
            }
        }
        Ok(marks)
    }

    async fn newest_changes(&mut self, upto: Point) -> Result<Vec<StoredChange>, StoreError> {
        // From one channel to the next by the index, whatever the number of changes.
        let sql = "WITH RECURSIVE channels (channel) AS ( \
                       SELECT min(channel) FROM changes WHERE branch = ?1 \
                       UNION ALL \
                       SELECT (SELECT min(channel) FROM changes \
                               WHERE branch = ?1 AND channel > channels.channel) \
                       FROM channels WHERE channel IS NOT NULL) \
                   SELECT c.branch, c.channel, c.seq, c.kind, c.log, c.length, c.format, c.value, c.sum \
                   FROM channels JOIN changes c \
                       ON c.branch = ?1 AND c.channel = channels.channel AND c.seq = ( \
                           SELECT max(seq) FROM changes \
                           WHERE branch = ?1 AND channel = channels.channel AND seq <= ?2)";
        self.all(sql, [upto.branch.0, upto.seq], read)
    }

    async fn marks(&mut self, namespace: NamespaceKey) -> Result<Vec<Mark>, StoreError> {
        let sql = "SELECT branch, channel, seq, kind, log, length, NULL, NULL, sum FROM changes \
                   WHERE branch IN (SELECT key FROM branches WHERE namespace = ?1)";
        self.all(sql, [namespace.0], read)?.iter().map(StoredChange::mark).collect()
    }

    async fn change(&mut self, mark: &Mark) -> Result<Option<StoredChange>, StoreError> {
        let sql = "SELECT branch, channel, seq, kind, log, length, format, value, sum FROM changes \
                   WHERE branch = ?1 AND channel = ?2 AND seq = ?3";
        let Point { branch, seq } = mark.point;
        self.one(sql, params![branch.0, mark.channel.as_str(), seq], read)
    }

    async fn insert_changes(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let sql = "INSERT INTO changes (branch, channel, seq, kind, log, length, format, value, sum) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        changes.iter().map(StoredChange::encode).try_for_each(|row| {
            let values = params![
                row.branch,
                row.channel,
                row.seq,
                row.kind,
                row.log,
                row.length,
                row.format,
                row.value.as_deref(),
                row.sum,
            ];
            self.execute(sql, values)
        })
    }

    async fn delete_changes(&mut self, marks: &[Mark]) -> Result<(), StoreError> {
        let sql = "DELETE FROM changes WHERE branch = ?1 AND channel = ?2 AND seq = ?3";
        marks.iter().try_for_each(|Mark { point, channel, .. }| {
            self.execute(sql, params![point.branch.0, channel.as_str(), point.seq])
        })
    }
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredChange> {
    Ok(StoredChange {
        branch: row.get(0)?,
        channel: row.get(1)?,
        seq: row.get(2)?,
        kind: row.get(3)?,
        log: row.get(4)?,
        length: row.get(5)?,
        format: row.get(6)?,
        value: row.get::<_, Option<Vec<u8>>>(7)?.map(Into::into),
        sum: row.get(8)?,
    })
}

//! What channels have become, in SQLite.

use moss_graph::checkpoint::{ChannelName, StoreError};
use rusqlite::types::ValueRef;
use rusqlite::{Row, params};

use super::{BRANCHES_OF_NAMESPACE, Known, SqliteRows, compression};
use crate::calls::ChangeRows;
use crate::rows::{Mark, NamespaceKey, Point, StoredChange};

/// Values with more bytes stand in a table of their own. Four rows must fit into a page, or SQLite gives each pages of its own.
const LARGE_BYTES: usize = 768;

/// The columns, in the order in which they are read.
pub(super) const COLUMNS: &str = "branch, channel, seq, kind, log, length, format, \
     coalesce(value, (SELECT value FROM large_values WHERE key = large)), sum";

impl ChangeRows for SqliteRows<'_> {
    async fn newest_marks(
        &mut self,
        lineage: &[Point],
        channels: &[ChannelName],
    ) -> Result<Vec<Mark>, StoreError> {
        let mut marks = Vec::with_capacity(channels.len());
        for channel in channels {
            for point in lineage {
                if let Some(mark) = self.newest_mark(*point, channel)? {
                    marks.push(mark);
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
                   SELECT c.branch, c.channel, c.seq, c.kind, c.log, c.length, c.format, \
                       coalesce(c.value, (SELECT value FROM large_values WHERE key = c.large)), c.sum \
                   FROM channels JOIN changes c \
                       ON c.branch = ?1 AND c.channel = channels.channel AND c.seq = ( \
                           SELECT max(seq) FROM changes \
                           WHERE branch = ?1 AND channel = channels.channel AND seq <= ?2)";
        self.all(sql, [upto.branch.0, upto.seq], read)
    }

    async fn marks(&mut self, namespace: NamespaceKey) -> Result<Vec<Mark>, StoreError> {
        let sql = format!(
            "SELECT branch, channel, seq, kind, log, length, NULL, NULL, sum FROM changes \
             WHERE branch IN {BRANCHES_OF_NAMESPACE}"
        );
        self.all(&sql, [namespace.0], read)?.iter().map(StoredChange::mark).collect()
    }

    async fn change(&mut self, mark: &Mark) -> Result<Option<StoredChange>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM changes WHERE branch = ?1 AND channel = ?2 AND seq = ?3"
        );
        let Point { branch, seq } = mark.point;
        self.one(&sql, params![branch.0, mark.channel.as_str(), seq], read)
    }

    async fn insert_changes(&mut self, changes: &[StoredChange]) -> Result<(), StoreError> {
        let sql = "INSERT INTO changes \
                       (branch, channel, seq, kind, log, length, format, sum, large, value) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        changes.iter().try_for_each(|row| {
            let value = row.value.as_deref().zip(row.format);
            let (format, value) =
                value.map(|(value, format)| compression::compress(format, value)).unzip();
            let (large, value) = match value {
                Some(large) if large.len() > LARGE_BYTES => {
                    let sql = "INSERT INTO large_values (value) VALUES (?1)";
                    (Some(self.insert(sql, [large])?), None)
                }
                value => (None, value),
            };
            let values = params![
                row.branch,
                row.channel,
                row.seq,
                row.kind,
                row.log,
                row.length,
                format,
                row.sum,
                large,
                value,
            ];
            self.execute(sql, values)?;
            let mark = row.mark()?;
            self.note(|known| known.add_mark(&mark));
            Ok(())
        })
    }

    async fn delete_changes(&mut self, marks: &[Mark]) -> Result<(), StoreError> {
        self.note(Known::forget);
        let sql = "DELETE FROM changes WHERE branch = ?1 AND channel = ?2 AND seq = ?3 \
                   RETURNING large";
        marks.iter().try_for_each(|Mark { point, channel, .. }| {
            let place = params![point.branch.0, channel.as_str(), point.seq];
            let large: Option<Option<i64>> = self.one(sql, place, |row| row.get(0))?;
            match large.flatten() {
                Some(large) => self.execute("DELETE FROM large_values WHERE key = ?1", [large]),
                None => Ok(()),
            }
        })
    }
}

impl SqliteRows<'_> {
    /// The newest change of a channel in one branch, up to a point.
    fn newest_mark(
        &mut self,
        upto: Point,
        channel: &ChannelName,
    ) -> Result<Option<Mark>, StoreError> {
        if let Some(mark) = self.known(|known| known.mark(upto, channel).cloned()) {
            return Ok(mark);
        }
        let sql = "SELECT branch, channel, seq, kind, log, length, NULL, NULL, sum FROM changes \
                   WHERE branch = ?1 AND channel = ?2 AND seq <= ?3 ORDER BY seq DESC LIMIT 1";
        let place = params![upto.branch.0, channel.as_str(), upto.seq];
        let mark = self.one(sql, place, read)?.map(|row| row.mark()).transpose()?;
        self.note(|known| known.set_mark(upto, channel, mark.clone()));
        Ok(mark)
    }
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredChange> {
    // What has no value, or is read without it, has none of both.
    let (format, value) = match row.get_ref(7)? {
        ValueRef::Null => (None, None),
        _ => compression::read(row, 6, 7).map(|(format, value)| (Some(format), Some(value)))?,
    };
    Ok(StoredChange {
        branch: row.get(0)?,
        channel: row.get(1)?,
        seq: row.get(2)?,
        kind: row.get(3)?,
        log: row.get(4)?,
        length: row.get(5)?,
        format,
        value,
        sum: row.get(8)?,
    })
}

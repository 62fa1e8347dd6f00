//! What channels have become, in SQLite.

use std::borrow::Cow;

use moss_graph::checkpoint::{ChannelName, StoreError};
use rusqlite::types::ValueRef;
use rusqlite::{Row, params};

use super::stretches::UNPLACED;
use super::{BRANCHES_OF_NAMESPACE, Known, SqliteRows, compression};
use crate::calls::ChangeRows;
use crate::rows::{Mark, NamespaceKey, Point, StoredChange};

/// Values with more bytes stand in a table of their own. Four rows must fit into a page, or SQLite gives each pages of its own.
const LARGE_BYTES: usize = 384;

/// Values with more bytes do not stand in the rows of commits, which are looked through.
const SMALL_BYTES: usize = 256;

/// The columns of changes that do not stand in the row of a commit, in the order in which they are read.
pub(super) const LOOSE_COLUMNS: &str = "branch, channel, seq, kind, log, length, format, \
     coalesce(value, (SELECT value FROM large_values WHERE key = large)), sum";

/// The same of those that do.
pub(super) const COMMIT_COLUMNS: &str =
    "branch, channel, seq, kind, log, length, value_format, value, change_sum";

/// The key of the newest commit of branch `?1` up to `?2` that has a change of a channel in its row, and a place: in the stretch that
/// reaches further, or the last of the one before.
fn newest_placed(channel: &str) -> String {
    let change = format!("branch = ?1 AND channel = {channel}");
    let reaches_further =
        format!("change_stretches WHERE {change} AND seq > ?2 ORDER BY seq LIMIT 1");
    format!(
        "coalesce( \
             (SELECT max(key) FROM commits WHERE {change} AND seq <= ?2 \
                  AND key BETWEEN (SELECT first FROM {reaches_further}) \
                      AND (SELECT last FROM {reaches_further})), \
             (SELECT last FROM change_stretches WHERE {change} AND seq <= ?2 \
              ORDER BY seq DESC LIMIT 1))"
    )
}

/// The key of the newest commit of branch `?1` up to `?2` that has a change of channel `?3` in its row.
fn newest_commit() -> String {
    format!(
        "coalesce( \
             (SELECT max(key) FROM {UNPLACED} AND branch = ?1 AND channel = ?3 AND seq <= ?2), {})",
        newest_placed("?3"),
    )
}

/// The names of the channels that branch `?1` has in a table: from one to the next by its index, whatever the number of changes.
fn channels_in(table: &str) -> String {
    format!(
        "channels (name) AS ( \
             SELECT min(channel) FROM {table} WHERE branch = ?1 \
             UNION ALL \
             SELECT (SELECT min(channel) FROM {table} WHERE branch = ?1 AND channel > name) \
             FROM channels WHERE name IS NOT NULL)"
    )
}

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
        let loose = format!(
            "WITH RECURSIVE {} SELECT {LOOSE_COLUMNS} FROM channels JOIN loose_changes \
                 ON branch = ?1 AND channel = name AND seq = ( \
                     SELECT max(seq) FROM loose_changes \
                     WHERE branch = ?1 AND channel = name AND seq <= ?2)",
            channels_in("loose_changes"),
        );
        let placed = format!(
            "WITH RECURSIVE {} SELECT {COMMIT_COLUMNS} FROM channels JOIN commits \
                 ON key = {} AND branch = ?1 AND channel = name",
            channels_in("change_stretches"),
            newest_placed("name"),
        );
        let unplaced = format!(
            "SELECT {COMMIT_COLUMNS} FROM {UNPLACED} AND branch = ?1 AND seq <= ?2 AND channel IS NOT NULL"
        );
        let mut newest = Vec::new();
        for sql in [loose, placed, unplaced] {
            newest.extend(self.all(&sql, [upto.branch.0, upto.seq], read)?);
        }
        // Of each channel the newest comes first, and stays.
        newest.sort_by(|one, other| (&one.channel, other.seq).cmp(&(&other.channel, one.seq)));
        newest.dedup_by(|older, newer| older.channel == newer.channel);
        Ok(newest)
    }

    async fn marks(&mut self, namespace: NamespaceKey) -> Result<Vec<Mark>, StoreError> {
        let sql = format!(
            "SELECT branch, channel, seq, kind, log, length, NULL, NULL, sum FROM loose_changes \
             WHERE branch IN {BRANCHES_OF_NAMESPACE} \
             UNION ALL \
             SELECT branch, channel, seq, kind, log, length, NULL, NULL, change_sum \
             FROM found_commits WHERE namespace = ?1 AND channel IS NOT NULL"
        );
        self.all(&sql, [namespace.0], read)?.iter().map(StoredChange::mark).collect()
    }

    async fn change(&mut self, mark: &Mark) -> Result<Option<StoredChange>, StoreError> {
        let sql = format!(
            "SELECT {LOOSE_COLUMNS} FROM loose_changes \
             WHERE branch = ?1 AND channel = ?3 AND seq = ?2 \
             UNION ALL \
             SELECT {COMMIT_COLUMNS} FROM commits \
             WHERE key = {} AND branch = ?1 AND channel = ?3 AND seq = ?2",
            newest_commit(),
        );
        let Point { branch, seq } = mark.point;
        self.one(&sql, params![branch.0, seq, mark.channel.as_str()], read)
    }

    async fn insert_changes(&mut self, changes: &[StoredChange]) -> Result<(), StoreError> {
        changes.iter().try_for_each(|change| self.insert_change(&Compressed::of(change)))
    }

    async fn delete_changes(&mut self, marks: &[Mark]) -> Result<(), StoreError> {
        self.note(Known::forget);
        // Those in the rows of commits are needed as long as these are there.
        let sql = "DELETE FROM loose_changes WHERE branch = ?1 AND channel = ?2 AND seq = ?3 \
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

/// A change with its value, if it has one, as the file is to have it.
pub(super) struct Compressed<'a> {
    pub(super) change: &'a StoredChange,
    pub(super) format: Option<i64>,
    pub(super) value: Option<Cow<'a, [u8]>>,
}

impl<'a> Compressed<'a> {
    pub(super) fn of(change: &'a StoredChange) -> Self {
        let value = change.value.as_deref().zip(change.format);
        let (format, value) =
            value.map(|(value, format)| compression::compress(format, value)).unzip();
        Self { change, format, value }
    }

    /// Whether it may stand in the row of its commit.
    pub(super) fn is_small(&self) -> bool {
        self.value.as_ref().is_none_or(|value| value.len() <= SMALL_BYTES)
    }
}

impl SqliteRows<'_> {
    /// Notes a change that was just encoded.
    pub(super) fn note_change(&mut self, change: &StoredChange) -> Result<(), StoreError> {
        let mark = change.mark_as_written()?;
        self.note(|known| known.add_mark(&mark));
        Ok(())
    }

    /// Inserts a change that does not stand in the row of its commit.
    pub(super) fn insert_change(&mut self, row: &Compressed<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO loose_changes \
                       (branch, channel, seq, kind, log, length, format, sum, large, value) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let Compressed { change, format, value } = row;
        let (large, value) = match value.as_deref() {
            Some(large) if large.len() > LARGE_BYTES => {
                let sql = "INSERT INTO large_values (value) VALUES (?1)";
                (Some(self.insert(sql, [large])?), None)
            }
            value => (None, value),
        };
        let StoredChange { branch, channel, seq, kind, log, length, sum, .. } = change;
        let values =
            params![branch, channel.as_str(), seq, kind, log, length, format, sum, large, value];
        self.execute(sql, values)?;
        self.note_change(change)
    }

    /// The newest change of a channel in one branch, up to a point.
    fn newest_mark(
        &mut self,
        upto: Point,
        channel: &ChannelName,
    ) -> Result<Option<Mark>, StoreError> {
        if let Some(mark) = self.known(|known| known.mark(upto, channel).cloned()) {
            return Ok(mark);
        }
        let sql = format!(
            "SELECT * FROM ( \
                 SELECT branch, channel, seq, kind, log, length, NULL, NULL, sum FROM loose_changes \
                 WHERE branch = ?1 AND channel = ?3 AND seq <= ?2 ORDER BY seq DESC LIMIT 1) \
             UNION ALL \
             SELECT branch, channel, seq, kind, log, length, NULL, NULL, change_sum FROM commits \
             WHERE key = {} AND branch = ?1 AND channel = ?3 \
             ORDER BY seq DESC LIMIT 1",
            newest_commit(),
        );
        let place = params![upto.branch.0, upto.seq, channel.as_str()];
        let mark = self.one(&sql, place, read)?.map(|row| row.mark()).transpose()?;
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
        channel: row.get_ref(1)?.as_str()?.into(),
        seq: row.get(2)?,
        kind: row.get(3)?,
        log: row.get(4)?,
        length: row.get(5)?,
        format,
        value,
        sum: row.get(8)?,
    })
}

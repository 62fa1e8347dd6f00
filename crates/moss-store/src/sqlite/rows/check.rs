//! Reading the whole file, to find what is damaged.

use std::cell::Cell;

use moss_graph::checkpoint::StoreError;
use rusqlite::Row;

use super::changes::{COMMIT_COLUMNS, LOOSE_COLUMNS};
use super::{SqliteRows, changes, checkpoints, logs, writes};
use crate::calls::check_namespace;
use crate::rows::{
    CHECKPOINT_COLUMNS, NamespaceKey, StoredChange, StoredCheckpointRow, StoredLog, StoredWrite,
    damaged, signed, sum_of_name,
};

/// Rows that refer to one that is not there, by what they are.
const ORPHANS: [(&str, &str); 8] = [
    ("a namespace", "SELECT 1 FROM namespaces WHERE thread NOT IN (SELECT key FROM threads)"),
    (
        "a branch",
        "SELECT 1 FROM branches WHERE namespace NOT IN \
             (SELECT key FROM namespaces UNION ALL SELECT key FROM root_namespaces)",
    ),
    (
        "a log",
        "SELECT 1 FROM logs WHERE namespace NOT IN \
             (SELECT key FROM namespaces UNION ALL SELECT key FROM root_namespaces)",
    ),
    (
        "a checkpoint",
        "SELECT 1 FROM commits WHERE branch NOT IN \
             (SELECT key FROM branches UNION ALL SELECT key FROM root_namespaces)",
    ),
    (
        "a change",
        "SELECT 1 FROM loose_changes WHERE branch NOT IN \
             (SELECT key FROM branches UNION ALL SELECT key FROM root_namespaces)",
    ),
    (
        "a large value",
        "SELECT 1 FROM large_values WHERE key NOT IN \
             (SELECT large FROM loose_changes WHERE large IS NOT NULL)",
    ),
    (
        "an item",
        "SELECT 1 FROM items WHERE place >> 32 NOT IN ( \
             SELECT log FROM commits WHERE log IS NOT NULL \
             UNION SELECT log FROM loose_changes WHERE log IS NOT NULL \
             UNION SELECT parent FROM logs WHERE parent IS NOT NULL)",
    ),
    (
        "a row of a commit",
        "SELECT 1 FROM commits c WHERE id IS NULL AND (channel IS NULL \
             OR (namespace, branch, seq) IS NOT ( \
                 SELECT namespace, branch, seq FROM commits \
                 WHERE key > c.key AND id IS NOT NULL ORDER BY key LIMIT 1))",
    ),
];

/// What does not go together: logs with their items, counters with what they count, and places with the commits that are there.
const CONTRADICTIONS: [(&str, &str); 12] = [
    (
        "the last items of a log are missing",
        "SELECT 1 FROM ( \
             SELECT log, max(length) AS length FROM ( \
                 SELECT log, length FROM commits WHERE log IS NOT NULL \
                 UNION ALL SELECT log, length FROM loose_changes WHERE log IS NOT NULL \
                 UNION ALL SELECT parent, parent_length FROM logs WHERE parent IS NOT NULL) \
             GROUP BY log) \
         WHERE length > coalesce( \
             (SELECT max(place) - (log << 32) + 1 FROM items \
              WHERE place >= log << 32 AND place < (log + 1) << 32), \
             (SELECT parent_length FROM logs WHERE key = log), 0)",
    ),
    (
        "a counter is missing",
        "SELECT 1 WHERE \
             (SELECT count(*) FROM counters WHERE name IN ('epoch', 'placed', 'log')) < 3",
    ),
    (
        "there are logs that are not counted",
        "SELECT 1 FROM counters WHERE name = 'log' AND value < max( \
             (SELECT coalesce(max(key), 0) FROM logs), \
             (SELECT coalesce(max(place) >> 32, 0) FROM items), \
             (SELECT coalesce(max(log), 0) FROM commits), \
             (SELECT coalesce(max(log), 0) FROM loose_changes))",
    ),
    (
        "checkpoints have places that are not there yet",
        "SELECT 1 FROM counters WHERE name = 'placed' \
             AND value > (SELECT coalesce(max(key), 0) FROM commits)",
    ),
    (
        "a checkpoint has no place",
        "SELECT 1 FROM commits c WHERE key <= (SELECT value FROM counters WHERE name = 'placed') \
             AND id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stretches s \
                 WHERE s.namespace = c.namespace AND key BETWEEN first AND last AND s.id = ( \
                     SELECT min(id) FROM stretches WHERE namespace = c.namespace AND id >= c.id))",
    ),
    (
        "a place has no checkpoint",
        "SELECT 1 FROM stretches s \
         WHERE last > (SELECT value FROM counters WHERE name = 'placed') OR first > last \
             OR NOT EXISTS (SELECT 1 FROM commits c \
                 WHERE key = last AND c.namespace = s.namespace AND c.id = s.id) \
             OR NOT EXISTS (SELECT 1 FROM commits c WHERE key = first AND c.namespace = s.namespace)",
    ),
    (
        "a checkpoint is missing in its place",
        "SELECT 1 FROM ( \
             SELECT namespace, count(*) AS found, (SELECT min(id) FROM stretches \
                 WHERE namespace = c.namespace AND id >= c.id) AS stretch \
             FROM commits c WHERE key <= (SELECT value FROM counters WHERE name = 'placed') \
                 AND id IS NOT NULL \
             GROUP BY namespace, stretch) f \
         JOIN stretches s ON s.namespace = f.namespace AND s.id = stretch WHERE found <> count",
    ),
    (
        "a checkpoint has two places",
        "SELECT 1 FROM stretches s WHERE first <= ( \
             SELECT last FROM stretches WHERE namespace = s.namespace AND id < s.id \
             ORDER BY id DESC LIMIT 1)",
    ),
    (
        "a change has no place",
        "SELECT 1 FROM commits c WHERE key <= (SELECT value FROM counters WHERE name = 'placed') \
             AND channel IS NOT NULL AND NOT EXISTS (SELECT 1 FROM change_stretches s \
                 WHERE (s.branch, s.channel) = (c.branch, c.channel) AND key BETWEEN first AND last \
                     AND s.seq = (SELECT min(seq) FROM change_stretches \
                         WHERE (branch, channel) = (c.branch, c.channel) AND seq >= c.seq))",
    ),
    (
        "a place has no change",
        "SELECT 1 FROM change_stretches s \
         WHERE last > (SELECT value FROM counters WHERE name = 'placed') OR first > last \
             OR NOT EXISTS (SELECT 1 FROM commits c WHERE key = last \
                 AND (c.branch, c.channel, c.seq) = (s.branch, s.channel, s.seq)) \
             OR NOT EXISTS (SELECT 1 FROM commits c WHERE key = first \
                 AND (c.branch, c.channel) = (s.branch, s.channel))",
    ),
    (
        "a change has two places",
        "SELECT 1 FROM change_stretches s WHERE first <= ( \
             SELECT last FROM change_stretches \
             WHERE branch = s.branch AND channel = s.channel AND seq < s.seq \
             ORDER BY seq DESC LIMIT 1)",
    ),
    (
        "a change is stored twice",
        "SELECT 1 FROM commits JOIN loose_changes USING (branch, channel, seq)",
    ),
];

impl SqliteRows<'_> {
    /// Fails with what is found damaged first.
    pub(in super::super) async fn check(&mut self) -> Result<(), StoreError> {
        let found = self.all("PRAGMA integrity_check(1)", (), |row| row.get::<_, String>(0))?;
        if let Some(line) = found.into_iter().find(|line| line != "ok") {
            return Err(damaged(line));
        }
        self.check_names("SELECT 0, id, sum FROM threads")?;
        self.check_names("SELECT thread, name, sum FROM namespaces")?;
        self.check_rows()?;
        for (what, sql) in ORPHANS {
            if self.one(sql, (), |_| Ok(()))?.is_some() {
                return Err(damaged(format!("what {what} belongs to is missing")));
            }
        }
        for (what, sql) in CONTRADICTIONS {
            if self.one(sql, (), |_| Ok(()))?.is_some() {
                return Err(damaged(what));
            }
        }
        let sql = "SELECT key FROM namespaces UNION ALL SELECT key FROM root_namespaces";
        let keys = self.all(sql, (), |row| row.get(0))?;
        for key in keys {
            check_namespace(self, NamespaceKey(key)).await?;
        }
        Ok(())
    }

    fn check_names(&self, sql: &str) -> Result<(), StoreError> {
        self.each(
            sql,
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)),
            |name| {
                let (owner, name, sum): (i64, String, i64) = name;
                if sum_of_name(owner, &name) == sum {
                    Ok(())
                } else {
                    Err(damaged("the name of a thread or a namespace is not as it was written"))
                }
            },
        )
    }

    fn check_rows(&self) -> Result<(), StoreError> {
        let sql = format!("SELECT {CHECKPOINT_COLUMNS} FROM commits WHERE id IS NOT NULL");
        self.each(&sql, checkpoints::read, |row| StoredCheckpointRow::decode(row).map(drop))?;
        let of_commits = "commits WHERE channel IS NOT NULL";
        for (columns, table) in [(LOOSE_COLUMNS, "loose_changes"), (COMMIT_COLUMNS, of_commits)] {
            let sql = format!("SELECT {columns} FROM {table}");
            self.each(&sql, changes::read, |row| StoredChange::decode(row).map(drop))?;
        }
        let sql = "SELECT key, parent, parent_length, sum FROM logs";
        self.each(sql, logs::read, |row| StoredLog::decode(row).map(drop))?;
        self.check_items()?;
        let sql = "SELECT branch, seq, task, kind, place, format, value, sum FROM writes";
        self.each(sql, writes::read, |row| StoredWrite::decode(row).map(drop))
    }

    /// The items of a log stand one behind the other, from where its parent's end.
    fn check_items(&self) -> Result<(), StoreError> {
        let sql = "SELECT place, i.format, value, i.sum, parent_length FROM items i \
                       LEFT JOIN logs ON key = place >> 32 ORDER BY place";
        let before = Cell::new((0, 0));
        let read = |row: &Row<'_>| Ok((logs::read_items(row)?, row.get::<_, Option<i64>>(4)?));
        self.each(sql, read, |(row, parent_length)| {
            let (log, behind) = (row.log, row.last + 1);
            let expected = match before.replace((log, behind)) {
                (same, end) if same == log => end,
                _ => parent_length.unwrap_or(0),
            };
            let (first, _) = row.decode()?;
            if signed(first) == expected {
                Ok(())
            } else {
                Err(damaged("an item of a log is missing"))
            }
        })
    }

    /// Reads rows one after the other, holding one.
    fn each<T>(
        &self,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        check: impl Fn(T) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = self.failed();
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query(()).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            check(read(row).map_err(&failed)?)?;
        }
        Ok(())
    }
}

//! Logs and their items in SQLite.

use moss_graph::checkpoint::StoreError;
use rusqlite::types::ValueRef;
use rusqlite::{Row, params};

use super::counters::Counter;
use super::{BRANCHES_OF_NAMESPACE, Known, SqliteRows, compression};
use crate::calls::LogRows;
use crate::rows::{Log, LogKey, NamespaceKey, StoredItems, StoredLog, damaged, signed, unsigned};

/// How many items a log may have: the bits of a place that are the item's.
const INDEX_BITS: u32 = 32;

/// Where an item stands: its log's items stand side by side.
fn place(log: LogKey, index: usize) -> i64 {
    // Indices beyond the bits stop at the place behind the log's last: no log comes near.
    log.0.saturating_mul(1 << INDEX_BITS).saturating_add(signed(index).min(1 << INDEX_BITS))
}

/// The first place behind those of a log.
fn behind(log: LogKey) -> i64 {
    place(LogKey(log.0.saturating_add(1)), 0)
}

impl LogRows for SqliteRows<'_> {
    async fn log(&mut self, key: LogKey) -> Result<Option<Log>, StoreError> {
        let sql = "SELECT key, parent, parent_length, sum FROM logs WHERE key = ?1";
        decode(key, self.one(sql, [key.0], read)?).map(Some)
    }

    async fn logs(&mut self, namespace: NamespaceKey) -> Result<Vec<Log>, StoreError> {
        let sql = format!(
            "WITH RECURSIVE reached (key) AS ( \
                 SELECT log FROM loose_changes WHERE log IS NOT NULL AND branch IN {BRANCHES_OF_NAMESPACE} \
                 UNION SELECT log FROM found_commits WHERE log IS NOT NULL AND namespace = ?1 \
                 UNION SELECT parent FROM logs JOIN reached USING (key) WHERE parent IS NOT NULL) \
             SELECT key, parent, parent_length, sum FROM reached LEFT JOIN logs USING (key)"
        );
        let rows = self.all(&sql, [namespace.0], |row| {
            let has_row = row.get_ref(3)? != ValueRef::Null;
            Ok((LogKey(row.get(0)?), has_row.then(|| read(row)).transpose()?))
        })?;
        rows.into_iter().map(|(key, row)| decode(key, row)).collect()
    }

    async fn insert_log(
        &mut self,
        namespace: NamespaceKey,
        parent: Option<(LogKey, usize)>,
    ) -> Result<LogKey, StoreError> {
        let key = LogKey(self.next_number(Counter::Log)?);
        if parent.is_some() {
            let log = StoredLog::encode(Log { key, parent });
            let sql = "INSERT INTO logs (key, namespace, parent, parent_length, sum) \
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![log.key, namespace.0, log.parent, log.parent_length, log.sum];
            self.execute(sql, values)?;
        }
        self.note(|known| known.add_log(key));
        Ok(key)
    }

    async fn delete_log(&mut self, log: LogKey) -> Result<(), StoreError> {
        self.note(Known::forget);
        self.delete_items(log, 0).await?;
        self.execute("DELETE FROM logs WHERE key = ?1", [log.0])
    }

    async fn items(
        &mut self,
        log: LogKey,
        from: usize,
        to: usize,
    ) -> Result<Vec<StoredItems>, StoreError> {
        let sql = "SELECT place, format, value, sum FROM items \
                   WHERE place >= ?1 AND place <= coalesce( \
                       (SELECT min(place) FROM items WHERE place >= ?2 AND place < ?3), ?2) \
                   ORDER BY place";
        let last = place(log, to.saturating_sub(1));
        self.all(sql, [place(log, from), last, behind(log)], read_items)
    }

    async fn has_items(&mut self, log: LogKey, from: usize) -> Result<bool, StoreError> {
        if let Some(end) = self.known(|known| known.end(log)) {
            return Ok(from < end);
        }
        let sql = "SELECT 1 FROM items WHERE place >= ?1 AND place < ?2";
        let found = self.one(sql, [place(log, from), behind(log)], |_| Ok(()))?;
        Ok(found.is_some())
    }

    async fn insert_items(&mut self, items: &[StoredItems]) -> Result<(), StoreError> {
        let sql = "INSERT INTO items (place, format, value, sum) VALUES (?1, ?2, ?3, ?4)";
        items.iter().try_for_each(|items| {
            if items.last >> INDEX_BITS != 0 || items.log >> (63 - INDEX_BITS) != 0 {
                return Err(damaged("there are more logs or items than can be numbered"));
            }
            let place = items.log << INDEX_BITS | items.last;
            let end = unsigned::<usize>("the index of an item", items.last)?.saturating_add(1);
            self.note(|known| known.raise_end(LogKey(items.log), end));
            let (format, value) = compression::compress(items.format, &items.value);
            self.execute(sql, params![place, format, &*value, items.sum])
        })
    }

    async fn delete_items(&mut self, log: LogKey, from: usize) -> Result<(), StoreError> {
        self.note(Known::forget);
        let sql = "DELETE FROM items WHERE place >= ?1 AND place < ?2";
        self.execute(sql, [place(log, from), behind(log)])
    }
}

/// A log, with its row if it has one: those that begin with nothing have none.
fn decode(key: LogKey, row: Option<StoredLog>) -> Result<Log, StoreError> {
    row.map_or(Ok(Log { key, parent: None }), StoredLog::decode)
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredLog> {
    Ok(StoredLog {
        key: row.get(0)?,
        parent: row.get(1)?,
        parent_length: row.get(2)?,
        sum: row.get(3)?,
    })
}

pub(super) fn read_items(row: &Row<'_>) -> rusqlite::Result<StoredItems> {
    let place: i64 = row.get(0)?;
    let (format, value) = compression::read(row, 1, 2)?;
    Ok(StoredItems {
        log: place >> INDEX_BITS,
        last: place & ((1 << INDEX_BITS) - 1),
        format,
        value,
        sum: row.get(3)?,
    })
}

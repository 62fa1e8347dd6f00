//! Pending writes in SQLite.

use moss_graph::checkpoint::{PendingWrite, StoreError};
use rusqlite::{Row, params};

use super::{SqliteRows, compression};
use crate::calls::WriteRows;
use crate::rows::{Point, StoredWrite};

impl WriteRows for SqliteRows<'_> {
    async fn writes(&mut self, point: Point) -> Result<Vec<PendingWrite>, StoreError> {
        let sql = "SELECT branch, seq, task, kind, place, format, value, sum FROM writes \
                   WHERE branch = ?1 AND seq = ?2 ORDER BY task, kind, place";
        let rows = self.all(sql, [point.branch.0, point.seq], read)?;
        rows.into_iter().map(StoredWrite::decode).collect()
    }

    async fn put_writes(
        &mut self,
        point: Point,
        writes: &[PendingWrite],
    ) -> Result<(), StoreError> {
        self.note(|known| known.add_writes(point));
        let replace = "INSERT OR REPLACE INTO writes \
                           (branch, seq, task, kind, place, format, value, sum) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let ignore = "INSERT OR IGNORE INTO writes \
                          (branch, seq, task, kind, place, format, value, sum) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        writes.iter().try_for_each(|write| {
            let sql = if write.kind.is_replaced() { replace } else { ignore };
            let row = StoredWrite::encode(point, write);
            let (format, value) = compression::compress(row.format, &row.value);
            let values = params![
                row.branch, row.seq, row.task, row.kind, row.index, format, &*value, row.sum,
            ];
            self.execute(sql, values)
        })
    }

    async fn delete_writes(&mut self, points: &[Point]) -> Result<(), StoreError> {
        let sql = "DELETE FROM writes WHERE branch = ?1 AND seq = ?2";
        points.iter().filter(|point| !self.knows(|known| known.is_quiet(**point))).try_for_each(
            |point| {
                let Point { branch, seq } = point;
                self.execute(sql, [branch.0, *seq])
            },
        )
    }
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredWrite> {
    let (format, value) = compression::read(row, 5, 6)?;
    Ok(StoredWrite {
        branch: row.get(0)?,
        seq: row.get(1)?,
        task: row.get(2)?,
        kind: row.get(3)?,
        index: row.get(4)?,
        format,
        value,
        sum: row.get(7)?,
    })
}

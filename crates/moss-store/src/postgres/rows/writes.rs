//! Pending writes in PostgreSQL.

use moss_graph::checkpoint::{PendingWrite, StoreError};
use tokio_postgres::Row;

use super::PostgresRows;
use crate::calls::WriteRows;
use crate::rows::{Point, StoredWrite};

impl WriteRows for PostgresRows<'_> {
    async fn writes(&mut self, point: Point) -> Result<Vec<PendingWrite>, StoreError> {
        let sql = "SELECT branch, seq, task, kind, place, format, value, sum FROM moss.writes \
                   WHERE branch = $1 AND seq = $2 ORDER BY task, kind, place";
        let read = |row: &Row| {
            Ok(StoredWrite {
                branch: row.try_get(0)?,
                seq: row.try_get(1)?,
                task: row.try_get(2)?,
                kind: row.try_get(3)?,
                index: row.try_get(4)?,
                format: row.try_get(5)?,
                value: row.try_get::<_, Vec<u8>>(6)?.into(),
                sum: row.try_get(7)?,
            })
        };
        let rows = self.all(sql, &[&point.branch.0, &point.seq], read).await?;
        rows.into_iter().map(StoredWrite::decode).collect()
    }

    async fn put_writes(
        &mut self,
        point: Point,
        writes: &[PendingWrite],
    ) -> Result<(), StoreError> {
        // One statement each: two of the same place in one list are two writes, one after the other.
        for write in writes {
            let sql = if write.kind.is_replaced() {
                "INSERT INTO moss.writes (branch, seq, task, kind, place, format, value, sum) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (branch, seq, task, kind, place) \
                 DO UPDATE SET format = excluded.format, value = excluded.value, sum = excluded.sum"
            } else {
                "INSERT INTO moss.writes (branch, seq, task, kind, place, format, value, sum) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"
            };
            let row = StoredWrite::encode(point, write);
            self.execute(
                sql,
                &[
                    &row.branch,
                    &row.seq,
                    &row.task,
                    &row.kind,
                    &row.index,
                    &row.format,
                    &&*row.value,
                    &row.sum,
                ],
            )
            .await?;
        }
        Ok(())
    }

    async fn delete_writes(&mut self, points: &[Point]) -> Result<(), StoreError> {
        let sql = "DELETE FROM moss.writes w \
                   USING unnest($1::bigint[], $2::bigint[]) AS gone (branch, seq) \
                   WHERE w.branch = gone.branch AND w.seq = gone.seq";
        let branches: Vec<_> = points.iter().map(|point| point.branch.0).collect();
        let places: Vec<_> = points.iter().map(|point| point.seq).collect();
        self.execute(sql, &[&branches, &places]).await
    }
}

//! What channels have become, in PostgreSQL.

use moss_graph::checkpoint::{ChannelName, StoreError};
use tokio_postgres::{Error, Row};

use super::PostgresRows;
use crate::calls::ChangeRows;
use crate::rows::{Mark, NamespaceKey, Point, StoredChange};

impl ChangeRows for PostgresRows<'_> {
    async fn newest_marks(
        &mut self,
        lineage: &[Point],
        channels: &[ChannelName],
    ) -> Result<Vec<Mark>, StoreError> {
        if channels.is_empty() {
            return Ok(Vec::new());
        }
        let sql = "SELECT newest.* FROM unnest($1::text[]) AS wanted (channel) CROSS JOIN LATERAL ( \
                       SELECT c.* FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY \
                           AS lineage (branch, upto, depth) \
                       CROSS JOIN LATERAL ( \
                           SELECT branch, channel, seq, kind, log, length, \
                               NULL::bigint AS format, NULL::bytea AS value, sum \
                           FROM moss.changes WHERE branch = lineage.branch \
                               AND channel = wanted.channel AND seq <= lineage.upto \
                           ORDER BY seq DESC LIMIT 1) c \
                       ORDER BY lineage.depth LIMIT 1) newest";
        let names: Vec<_> = channels.iter().map(ChannelName::as_str).collect();
        let branches: Vec<_> = lineage.iter().map(|point| point.branch.0).collect();
        let places: Vec<_> = lineage.iter().map(|point| point.seq).collect();
        let rows = self.all(sql, &[&names, &branches, &places], read).await?;
        rows.iter().map(StoredChange::mark).collect()
    }

    async fn newest_changes(&mut self, upto: Point) -> Result<Vec<StoredChange>, StoreError> {
        // From one channel to the next by the index, whatever the number of changes.
        let sql = "WITH RECURSIVE channels (channel) AS ( \
                       (SELECT channel FROM moss.changes WHERE branch = $1 ORDER BY channel LIMIT 1) \
                       UNION ALL \
                       SELECT (SELECT c.channel FROM moss.changes c \
                               WHERE c.branch = $1 AND c.channel > channels.channel \
                               ORDER BY c.channel LIMIT 1) \
                       FROM channels WHERE channel IS NOT NULL) \
                   SELECT c.* FROM channels CROSS JOIN LATERAL ( \
                       SELECT branch, channel, seq, kind, log, length, format, value, sum \
                       FROM moss.changes \
                       WHERE branch = $1 AND channel = channels.channel AND seq <= $2 \
                       ORDER BY seq DESC LIMIT 1) c";
        self.all(sql, &[&upto.branch.0, &upto.seq], read).await
    }

    async fn marks(&mut self, namespace: NamespaceKey) -> Result<Vec<Mark>, StoreError> {
        let sql = "SELECT branch, channel, seq, kind, log, length, NULL::bigint, NULL::bytea, sum \
                   FROM moss.changes \
                   WHERE branch IN (SELECT key FROM moss.branches WHERE namespace = $1)";
        self.all(sql, &[&namespace.0], read).await?.iter().map(StoredChange::mark).collect()
    }

    async fn change(&mut self, mark: &Mark) -> Result<Option<StoredChange>, StoreError> {
        let sql = "SELECT branch, channel, seq, kind, log, length, format, value, sum \
                   FROM moss.changes WHERE branch = $1 AND channel = $2 AND seq = $3";
        let Point { branch, seq } = mark.point;
        self.one(sql, &[&branch.0, &mark.channel.as_str(), &seq], read).await
    }

    async fn insert_changes(&mut self, rows: &[StoredChange]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO moss.changes \
                       (branch, channel, seq, kind, log, length, format, value, sum) \
                   SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], \
                       $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bigint[])";
        let branches: Vec<_> = rows.iter().map(|row| row.branch).collect();
        let channels: Vec<_> = rows.iter().map(|row| row.channel.as_str()).collect();
        let places: Vec<_> = rows.iter().map(|row| row.seq).collect();
        let kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
        let logs: Vec<_> = rows.iter().map(|row| row.log).collect();
        let lengths: Vec<_> = rows.iter().map(|row| row.length).collect();
        let formats: Vec<_> = rows.iter().map(|row| row.format).collect();
        let values: Vec<_> = rows.iter().map(|row| row.value.as_deref()).collect();
        let sums: Vec<_> = rows.iter().map(|row| row.sum).collect();
        self.execute(
            sql,
            &[&branches, &channels, &places, &kinds, &logs, &lengths, &formats, &values, &sums],
        )
        .await
    }

    async fn delete_changes(&mut self, marks: &[Mark]) -> Result<(), StoreError> {
        let sql = "DELETE FROM moss.changes c \
                   USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS gone (branch, channel, seq) \
                   WHERE c.branch = gone.branch AND c.channel = gone.channel AND c.seq = gone.seq";
        let branches: Vec<_> = marks.iter().map(|mark| mark.point.branch.0).collect();
        let channels: Vec<_> = marks.iter().map(|mark| mark.channel.as_str()).collect();
        let places: Vec<_> = marks.iter().map(|mark| mark.point.seq).collect();
        self.execute(sql, &[&branches, &channels, &places]).await
    }
}

fn read(row: &Row) -> Result<StoredChange, Error> {
    Ok(StoredChange {
        branch: row.try_get(0)?,
        channel: row.try_get::<_, &str>(1)?.into(),
        seq: row.try_get(2)?,
        kind: row.try_get(3)?,
        log: row.try_get(4)?,
        length: row.try_get(5)?,
        format: row.try_get(6)?,
        value: row.try_get::<_, Option<Vec<u8>>>(7)?.map(Into::into),
        sum: row.try_get(8)?,
    })
}

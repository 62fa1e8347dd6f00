//! Logs and their items in PostgreSQL.

use moss_graph::checkpoint::StoreError;
use tokio_postgres::{Error, Row};

use super::PostgresRows;
use crate::calls::LogRows;
use crate::rows::{Log, LogKey, NamespaceKey, StoredItems, StoredLog, signed};

impl LogRows for PostgresRows<'_> {
    async fn log(&mut self, key: LogKey) -> Result<Option<Log>, StoreError> {
        let sql = "SELECT key, parent, parent_length, sum FROM moss.logs WHERE key = $1";
        self.one(sql, &[&key.0], read).await?.map(StoredLog::decode).transpose()
    }

    async fn logs(&mut self, namespace: NamespaceKey) -> Result<Vec<Log>, StoreError> {
        let sql = "SELECT key, parent, parent_length, sum FROM moss.logs WHERE namespace = $1";
        let logs = self.all(sql, &[&namespace.0], read).await?;
        logs.into_iter().map(StoredLog::decode).collect()
    }

    async fn insert_log(
        &mut self,
        namespace: NamespaceKey,
        parent: Option<(LogKey, usize)>,
    ) -> Result<LogKey, StoreError> {
        let key = LogKey(self.value("SELECT nextval('moss.log_keys')", &[]).await?);
        let log = StoredLog::encode(Log { key, parent });
        let sql = "INSERT INTO moss.logs (key, namespace, parent, parent_length, sum) \
                   VALUES ($1, $2, $3, $4, $5)";
        self.execute(sql, &[&log.key, &namespace.0, &log.parent, &log.parent_length, &log.sum])
            .await?;
        Ok(key)
    }

    async fn delete_log(&mut self, log: LogKey) -> Result<(), StoreError> {
        self.delete_items(log, 0).await?;
        self.execute("DELETE FROM moss.logs WHERE key = $1", &[&log.0]).await
    }

    async fn items(
        &mut self,
        log: LogKey,
        from: usize,
        to: usize,
    ) -> Result<Vec<StoredItems>, StoreError> {
        let sql = "SELECT log, place, format, value, sum FROM moss.items \
                   WHERE log = $1 AND place >= $2 AND place <= coalesce( \
                       (SELECT min(place) FROM moss.items WHERE log = $1 AND place >= $3), $3) \
                   ORDER BY place";
        let (from, last): (i64, i64) = (signed(from), signed(to.saturating_sub(1)));
        let read = |row: &Row| {
            Ok(StoredItems {
                log: row.try_get(0)?,
                last: row.try_get(1)?,
                format: row.try_get(2)?,
                value: row.try_get::<_, Vec<u8>>(3)?.into(),
                sum: row.try_get(4)?,
            })
        };
        self.all(sql, &[&log.0, &from, &last], read).await
    }

    async fn has_items(&mut self, log: LogKey, from: usize) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM moss.items WHERE log = $1 AND place >= $2)";
        let from: i64 = signed(from);
        self.value(sql, &[&log.0, &from]).await
    }

    async fn insert_items(&mut self, items: &[StoredItems]) -> Result<(), StoreError> {
        if items.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO moss.items (log, place, format, value, sum) \
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], \
                       $5::bigint[])";
        let logs: Vec<_> = items.iter().map(|item| item.log).collect();
        let places: Vec<_> = items.iter().map(|item| item.last).collect();
        let formats: Vec<_> = items.iter().map(|item| item.format).collect();
        let values: Vec<_> = items.iter().map(|item| &*item.value).collect();
        let sums: Vec<_> = items.iter().map(|item| item.sum).collect();
        self.execute(sql, &[&logs, &places, &formats, &values, &sums]).await
    }

    async fn delete_items(&mut self, log: LogKey, from: usize) -> Result<(), StoreError> {
        let from: i64 = signed(from);
        self.execute("DELETE FROM moss.items WHERE log = $1 AND place >= $2", &[&log.0, &from])
            .await
    }
}

fn read(row: &Row) -> Result<StoredLog, Error> {
    Ok(StoredLog {
        key: row.try_get(0)?,
        parent: row.try_get(1)?,
        parent_length: row.try_get(2)?,
        sum: row.try_get(3)?,
    })
}

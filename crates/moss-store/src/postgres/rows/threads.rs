//! Threads, leases and namespaces in PostgreSQL.

use moss_graph::ThreadId;
use moss_graph::checkpoint::{Epoch, Namespace, StoreError, Timestamp};

use super::{PostgresRows, is_storable};
use crate::calls::{HeldLease, ThreadRow, ThreadRows};
use crate::rows::{BranchKey, NamespaceKey, ThreadKey, damaged, unsigned};

impl ThreadRows for PostgresRows<'_> {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        Ok(Timestamp::from_millis(unsigned("the time", self.value(sql, &[]).await?)?))
    }

    async fn next_epoch(&mut self) -> Result<Epoch, StoreError> {
        let epoch = self.value("SELECT nextval('moss.epochs')", &[]).await?;
        Ok(Epoch::new(unsigned("an epoch", epoch)?))
    }

    async fn thread(&mut self, id: &ThreadId) -> Result<Option<ThreadRow>, StoreError> {
        if !is_storable(id.as_str()) {
            return Ok(None);
        }
        let sql = if self.writes {
            "SELECT key, owner, epoch, expires_at FROM moss.threads WHERE id = $1 FOR UPDATE"
        } else {
            "SELECT key, owner, epoch, expires_at FROM moss.threads WHERE id = $1"
        };
        let read = |row: &tokio_postgres::Row| {
            let lease: (Option<String>, Option<i64>, Option<i64>) =
                (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            Ok((row.try_get(0)?, lease))
        };
        let Some((key, lease)) = self.one(sql, &[&id.as_str()], read).await? else {
            return Ok(None);
        };
        let lease = match lease {
            (Some(owner), Some(epoch), Some(expires_at)) => Some(HeldLease {
                owner: owner.into(),
                epoch: Epoch::new(unsigned("an epoch", epoch)?),
                expires_at: Timestamp::from_millis(unsigned("the end of a lease", expires_at)?),
            }),
            (_, _, _) => None,
        };
        Ok(Some(ThreadRow { key: ThreadKey(key), lease }))
    }

    async fn insert_thread(&mut self, id: &ThreadId) -> Result<ThreadKey, StoreError> {
        let sql = "INSERT INTO moss.threads (id) VALUES ($1) \
                   ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING key";
        self.value(sql, &[&id.as_str()]).await.map(ThreadKey)
    }

    async fn set_lease(
        &mut self,
        thread: ThreadKey,
        lease: Option<&HeldLease>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE moss.threads SET owner = $2, epoch = $3, expires_at = $4 WHERE key = $1";
        let (owner, epoch, expires_at) = HeldLease::columns(lease);
        self.execute(sql, &[&thread.0, &owner, &epoch, &expires_at]).await
    }

    async fn delete_thread(&mut self, thread: ThreadKey) -> Result<(), StoreError> {
        for (namespace, _) in self.namespaces(thread).await? {
            self.delete_namespace(namespace).await?;
        }
        self.execute("DELETE FROM moss.threads WHERE key = $1", &[&thread.0]).await
    }

    async fn namespace(
        &mut self,
        thread: ThreadKey,
        name: &Namespace,
    ) -> Result<Option<NamespaceKey>, StoreError> {
        if !is_storable(name.as_str()) {
            return Ok(None);
        }
        let sql = "SELECT key FROM moss.namespaces WHERE thread = $1 AND name = $2";
        let key = self.one(sql, &[&thread.0, &name.as_str()], |row| row.try_get(0)).await?;
        Ok(key.map(NamespaceKey))
    }

    async fn namespaces(
        &mut self,
        thread: ThreadKey,
    ) -> Result<Vec<(NamespaceKey, Namespace)>, StoreError> {
        let sql = "SELECT key, name FROM moss.namespaces WHERE thread = $1 ORDER BY name";
        let read = |row: &tokio_postgres::Row| {
            Ok((NamespaceKey(row.try_get(0)?), Namespace::from(row.try_get::<_, &str>(1)?)))
        };
        self.all(sql, &[&thread.0], read).await
    }

    async fn insert_namespace(
        &mut self,
        thread: ThreadKey,
        name: &Namespace,
    ) -> Result<(NamespaceKey, BranchKey), StoreError> {
        let sql = "WITH namespace AS ( \
                       INSERT INTO moss.namespaces (thread, name) VALUES ($1, $2) RETURNING key) \
                   INSERT INTO moss.branches (namespace) SELECT key FROM namespace \
                   RETURNING namespace, key";
        let read = |row: &tokio_postgres::Row| {
            Ok((NamespaceKey(row.try_get(0)?), BranchKey(row.try_get(1)?)))
        };
        let keys = self.one(sql, &[&thread.0, &name.as_str()], read).await?;
        keys.ok_or_else(|| damaged("a namespace was not inserted"))
    }

    async fn delete_namespace(&mut self, namespace: NamespaceKey) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM moss.items WHERE log IN (SELECT key FROM moss.logs WHERE namespace = $1)",
            "DELETE FROM moss.logs WHERE namespace = $1",
            "DELETE FROM moss.changes \
             WHERE branch IN (SELECT key FROM moss.branches WHERE namespace = $1)",
            "DELETE FROM moss.writes \
             WHERE branch IN (SELECT key FROM moss.branches WHERE namespace = $1)",
            "DELETE FROM moss.checkpoints WHERE namespace = $1",
            "DELETE FROM moss.branches WHERE namespace = $1",
            "DELETE FROM moss.namespaces WHERE key = $1",
        ] {
            self.execute(sql, &[&namespace.0]).await?;
        }
        Ok(())
    }
}

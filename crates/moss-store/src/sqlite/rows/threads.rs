//! Threads, leases and namespaces in SQLite.

use std::sync::Arc;

use moss_graph::ThreadId;
use moss_graph::checkpoint::{Epoch, Namespace, StoreError, Timestamp};
use rusqlite::params;

use super::counters::Counter;
use super::{BRANCHES_OF_NAMESPACE, Known, SqliteRows};
use crate::calls::{CheckpointRows, HeldLease, LogRows, ThreadRow, ThreadRows};
use crate::rows::{BranchKey, NamespaceKey, ThreadKey, sum_of_name, unsigned};

/// The key of the first thread that a file of version 4 or later has got.
const FIRST_KEY: i64 = 1 << 46;

/// A thread's root namespace, which has no row; nor has its first branch, which has the same key. Later threads have greater ones,
/// all below 0: a tree grows at its end without moving what is in it. In older files they were given downwards.
const fn root_of(thread: ThreadKey) -> NamespaceKey {
    NamespaceKey(if thread.0 < FIRST_KEY { -thread.0 } else { thread.0 - 2 * FIRST_KEY })
}

impl ThreadRows for SqliteRows<'_> {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::now())
    }

    async fn next_epoch(&mut self) -> Result<Epoch, StoreError> {
        Ok(Epoch::new(unsigned("an epoch", self.next_number(Counter::Epoch)?)?))
    }

    async fn thread(&mut self, id: &ThreadId) -> Result<Option<ThreadRow>, StoreError> {
        if let Some(row) = self.known(|known| known.thread(id)) {
            return Ok(Some(row));
        }
        let sql = "SELECT key, owner, epoch, expires_at FROM threads WHERE id = ?1";
        let row = self.one(sql, [id.as_str()], |row| {
            Ok((
                row.get(0)?,
                row.get::<_, Option<Arc<str>>>(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get::<_, Option<i64>>(3)?,
            ))
        })?;
        let Some((key, owner, epoch, expires_at)) = row else { return Ok(None) };
        let lease = match (owner, epoch, expires_at) {
            (Some(owner), Some(epoch), Some(expires_at)) => Some(HeldLease {
                owner,
                epoch: Epoch::new(unsigned("an epoch", epoch)?),
                expires_at: Timestamp::from_millis(unsigned("the end of a lease", expires_at)?),
            }),
            (_, _, _) => None,
        };
        let row = ThreadRow { key: ThreadKey(key), lease };
        self.note(|known| known.set_thread(id, &row));
        Ok(Some(row))
    }

    async fn insert_thread(&mut self, id: &ThreadId) -> Result<ThreadKey, StoreError> {
        self.add_thread(id, None)
    }

    async fn insert_held_thread(
        &mut self,
        id: &ThreadId,
        held_by: &(dyn Fn(Epoch) -> HeldLease + Sync),
    ) -> Result<Option<HeldLease>, StoreError> {
        let held = held_by(self.next_epoch().await?);
        self.add_thread(id, Some(&held))?;
        Ok(Some(held))
    }

    async fn set_lease(
        &mut self,
        thread: ThreadKey,
        lease: Option<&HeldLease>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE threads SET owner = ?2, epoch = ?3, expires_at = ?4 WHERE key = ?1";
        let (owner, epoch, expires_at) = HeldLease::columns(lease);
        self.execute(sql, params![thread.0, owner, epoch, expires_at])?;
        self.note(|known| known.set_lease(thread, lease));
        Ok(())
    }

    async fn delete_thread(&mut self, thread: ThreadKey) -> Result<(), StoreError> {
        self.note(Known::forget);
        for (namespace, _) in self.namespaces(thread).await? {
            self.delete_namespace(namespace).await?;
        }
        self.execute("DELETE FROM threads WHERE key = ?1", [thread.0])
    }

    async fn namespace(
        &mut self,
        thread: ThreadKey,
        name: &Namespace,
    ) -> Result<Option<NamespaceKey>, StoreError> {
        if let Some(key) = self.known(|known| known.namespace(thread, name)) {
            return Ok(Some(key));
        }
        let sql = "SELECT key FROM namespaces WHERE thread = ?1 AND name = ?2";
        let found = self.one(sql, params![thread.0, name.as_str()], |row| row.get(0))?;
        // Files of version 1 have a row for it.
        let key = found.map(NamespaceKey).or_else(|| name.is_root().then(|| root_of(thread)));
        if let Some(key) = key {
            self.note(|known| known.set_namespace(thread, name, key));
        }
        Ok(key)
    }

    async fn namespaces(
        &mut self,
        thread: ThreadKey,
    ) -> Result<Vec<(NamespaceKey, Namespace)>, StoreError> {
        let sql = "SELECT ?2, '' WHERE EXISTS (SELECT 1 FROM found_commits WHERE namespace = ?2) \
                   UNION ALL SELECT key, name FROM namespaces WHERE thread = ?1 ORDER BY 2";
        self.all(sql, [thread.0, root_of(thread).0], |row| {
            Ok((NamespaceKey(row.get(0)?), Namespace::from(row.get::<_, String>(1)?)))
        })
    }

    async fn insert_namespace(
        &mut self,
        thread: ThreadKey,
        name: &Namespace,
    ) -> Result<(NamespaceKey, BranchKey), StoreError> {
        if name.is_root() {
            let root = root_of(thread);
            return Ok((root, BranchKey(root.0)));
        }
        let sql = "INSERT INTO namespaces (thread, name, sum) VALUES (?1, ?2, ?3)";
        let sum = sum_of_name(thread.0, name.as_str());
        let key = self.insert(sql, params![thread.0, name.as_str(), sum]).map(NamespaceKey)?;
        self.note(|known| {
            known.set_namespace(thread, name, key);
            known.set_head(key, None);
        });
        Ok((key, self.insert_branch(key, None).await?))
    }

    async fn delete_namespace(&mut self, namespace: NamespaceKey) -> Result<(), StoreError> {
        self.place_all()?;
        for log in self.logs(namespace).await? {
            self.delete_log(log.key).await?;
        }
        let large = format!(
            "DELETE FROM large_values WHERE key IN \
                 (SELECT large FROM loose_changes WHERE branch IN {BRANCHES_OF_NAMESPACE})"
        );
        self.execute(&large, [namespace.0])?;
        for table in ["loose_changes", "writes"] {
            let of_branches =
                format!("DELETE FROM {table} WHERE branch IN {BRANCHES_OF_NAMESPACE}");
            self.execute(&of_branches, [namespace.0])?;
        }
        self.delete_all_commits(namespace)?;
        self.execute("DELETE FROM branches WHERE namespace = ?1", [namespace.0])?;
        self.execute("DELETE FROM namespaces WHERE key = ?1", [namespace.0])
    }
}

impl SqliteRows<'_> {
    fn add_thread(
        &mut self,
        id: &ThreadId,
        lease: Option<&HeldLease>,
    ) -> Result<ThreadKey, StoreError> {
        let sql = "INSERT INTO threads (key, id, sum, owner, epoch, expires_at) VALUES \
                       (max(?3, (SELECT coalesce(max(key), 0) + 1 FROM threads)), ?1, ?2, ?4, ?5, ?6)";
        let sum = sum_of_name(0, id.as_str());
        let (owner, epoch, expires_at) = HeldLease::columns(lease);
        let values = params![id.as_str(), sum, FIRST_KEY, owner, epoch, expires_at];
        let key = self.insert(sql, values).map(ThreadKey)?;
        self.note(|known| {
            known.set_thread(id, &ThreadRow { key, lease: lease.cloned() });
            known.set_head(root_of(key), None);
            known.add_first(BranchKey(root_of(key).0));
        });
        Ok(key)
    }
}

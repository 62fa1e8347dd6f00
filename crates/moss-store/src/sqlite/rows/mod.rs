//! Rows in SQLite.

mod changes;
mod check;
mod checkpoints;
mod compression;
mod counters;
mod known;
mod logs;
mod stretches;
mod threads;
mod writes;

use moss_graph::ThreadId;
use moss_graph::checkpoint::StoreError;
use rusqlite::{Connection, Params, Row};

use super::error::failed;
pub(super) use known::Known;

/// The branches of a namespace, which is the first parameter. That of a thread itself has the key of its first branch, and
/// no other has a key below 0.
const BRANCHES_OF_NAMESPACE: &str =
    "(SELECT key FROM branches WHERE namespace = ?1 UNION ALL SELECT min(?1, 0))";

/// Reads and writes rows within the transaction that is open on a connection.
pub(super) struct SqliteRows<'a> {
    connection: &'a Connection,
    /// What need not be looked for, where it is the connection that writes.
    known: Option<&'a mut Known>,
    /// What the call does, for errors.
    doing: &'static str,
}

impl<'a> SqliteRows<'a> {
    /// Rows as a connection reads them.
    pub(super) const fn to_read(connection: &'a Connection, doing: &'static str) -> Self {
        Self { connection, known: None, doing }
    }

    /// Rows as the connection reads and writes them that alone writes.
    pub(super) const fn to_write(
        connection: &'a Connection,
        known: &'a mut Known,
        doing: &'static str,
    ) -> Self {
        Self { connection, known: Some(known), doing }
    }

    /// The ids of all threads.
    pub(super) fn thread_ids(&self) -> Result<Vec<ThreadId>, StoreError> {
        self.all("SELECT id FROM threads", (), |row| row.get::<_, String>(0).map(ThreadId::from))
    }

    /// What is known, if anything may be.
    fn known<T>(&self, of: impl FnOnce(&Known) -> Option<T>) -> Option<T> {
        self.known.as_deref().and_then(of)
    }

    /// Whether it is known. False where nothing is.
    fn knows(&self, that: impl FnOnce(&Known) -> bool) -> bool {
        self.known.as_deref().is_some_and(that)
    }

    /// Notes what was read or written.
    fn note(&mut self, what: impl FnOnce(&mut Known)) {
        if let Some(known) = self.known.as_deref_mut() {
            what(known);
        }
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> StoreError + use<> {
        let doing = self.doing;
        move |error| failed(doing, error)
    }

    fn execute(&self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut sql| sql.execute(params));
        done.map(|_| ()).map_err(self.failed())
    }

    /// Inserts a row and gives its key.
    fn insert(&self, sql: &str, params: impl Params) -> Result<i64, StoreError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut sql| sql.insert(params));
        done.map_err(self.failed())
    }

    /// The only row, or the first.
    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut sql| {
            let mut rows = sql.query(params)?;
            rows.next()?.map(read).transpose()
        });
        done.map_err(self.failed())
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let done = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut sql| sql.query_map(params, read)?.collect::<rusqlite::Result<Vec<_>>>());
        done.map_err(self.failed())
    }
}

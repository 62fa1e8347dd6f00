//! Rows in PostgreSQL.

mod changes;
mod checkpoints;
mod logs;
mod threads;
mod writes;

use deadpool_postgres::Transaction;
use moss_graph::checkpoint::StoreError;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Error, Row};

use super::error::failed;

type Params<'p> = &'p [&'p (dyn ToSql + Sync)];

/// Reads and writes rows within a transaction.
pub(super) struct PostgresRows<'a> {
    transaction: &'a Transaction<'a>,
    /// What the call does, for errors.
    doing: &'static str,
    /// Whether the call writes.
    writes: bool,
}

impl<'a> PostgresRows<'a> {
    pub(super) const fn new(
        transaction: &'a Transaction<'a>,
        doing: &'static str,
        writes: bool,
    ) -> Self {
        Self { transaction, doing, writes }
    }

    fn failed(&self) -> impl Fn(Error) -> StoreError + use<> {
        let doing = self.doing;
        move |error| failed(doing, error)
    }

    async fn execute(&self, sql: &str, params: Params<'_>) -> Result<(), StoreError> {
        let statement = self.transaction.prepare_cached(sql).await.map_err(self.failed())?;
        let done = self.transaction.execute(&statement, params).await;
        done.map(|_| ()).map_err(self.failed())
    }

    async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, StoreError> {
        let statement = self.transaction.prepare_cached(sql).await.map_err(self.failed())?;
        self.transaction.query(&statement, params).await.map_err(self.failed())
    }

    /// All rows, as `read` reads them.
    async fn all<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(sql, params).await?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(self.failed())
    }

    /// The only row, or the first.
    async fn one<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, params, read).await?.into_iter().next())
    }

    /// The first column of the only row of a statement that always gives one.
    async fn value<T: for<'r> FromSql<'r>>(
        &self,
        sql: &str,
        params: Params<'_>,
    ) -> Result<T, StoreError> {
        let value = self.one(sql, params, |row| row.try_get(0)).await?;
        value.ok_or_else(|| crate::rows::damaged("a statement gave no row"))
    }

    /// The ids of all threads.
    pub(super) async fn thread_ids(&self) -> Result<Vec<String>, StoreError> {
        self.all("SELECT id FROM moss.threads", &[], |row| row.try_get(0)).await
    }
}

/// Whether a text can be in the database at all: PostgreSQL refuses even to look for one with this character.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

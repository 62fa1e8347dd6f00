//! Making the tables, and bringing them to this version.

use deadpool_postgres::Client;
use moss_graph::checkpoint::StoreError;

use super::error::failed;

/// What makes each version of the tables out of the one before; the first out of nothing.
const MIGRATIONS: [&str; 2] = [include_str!("schema/v1.sql"), include_str!("schema/v2.sql")];

/// "MOSS": what two programs that migrate at once wait for.
const LOCK: i64 = 0x4d4f_5353;

/// The schema's comment, by which it is known as ours.
const MARK: &str = "MOSS checkpoints";

pub(super) async fn prepare(client: &mut Client) -> Result<(), StoreError> {
    let failed = |error| failed("preparing the database", error);
    let transaction = client.transaction().await.map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let sql =
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'moss'";
    let version = match transaction.query_opt(sql, &[]).await.map_err(failed)? {
        None => {
            let sql = format!(
                "CREATE SCHEMA moss; COMMENT ON SCHEMA moss IS '{MARK}'; \
                 CREATE TABLE moss.version (version BIGINT NOT NULL); \
                 INSERT INTO moss.version VALUES (0)"
            );
            transaction.batch_execute(&sql).await.map_err(failed)?;
            0
        }
        Some(row) if row.try_get::<_, Option<&str>>(0).map_err(failed)? == Some(MARK) => {
            let sql = "SELECT version FROM moss.version";
            let row = transaction.query_one(sql, &[]).await.map_err(failed)?;
            let version: i64 = row.try_get(0).map_err(failed)?;
            crate::rows::unsigned("the version of the tables", version)?
        }
        Some(_) => return Err(StoreError::Foreign { place: "the schema moss".to_owned() }),
    };
    if version > MIGRATIONS.len() {
        return Err(StoreError::TooNew {
            what: "the schema moss".to_owned(),
            found: version as u64,
            supported: MIGRATIONS.len() as u64,
        });
    }
    if version < MIGRATIONS.len() {
        for migration in &MIGRATIONS[version..] {
            transaction.batch_execute(migration).await.map_err(failed)?;
        }
        let newest = crate::rows::signed(MIGRATIONS.len());
        let sql = "UPDATE moss.version SET version = $1";
        transaction.execute(sql, &[&newest]).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

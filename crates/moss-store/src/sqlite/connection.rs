//! Opening the file, and making sure that it is one of ours.

use std::path::Path;

use moss_graph::checkpoint::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, OpenFlags, TransactionBehavior};

use super::error::not_opened;
use super::pen::{LOG_BYTES, Pen};
use super::{SqliteDurability, SqliteOptions};

/// "MOSS", which SQLite keeps in the head of the file.
const APPLICATION_ID: i64 = 0x4d4f_5353;

/// What makes each version of the tables out of the one before; the first out of an empty file.
const MIGRATIONS: [&str; 6] = [
    include_str!("schema/v1.sql"),
    include_str!("schema/v2.sql"),
    include_str!("schema/v3.sql"),
    include_str!("schema/v4.sql"),
    include_str!("schema/v5.sql"),
    include_str!("schema/v6.sql"),
];

/// Of a new file; one that is there keeps its own. A commit touches one to three pages, most of them for a few hundred bytes:
/// in pages twice as large it costs a tenth more, unless a hundred share a transaction.
const PAGE_BYTES: u32 = 2048;

/// How much of the file is kept in memory by the writer, in KiB. SQLite goes through all of it at the end of a transaction that has
/// split pages.
const CACHE_KIB: i32 = 4_096;

/// Opens the file to write, and makes it if it is not there.
pub(super) fn to_write(path: &Path, options: &SqliteOptions) -> Result<Pen, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error| not_opened(path, error);
    let mut connection = open(path, flags, options).map_err(failed)?;
    prepare(path, &mut connection)?;
    let synchronous = match options.durability {
        SqliteDurability::PowerLoss => "FULL",
        SqliteDurability::ProcessCrash => "NORMAL",
    };
    let pragmas = || {
        connection.pragma_update(None, "synchronous", synchronous)?;
        // A negative number is one of KiB, not of pages.
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)
    };
    pragmas().map_err(failed)?;
    Pen::new(connection, options.busy_timeout).map_err(failed)
}

/// Opens the file to read, once a writer has opened it.
pub(super) fn to_read(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = open(path, flags, options).and_then(|connection| {
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    });
    opened.map_err(|error| not_opened(path, error))
}

fn open(path: &Path, flags: OpenFlags, options: &SqliteOptions) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(64);
    // The file may come from anywhere: what is in it must not make SQLite do anything but read it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Without it SQLite prepares some statements anew whenever a parameter is bound, to look for a better plan. All of ours
    // have one plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Fails where a file that was of this version is of another one by now: a newer version of MOSS has opened it, and what is in it may
/// not be what it was.
pub(super) fn expect_version(found: i64) -> Result<(), StoreError> {
    let (found, supported) = (found.unsigned_abs(), MIGRATIONS.len() as u64);
    if found == supported {
        return Ok(());
    }
    Err(StoreError::TooNew { what: "the checkpoint database".to_owned(), found, supported })
}

enum Found {
    Nothing,
    Version(usize),
}

/// Makes the tables, or brings them to this version.
fn prepare(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let failed = |error| not_opened(path, error);
    match identify(path, connection)? {
        Found::Version(version) if version == MIGRATIONS.len() => return Ok(()),
        Found::Version(_) => {}
        Found::Nothing => {
            // These only take effect as long as there is no page.
            let pragmas = || {
                connection.pragma_update(None, "page_size", PAGE_BYTES)?;
                connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
                connection.pragma_update(None, "journal_mode", "WAL")
            };
            pragmas().map_err(failed)?;
        }
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have been here first.
    let from = match identify(path, &transaction)? {
        Found::Nothing => 0,
        Found::Version(version) => version,
    };
    let migrate = || {
        for migration in MIGRATIONS.iter().skip(from) {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", crate::rows::signed(MIGRATIONS.len()))
    };
    migrate().map_err(failed)?;
    transaction.commit().map_err(failed)
}

fn identify(path: &Path, connection: &Connection) -> Result<Found, StoreError> {
    let number = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0));
    let read = || {
        Ok((
            number("PRAGMA application_id")?,
            number("PRAGMA user_version")?,
            number("SELECT count(*) FROM sqlite_schema")?,
        ))
    };
    let supported = MIGRATIONS.len();
    match read().map_err(|error| not_opened(path, error))? {
        (0, 0, 0) => Ok(Found::Nothing),
        (APPLICATION_ID, version, _) => match usize::try_from(version) {
            Ok(version) if (1..=supported).contains(&version) => Ok(Found::Version(version)),
            Ok(version) if version > supported => Err(StoreError::TooNew {
                what: format!("`{}`", path.display()),
                found: version as u64,
                supported: supported as u64,
            }),
            Ok(_) | Err(_) => {
                Err(crate::rows::damaged(format!("`{}` has no version", path.display())))
            }
        },
        (_, _, _) => Err(StoreError::Foreign { place: path.display().to_string() }),
    }
}

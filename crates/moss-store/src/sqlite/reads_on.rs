//! Reading on between transactions.
//!
//! Each transaction locks a place among the file's readers, and that at the file's newest state is rarely there for one who
//! writes: it takes four calls of the operating system to get it and to give it back, out of six. A statement that is not through
//! keeps the place. As long as it does, SQLite lets nobody begin to write who would not see what others have written since. But
//! what is in the log behind that place cannot be moved to the file: whoever reads on must stop now and then.

use std::mem;

use rusqlite::{Connection, Error, TransactionState};

/// The number by which SQLite tells whether other connections have changed the file.
const VERSION: &str = "PRAGMA data_version";

/// Whether a connection reads on behind its transactions. SQLite is asked: the statement may have been taken out of the
/// connection's cache, which resets it.
pub(super) fn reads_on(connection: &Connection) -> bool {
    matches!(connection.transaction_state(Some("main")), Ok(TransactionState::Read))
}

/// Gives the number by which SQLite tells whether other connections have changed the file, and reads on.
pub(super) fn read_on(connection: &Connection) -> Result<i64, Error> {
    let mut statement = connection.prepare_cached(VERSION)?;
    let mut rows = statement.query(())?;
    let version = rows.next()?.ok_or(Error::QueryReturnedNoRows)?.get(0)?;
    // To drop it would reset the statement, which goes back to the connection as it is.
    mem::forget(rows);
    Ok(version)
}

/// Stops, if the connection reads on.
pub(super) fn stop_reading(connection: &Connection) -> Result<(), Error> {
    // What it would give is dropped, which resets it.
    drop(connection.prepare_cached(VERSION)?.query(())?);
    Ok(())
}

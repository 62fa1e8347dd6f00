//! Reading on between transactions.

use std::mem;

use rusqlite::{Connection, Error};

/// The number by which SQLite tells whether other connections have changed the file.
const VERSION: &str = "PRAGMA data_version";

/// Whether a connection reads on behind its transactions.
///
/// Each transaction locks a place among the file's readers, and that at the file's newest state is rarely there for one who
/// writes: it takes four calls of the operating system to get it and to give it back, out of six. A statement that is not through keeps the
/// place. As long as it does, SQLite lets nobody begin to write who would not see what others have written since. But
/// what is in the log behind that place cannot be moved to the file: whoever reads on must stop now and then.
#[derive(Default)]
pub(super) struct ReadsOn(bool);

impl ReadsOn {
    /// Whether it does.
    pub(super) const fn is_on(&self) -> bool {
        self.0
    }

    /// Gives the number by which SQLite tells whether other connections have changed the file, and reads on.
    pub(super) fn begin(&mut self, connection: &Connection) -> Result<i64, Error> {
        let mut statement = connection.prepare_cached(VERSION)?;
        let mut rows = statement.query(())?;
        let version = rows.next()?.ok_or(Error::QueryReturnedNoRows)?.get(0)?;
        // To drop it would reset the statement, which goes back to the connection as it is.
        mem::forget(rows);
        self.0 = true;
        Ok(version)
    }

    /// Stops, if it does.
    pub(super) fn stop(&mut self, connection: &Connection) -> Result<(), Error> {
        if mem::take(&mut self.0) {
            drop(connection.prepare_cached(VERSION)?.query(())?);
        }
        Ok(())
    }
}

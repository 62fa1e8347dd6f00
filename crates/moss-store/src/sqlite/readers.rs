//! The threads that read.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::SqliteOptions;
use super::connection::to_read;
use super::error::failed;
use super::job::Job;

/// Does jobs until the queue, which the readers share, is closed.
pub(super) fn run(path: &Path, options: &SqliteOptions, jobs: &Mutex<Receiver<Box<dyn Job>>>) {
    let mut connection = None;
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = job else { return };
        let opened = match connection.take() {
            Some(connection) => Ok(connection),
            None => to_read(path, options),
        };
        match opened {
            Ok(opened) => {
                let failure = read(&opened, &mut *job).err();
                job.answer(failure.map(|error| failed("reading", error)));
                connection = Some(opened);
            }
            Err(failure) => job.answer(Some(failure)),
        }
    }
}

/// Does a job in one transaction, so that it sees one state of the file.
fn read(connection: &Connection, job: &mut dyn Job) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("BEGIN")?.execute(())?;
    job.run(connection, None);
    if connection.is_autocommit() {
        return Ok(());
    }
    connection.prepare_cached("ROLLBACK")?.execute(()).map(|_| ())
}

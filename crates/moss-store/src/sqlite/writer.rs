//! The thread that writes.
//!
//! While one transaction runs, and above all while the disk makes sure of it, the calls that come in queue up. They
//! share the next transaction, so that many writers wait for the disk together. Each is answered when the disk
//! has what it wrote.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use moss_graph::checkpoint::StoreError;
use rusqlite::{Connection, Error};

use super::error::failed;
use super::job::Job;

/// How many calls share a transaction at most.
const BATCH: usize = 256;

/// After how much idle time the write-ahead log is moved to the file.
const IDLE: Duration = Duration::from_secs(1);

/// How many free pages are given back to the disk at once: those of 16 MiB.
const FREED_PAGES: u32 = 2048;

/// Does jobs until the queue is closed.
pub(super) fn run(connection: Connection, jobs: &Receiver<Box<dyn Job>>) {
    let mut is_tidy = true;
    loop {
        let job = if is_tidy {
            jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            jobs.recv_timeout(IDLE)
        };
        match job {
            Ok(job) => {
                transact(&connection, job, jobs);
                is_tidy = false;
            }
            Err(RecvTimeoutError::Timeout) => {
                tidy(&connection);
                is_tidy = true;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    tidy(&connection);
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the checkpoint database was not closed cleanly");
    }
}

/// Does a job, and those that have queued up, in one transaction.
fn transact(connection: &Connection, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
    let mut done = Vec::new();
    match gather(connection, first, jobs, &mut done) {
        Gathered::Whole => return finish(connection, done),
        Gathered::Undone(culprit, failure) => culprit.answer(failure),
    }
    // The others did nothing wrong: each gets a transaction of its own.
    for job in done {
        let mut alone = Vec::new();
        match gather_one(connection, job, &mut alone) {
            Gathered::Whole => finish(connection, alone),
            Gathered::Undone(job, failure) => job.answer(failure),
        }
    }
}

enum Gathered {
    /// All jobs are done, in a transaction that goes on.
    Whole,
    /// This job failed as the first, or made SQLite undo the transaction. With a failure, it is not the job's own.
    Undone(Box<dyn Job>, Option<StoreError>),
}

fn gather(
    connection: &Connection,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    done: &mut Vec<Box<dyn Job>>,
) -> Gathered {
    let mut gathered = gather_one(connection, first, done);
    while let Gathered::Whole = gathered
        && done.len() < BATCH
        && let Ok(job) = jobs.try_recv()
    {
        gathered = within(connection, job, done);
    }
    gathered
}

fn gather_one(
    connection: &Connection,
    mut job: Box<dyn Job>,
    done: &mut Vec<Box<dyn Job>>,
) -> Gathered {
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        let failure = failed(job.doing(), error);
        return Gathered::Undone(job, Some(failure));
    }
    // Without a savepoint, which would copy each page that is written: nothing else is in the transaction yet, and it is
    // undone with what the job wrote.
    let went_well = job.run(connection);
    if went_well && !connection.is_autocommit() {
        done.push(job);
        return Gathered::Whole;
    }
    roll_back(connection);
    let lost = || rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
    let failure = went_well.then(|| failed(job.doing(), Error::SqliteFailure(lost(), None)));
    Gathered::Undone(job, failure)
}

/// Does one more job within the transaction. What it wrote is undone when it fails; the others are not touched.
fn within(
    connection: &Connection,
    mut job: Box<dyn Job>,
    done: &mut Vec<Box<dyn Job>>,
) -> Gathered {
    let begun = execute(connection, "SAVEPOINT job");
    let ended = begun.and_then(|()| {
        if job.run(connection) {
            execute(connection, "RELEASE job")
        } else if connection.is_autocommit() {
            Ok(())
        } else {
            execute(connection, "ROLLBACK TO job").and_then(|()| execute(connection, "RELEASE job"))
        }
    });
    if let Err(error) = ended {
        let failure = failed(job.doing(), error);
        roll_back(connection);
        return Gathered::Undone(job, Some(failure));
    }
    // Where the disk fails or is full, SQLite may have rolled back all there was.
    if connection.is_autocommit() {
        return Gathered::Undone(job, None);
    }
    done.push(job);
    Gathered::Whole
}

/// Commits, and answers.
fn finish(connection: &Connection, jobs: Vec<Box<dyn Job>>) {
    match execute(connection, "COMMIT") {
        Ok(()) => jobs.into_iter().for_each(|job| job.answer(None)),
        Err(error) => {
            roll_back(connection);
            for job in jobs {
                let failure = failed(job.doing(), again(&error));
                job.answer(Some(failure));
            }
        }
    }
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = execute(connection, "ROLLBACK")
    {
        tracing::error!(%error, "a transaction of the checkpoint database could not be rolled back");
    }
}

/// The same error for one more job.
fn again(error: &Error) -> Error {
    match error {
        Error::SqliteFailure(failure, text) => Error::SqliteFailure(*failure, text.clone()),
        other => Error::SqliteFailure(rusqlite::ffi::Error::new(1), Some(other.to_string())),
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute(()).map(|_| ())
}

/// Gives free pages back, and moves what is in the write-ahead log to the file, as far as readers allow. Nothing
/// depends on it: it is done again the next time.
fn tidy(connection: &Connection) {
    let pragmas = [
        format!("PRAGMA incremental_vacuum({FREED_PAGES})"),
        "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
    ];
    for pragma in pragmas {
        let done = connection.prepare_cached(&pragma).and_then(|mut statement| {
            let mut rows = statement.query(())?;
            while rows.next()?.is_some() {}
            Ok(())
        });
        if let Err(error) = done {
            tracing::debug!(%error, pragma, "the checkpoint database was not tidied");
        }
    }
}

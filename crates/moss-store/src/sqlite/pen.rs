//! The connection that writes, and its transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moss_graph::checkpoint::StoreError;
use rusqlite::{Connection, Error};

use super::error::failed;
use super::job::Job;
use super::rows::Known;

/// How many calls share a transaction at most.
const BATCH: usize = 256;

/// How many pages of the write-ahead log gather before they are moved to the file: 4 MiB.
pub(super) const LOG_PAGES: u32 = 1000;

/// How many free pages are given back to the disk at once: those of 16 MiB.
const FREED_PAGES: u32 = 2048;

/// The connection that writes. Who holds it does what there is to do on the thread it is on.
pub(super) struct Pen {
    connection: Connection,
    known: Known,
    busy_timeout: Duration,
    /// The pages in the write-ahead log, as the last commit left it.
    log_pages: Arc<AtomicU32>,
    /// What was written since somebody looked.
    wrote: bool,
}

enum Gathered {
    /// All jobs are done, in a transaction that goes on.
    Whole,
    /// This job failed as the first, or made SQLite undo the transaction. With a failure, it is not the job's own.
    Undone(Box<dyn Job>, Option<StoreError>),
}

impl Pen {
    pub(super) fn new(mut connection: Connection, busy_timeout: Duration) -> Result<Self, Error> {
        let log_pages = Arc::new(AtomicU32::new(0));
        let noted = Arc::clone(&log_pages);
        // In place of SQLite's own, which would move the log to the file within a commit.
        connection.wal_hook(Some(move |_: &mut _, pages| {
            noted.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { connection, known: Known::default(), busy_timeout, log_pages, wrote: false })
    }

    /// Does a job in a transaction of its own, unless another process is writing: then it is given back.
    pub(super) fn alone(&mut self, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        let begun = self.connection.busy_timeout(Duration::ZERO).and_then(|()| self.begin());
        let restored = self.connection.busy_timeout(self.busy_timeout);
        if begun.and(restored).is_err() {
            self.roll_back();
            return Err(job);
        }
        let mut done = Vec::with_capacity(1);
        let gathered = self.first(job, &mut done);
        self.end(gathered, done);
        Ok(())
    }

    /// Does a job, and those that have queued up, in one transaction.
    pub(super) fn together(
        &mut self,
        first: Box<dyn Job>,
        mut next: impl FnMut() -> Option<Box<dyn Job>>,
    ) {
        let mut done = Vec::new();
        match self.gather(first, &mut next, &mut done) {
            Gathered::Whole => return self.finish(done),
            Gathered::Undone(culprit, failure) => culprit.answer(failure),
        }
        // The others did nothing wrong: each gets a transaction of its own.
        for job in done {
            let mut alone = Vec::new();
            let gathered = self.gather(job, || None, &mut alone);
            self.end(gathered, alone);
        }
    }

    fn gather(
        &mut self,
        first: Box<dyn Job>,
        mut next: impl FnMut() -> Option<Box<dyn Job>>,
        done: &mut Vec<Box<dyn Job>>,
    ) -> Gathered {
        if let Err(error) = self.begin() {
            let failure = failed(first.doing(), error);
            self.roll_back();
            return Gathered::Undone(first, Some(failure));
        }
        let mut gathered = self.first(first, done);
        while let Gathered::Whole = gathered
            && done.len() < BATCH
            && let Some(job) = next()
        {
            gathered = self.within(job, done);
        }
        gathered
    }

    /// Begins a transaction in which nobody else writes, and forgets what others have changed.
    fn begin(&mut self) -> Result<(), Error> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut version = self.connection.prepare_cached("PRAGMA data_version")?;
        self.known.see_version(version.query_row((), |row| row.get(0))?);
        Ok(())
    }

    /// Does the first job of a transaction.
    fn first(&mut self, mut job: Box<dyn Job>, done: &mut Vec<Box<dyn Job>>) -> Gathered {
        // Without a savepoint, which would copy each page that is written: nothing else is in the transaction yet, and it is
        // undone with what the job wrote.
        let went_well = job.run(&self.connection, Some(&mut self.known));
        if went_well && !self.connection.is_autocommit() {
            done.push(job);
            return Gathered::Whole;
        }
        self.roll_back();
        let lost = || rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
        let failure = went_well.then(|| failed(job.doing(), Error::SqliteFailure(lost(), None)));
        Gathered::Undone(job, failure)
    }

    /// Does one more job within the transaction. What it wrote is undone when it fails; the others are not touched.
    fn within(&mut self, mut job: Box<dyn Job>, done: &mut Vec<Box<dyn Job>>) -> Gathered {
        let begun = self.execute("SAVEPOINT job");
        let ended = begun.and_then(|()| {
            if job.run(&self.connection, Some(&mut self.known)) {
                return self.execute("RELEASE job");
            }
            self.known.forget();
            if self.connection.is_autocommit() {
                return Ok(());
            }
            self.execute("ROLLBACK TO job").and_then(|()| self.execute("RELEASE job"))
        });
        if let Err(error) = ended {
            let failure = failed(job.doing(), error);
            self.roll_back();
            return Gathered::Undone(job, Some(failure));
        }
        // Where the disk fails or is full, SQLite may have rolled back all there was.
        if self.connection.is_autocommit() {
            self.known.forget();
            return Gathered::Undone(job, None);
        }
        done.push(job);
        Gathered::Whole
    }

    /// Commits where all is done, or answers the only job there was.
    fn end(&mut self, gathered: Gathered, done: Vec<Box<dyn Job>>) {
        match gathered {
            Gathered::Whole => self.finish(done),
            Gathered::Undone(job, failure) => job.answer(failure),
        }
    }

    /// Commits, and answers.
    fn finish(&mut self, jobs: Vec<Box<dyn Job>>) {
        self.wrote = true;
        match self.execute("COMMIT") {
            Ok(()) => jobs.into_iter().for_each(|job| job.answer(None)),
            Err(error) => {
                self.roll_back();
                for job in jobs {
                    let failure = failed(job.doing(), again(&error));
                    job.answer(Some(failure));
                }
            }
        }
    }

    fn roll_back(&mut self) {
        self.known.forget();
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "a transaction of the checkpoint database could not be rolled back");
        }
    }

    fn execute(&self, sql: &str) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute(()).map(|_| ())
    }

    /// Whether anything was written since this was asked.
    pub(super) fn take_wrote(&mut self) -> bool {
        std::mem::take(&mut self.wrote)
    }

    /// Whether nothing was written since then.
    pub(super) const fn is_idle(&self) -> bool {
        !self.wrote
    }

    /// Whether so much is in the write-ahead log that it is to be moved to the file.
    pub(super) fn is_log_long(&self) -> bool {
        self.log_pages.load(Ordering::Relaxed) >= LOG_PAGES
    }

    /// Moves what is in the write-ahead log to the file, as far as nobody reads it.
    pub(super) fn move_log(&self) {
        self.try_pragma("PRAGMA wal_checkpoint(PASSIVE)");
        // What is left is tried again when more has come.
        self.log_pages.store(0, Ordering::Relaxed);
    }

    /// Gives free pages back, and moves what is in the write-ahead log to the file and cuts it, as far as readers allow.
    pub(super) fn tidy(&self) {
        self.try_pragma(&format!("PRAGMA incremental_vacuum({FREED_PAGES})"));
        self.try_pragma("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// Nothing depends on it: it is done again the next time.
    fn try_pragma(&self, pragma: &str) {
        let done = self.connection.prepare_cached(pragma).and_then(|mut statement| {
            let mut rows = statement.query(())?;
            while rows.next()?.is_some() {}
            Ok(())
        });
        if let Err(error) = done {
            tracing::debug!(%error, pragma, "the checkpoint database was not tidied");
        }
    }

    pub(super) fn close(self) {
        self.tidy();
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the checkpoint database was not closed cleanly");
        }
    }
}

/// The same error for one more job.
fn again(error: &Error) -> Error {
    match error {
        Error::SqliteFailure(failure, text) => Error::SqliteFailure(*failure, text.clone()),
        other => Error::SqliteFailure(rusqlite::ffi::Error::new(1), Some(other.to_string())),
    }
}

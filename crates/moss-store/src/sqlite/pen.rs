//! The connection that writes, and its transactions.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moss_graph::checkpoint::StoreError;
use rusqlite::{Connection, Error};

use super::error::failed;
use super::job::{Job, Outcome};
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

    /// Does jobs, as many as may share a transaction in one, unless another process is writing: then they are given back.
    pub(super) fn at_once(&mut self, jobs: Vec<Box<dyn Job>>) -> Result<(), Vec<Box<dyn Job>>> {
        let begun = self.connection.busy_timeout(Duration::ZERO).and_then(|()| self.begin());
        let restored = self.connection.busy_timeout(self.busy_timeout);
        if begun.and(restored).is_err() {
            self.roll_back();
            return Err(jobs);
        }
        let mut jobs = jobs.into_iter();
        self.go_on(&mut || jobs.next());
        while let Some(job) = jobs.next() {
            self.together(job, &mut || jobs.next());
        }
        Ok(())
    }

    /// Does a job, and those that have queued up, in one transaction.
    pub(super) fn together(
        &mut self,
        first: Box<dyn Job>,
        next: &mut dyn FnMut() -> Option<Box<dyn Job>>,
    ) {
        if let Err(error) = self.begin() {
            let failure = failed(first.doing(), error);
            self.roll_back();
            return first.answer(Some(failure));
        }
        let mut first = Some(first);
        self.go_on(&mut || first.take().or_else(&mut *next));
    }

    /// Begins a transaction in which nobody else writes, and forgets what others have changed.
    fn begin(&mut self) -> Result<(), Error> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut version = self.connection.prepare_cached("PRAGMA data_version")?;
        self.known.see_version(version.query_row((), |row| row.get(0))?);
        Ok(())
    }

    /// Does jobs within the transaction that is open, commits them and answers.
    fn go_on(&mut self, next: &mut dyn FnMut() -> Option<Box<dyn Job>>) {
        let mut done = Vec::new();
        while done.len() < BATCH
            && let Some(job) = next()
        {
            if let ControlFlow::Break((culprit, failure)) = self.within(job, &mut done) {
                self.roll_back();
                culprit.answer(failure);
                // The others did nothing wrong: each gets a transaction of its own.
                return done.into_iter().for_each(|job| self.together(job, &mut || None));
            }
        }
        self.finish(done);
    }

    /// Does a job within the transaction. One that is refused before it has written anything is answered, and harms no other. Any
    /// other that fails comes back, with the failure if it is not its own: the transaction is to be undone.
    ///
    /// There is no savepoint, which would copy each page that is written, for what hardly ever comes.
    fn within(
        &mut self,
        mut job: Box<dyn Job>,
        done: &mut Vec<Box<dyn Job>>,
    ) -> ControlFlow<(Box<dyn Job>, Option<StoreError>)> {
        let written = self.connection.total_changes();
        let outcome = job.run(&self.connection, Some(&mut self.known));
        // Where the disk fails or is full, SQLite may have rolled back all there was.
        let is_lost = self.connection.is_autocommit();
        match outcome {
            Outcome::Done if !is_lost => done.push(job),
            Outcome::Refused if !is_lost && self.connection.total_changes() == written => {
                job.answer(None);
            }
            Outcome::Done => {
                let lost = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
                let failure = failed(job.doing(), Error::SqliteFailure(lost, None));
                return ControlFlow::Break((job, Some(failure)));
            }
            Outcome::Refused | Outcome::Failed => return ControlFlow::Break((job, None)),
        }
        ControlFlow::Continue(())
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

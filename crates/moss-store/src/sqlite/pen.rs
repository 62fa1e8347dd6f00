//! The connection that writes, and its transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moss_graph::checkpoint::StoreError;
use rusqlite::{Connection, Error};

use super::connection::expect_version;
use super::error::failed;
use super::job::{Ended, Job, Outcome};
use super::reads_on::{read_on, reads_on, stop_reading};
use super::rows::Known;

/// How many calls share a transaction at most.
const BATCH: usize = 256;

/// How much of the write-ahead log gathers before it is moved to the file: 4 MiB.
pub(super) const LOG_BYTES: u32 = 4 << 20;

/// How much free space is given back to the disk at once: 16 MiB.
const FREED_BYTES: u32 = 16 << 20;

/// The connection that writes. Who holds it does what there is to do on the thread it is on.
pub(super) struct Pen {
    connection: Connection,
    known: Known,
    busy_timeout: Duration,
    /// Of each page of the file: files keep the size they were made with.
    page_bytes: u32,
    /// The pages in the write-ahead log, as the last commit left it.
    log_pages: Arc<AtomicU32>,
    /// What was written since somebody looked.
    wrote: bool,
}

/// What became of a job within a transaction.
enum Within {
    /// It is done, or was refused and has written nothing.
    Done,
    /// The transaction is to be undone; with a failure if that is not the job's own.
    Undone(Option<StoreError>),
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
        let page_bytes: u32 = connection.query_row("PRAGMA page_size", (), |row| row.get(0))?;
        // No page of SQLite's is smaller, and what is divided by it must not be by 0.
        let page_bytes = page_bytes.max(512);
        Ok(Self {
            connection,
            known: Known::default(),
            busy_timeout,
            page_bytes,
            log_pages,
            wrote: false,
        })
    }

    /// Does jobs, as many as may share a transaction, unless another process is writing. Gives back what is left, for who may wait.
    pub(super) fn at_once(
        &mut self,
        jobs: Vec<Box<dyn Job>>,
        ended: &mut Ended,
    ) -> Vec<Box<dyn Job>> {
        // Whatever is in the way, who may wait finds it, too, and says so.
        let begun = self.without_waiting(|pen| pen.begin("beginning to write"));
        if !matches!(begun, Ok(Ok(()))) {
            self.roll_back();
            return jobs;
        }
        let mut jobs = jobs.into_iter();
        let mut left = self.go_on(&mut || jobs.next(), ended);
        left.extend(jobs);
        left
    }

    /// Does a job, and those that have queued up, in one transaction.
    pub(super) fn together(
        &mut self,
        first: Box<dyn Job>,
        next: &mut dyn FnMut() -> Option<Box<dyn Job>>,
    ) -> Ended {
        let mut ended = Ended::default();
        // The others did nothing wrong: each gets a transaction of its own.
        for job in self.begin_with(first, next, &mut ended) {
            self.begin_with(job, &mut || None, &mut ended);
        }
        ended
    }

    fn begin_with(
        &mut self,
        first: Box<dyn Job>,
        next: &mut dyn FnMut() -> Option<Box<dyn Job>>,
        ended: &mut Ended,
    ) -> Vec<Box<dyn Job>> {
        if let Err(failure) = self.begin(first.doing()) {
            self.roll_back();
            ended.add(first, Some(failure));
            return Vec::new();
        }
        let mut first = Some(first);
        self.go_on(&mut || first.take().or_else(&mut *next), ended)
    }

    /// Begins a transaction in which nobody else writes. Forgets what others have changed, unless a newer version has changed what it
    /// is.
    fn begin(&mut self, doing: &'static str) -> Result<(), StoreError> {
        let failed = |error| failed(doing, error);
        // Nobody else has written since it reads: then it would fail.
        if reads_on(&self.connection) && self.execute("BEGIN IMMEDIATE").is_ok() {
            self.known.bound();
            return Ok(());
        }
        stop_reading(&self.connection).map_err(failed)?;
        self.execute("BEGIN IMMEDIATE").map_err(failed)?;
        let version = read_on(&self.connection).map_err(failed)?;
        if !self.known.is_of(version) {
            expect_version(self.number("PRAGMA user_version").map_err(failed)?)?;
        }
        self.known.see_version(version);
        Ok(())
    }

    /// Does something that waits for nobody who holds the file, whatever `busy_timeout` says.
    fn without_waiting<T>(&mut self, does: impl FnOnce(&mut Self) -> T) -> Result<T, Error> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let done = does(self);
        self.connection.busy_timeout(self.busy_timeout)?;
        Ok(done)
    }

    fn number(&self, sql: &str) -> Result<i64, Error> {
        self.connection.prepare_cached(sql)?.query_row((), |row| row.get(0))
    }

    /// Does jobs within the transaction that is open, and commits them. Gives back those that are to be done again: one has
    /// failed, and all that they did is undone.
    fn go_on(
        &mut self,
        next: &mut dyn FnMut() -> Option<Box<dyn Job>>,
        ended: &mut Ended,
    ) -> Vec<Box<dyn Job>> {
        let mut done = Vec::new();
        while done.len() < BATCH
            && let Some(mut job) = next()
        {
            match self.within(&mut *job) {
                // One that is refused may have seen what another has written: it is as good as the transaction.
                Within::Done => done.push(job),
                Within::Undone(failure) => {
                    self.roll_back();
                    ended.add(job, failure);
                    return done;
                }
            }
        }
        self.finish(done, ended);
        Vec::new()
    }

    /// Does a job within the transaction.
    ///
    /// There is no savepoint, which would copy each page that is written, for what hardly ever comes.
    fn within(&mut self, job: &mut dyn Job) -> Within {
        let written = self.connection.total_changes();
        let outcome = job.run(&self.connection, Some(&mut self.known));
        // Where the disk fails or is full, SQLite may have rolled back all there was.
        let is_lost = self.connection.is_autocommit();
        let has_written = self.connection.total_changes() != written;
        match outcome {
            Outcome::Done if is_lost => {
                let lost = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
                Within::Undone(Some(failed(job.doing(), Error::SqliteFailure(lost, None))))
            }
            Outcome::Done => Within::Done,
            Outcome::Refused if !is_lost && !has_written => Within::Done,
            Outcome::Refused | Outcome::Failed => Within::Undone(None),
        }
    }

    fn finish(&mut self, done: Vec<Box<dyn Job>>, ended: &mut Ended) {
        self.wrote = true;
        match self.execute("COMMIT") {
            Ok(()) => done.into_iter().for_each(|job| ended.add(job, None)),
            Err(error) => {
                self.roll_back();
                for job in done {
                    let failure = failed(job.doing(), again(&error));
                    ended.add(job, Some(failure));
                }
            }
        }
    }

    fn roll_back(&mut self) {
        self.known.forget_all();
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "a transaction of the checkpoint database could not be rolled back");
        }
        self.stop_reading();
    }

    fn execute(&self, sql: &str) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute(()).map(|_| ())
    }

    /// Whether nothing was written since the file was looked after.
    pub(super) const fn is_idle(&self) -> bool {
        !self.wrote
    }

    /// Whether so much is in the write-ahead log that it is to be moved to the file.
    pub(super) fn is_log_long(&self) -> bool {
        self.log_pages.load(Ordering::Relaxed) >= LOG_BYTES / self.page_bytes
    }

    /// Moves what is in the write-ahead log to the file if that is much, as far as nobody reads it.
    pub(super) fn move_long_log(&mut self) {
        if self.is_log_long() {
            self.stop_reading();
            self.try_pragma("PRAGMA wal_checkpoint(PASSIVE)");
            // What is left is tried again when more has come.
            self.log_pages.store(0, Ordering::Relaxed);
        }
    }

    /// Gives free pages back, and moves what is in the write-ahead log to the file and cuts it, as far as others who read and write allow.
    /// Says whether it is cut.
    pub(super) fn tidy(&mut self) -> bool {
        self.wrote = false;
        self.stop_reading();
        let pages = FREED_BYTES / self.page_bytes;
        self.try_pragma(&format!("PRAGMA incremental_vacuum({pages})"));
        // To wait for those who read would keep all others from writing, and who writes in another process reads on for a while.
        let is_busy = self.without_waiting(|pen| pen.number("PRAGMA wal_checkpoint(TRUNCATE)"));
        match is_busy.flatten() {
            Ok(is_busy) => is_busy == 0,
            Err(error) => {
                tracing::debug!(%error, "the log of the checkpoint database was not cut");
                false
            }
        }
    }

    /// Tidies if nothing was written since this was asked. Says whether all is tidy.
    pub(super) fn tidy_if_idle(&mut self) -> bool {
        let is_idle = !std::mem::take(&mut self.wrote);
        is_idle && self.tidy()
    }

    /// Lets what is in the log be moved to the file. Where it fails, that is done later.
    fn stop_reading(&self) {
        if let Err(error) = stop_reading(&self.connection) {
            tracing::debug!(%error, "the checkpoint database is still read");
        }
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

    pub(super) fn close(mut self) {
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

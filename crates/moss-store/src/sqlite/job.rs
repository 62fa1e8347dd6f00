//! A call on its way to the thread that does it, and its answer on the way back.

use moss_graph::checkpoint::StoreError;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::error::is_refusal;
use super::rows::{Known, SqliteRows};

/// A call of a store: done within a transaction, perhaps more than once, and answered after its end.
pub(super) trait Job: Send {
    /// What the call does, for errors.
    fn doing(&self) -> &'static str;

    /// Does it, keeps the result, and says what it came to.
    fn run(&mut self, connection: &Connection, known: Option<&mut Known>) -> Outcome;

    /// Answers with the result, or with the failure of its transaction.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// What a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// What is stored does not allow it. It may have written something before it found that.
    Refused,
    /// The database itself failed.
    Failed,
}

/// Jobs whose transactions have ended. They are answered when this is dropped, which wakes those who wait: not while anything
/// is held that they need next.
#[derive(Default)]
#[must_use]
pub(super) struct Ended(Vec<(Box<dyn Job>, Option<StoreError>)>);

impl Ended {
    /// Adds a job. With a failure, its result does not count.
    pub(super) fn add(&mut self, job: Box<dyn Job>, failure: Option<StoreError>) {
        self.0.push((job, failure));
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        for (job, failure) in self.0.drain(..) {
            job.answer(failure);
        }
    }
}

/// A call that gives a `T`.
pub(super) struct Call<T, F> {
    pub(super) doing: &'static str,
    pub(super) work: F,
    pub(super) result: Option<Result<T, StoreError>>,
    pub(super) reply: oneshot::Sender<Result<T, StoreError>>,
    /// Its place in the queue, which is free again when it has been answered.
    pub(super) place: OwnedSemaphorePermit,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: FnMut(&mut SqliteRows<'_>) -> Result<T, StoreError> + Send,
{
    fn doing(&self) -> &'static str {
        self.doing
    }

    fn run(&mut self, connection: &Connection, known: Option<&mut Known>) -> Outcome {
        let mut rows = match known {
            Some(known) => SqliteRows::to_write(connection, known, self.doing),
            None => SqliteRows::to_read(connection, self.doing),
        };
        let result = (self.work)(&mut rows);
        let outcome = match &result {
            Ok(_) => Outcome::Done,
            Err(error) if is_refusal(error) => Outcome::Refused,
            Err(_) => Outcome::Failed,
        };
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let answer = match (failure, self.result) {
            (Some(failure), _) => Err(failure),
            (None, Some(result)) => result,
            (None, None) => Err(StoreError::Closed),
        };
        // Who is answered finds the place free again, and may have gone away in the meantime.
        drop(self.place);
        let _ = self.reply.send(answer);
    }
}

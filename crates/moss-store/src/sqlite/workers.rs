//! Threads that take jobs from a bounded queue until it is closed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use moss_graph::checkpoint::StoreError;
use tokio::sync::{Semaphore, oneshot};

use super::job::{Call, Job};
use super::rows::SqliteRows;

/// Threads and the queue before them. They end when this is dropped, after what is in the queue.
pub(super) struct Workers {
    /// The places in the queue. The queue itself is not bounded.
    places: Arc<Semaphore>,
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Workers {
    pub(super) fn new(places: usize) -> (Self, Receiver<Box<dyn Job>>) {
        let (sender, receiver) = channel();
        let workers = Self {
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            jobs: Mutex::new(Some(sender)),
            threads: Mutex::default(),
        };
        (workers, receiver)
    }

    pub(super) fn spawn(
        &self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        let doing = "starting a thread for the database";
        let thread = thread.map_err(|error| StoreError::Io { doing, source: error.into() })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Has a call done, once there is a place for it in the queue.
    pub(super) async fn call<T, F>(&self, doing: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut SqliteRows<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let call = Box::new(Call { doing, work, result: None, reply, place });
        {
            let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = jobs.as_ref().map(|jobs| jobs.send(call));
            sent.and_then(Result::ok).ok_or(StoreError::Closed)?;
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Takes no more calls: the threads end after those in the queue.
    pub(super) fn close(&self) {
        self.places.close();
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Waits for the threads to end.
    pub(super) fn join(&self) {
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread that panicked has dropped its jobs, which tells who waits for them.
            let _ = thread.join();
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.close();
        self.join();
    }
}

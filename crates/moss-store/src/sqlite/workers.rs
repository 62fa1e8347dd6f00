//! Threads that take jobs from a bounded queue until it is closed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use moss_graph::checkpoint::StoreError;
use tokio::sync::{Semaphore, oneshot};

use super::job::{Call, Job};
use super::rows::SqliteRows;

/// What a job comes to, once it is done.
pub(super) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// Waits for what a job comes to.
pub(super) async fn answered<T>(answer: Answer<T>) -> Result<T, StoreError> {
    answer.await.unwrap_or(Err(StoreError::Closed))
}

/// Threads and the queue before them. They end when this is dropped, after what is in the queue.
pub(super) struct Workers<Order = Box<dyn Job>> {
    /// The places in the queue. The queue itself is not bounded.
    places: Arc<Semaphore>,
    count: usize,
    orders: Mutex<Option<Sender<Order>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<Order: From<Box<dyn Job>>> Workers<Order> {
    pub(super) fn new(places: usize) -> (Self, Receiver<Order>) {
        let (sender, receiver) = channel();
        let count = places.min(Semaphore::MAX_PERMITS);
        let workers = Self {
            places: Arc::new(Semaphore::new(count)),
            count,
            orders: Mutex::new(Some(sender)),
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
        let (job, answer) = self.job(doing, work).await?;
        self.send(job.into());
        answered(answer).await
    }

    /// Makes a job of a call, once there is a place for it in the queue.
    pub(super) async fn job<T, F>(
        &self,
        doing: &'static str,
        work: F,
    ) -> Result<(Box<dyn Job>, Answer<T>), StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut SqliteRows<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        Ok((Box::new(Call { doing, work, result: None, reply, place }), answer))
    }

    /// How many calls have a place in the queue: they wait, or are being done.
    pub(super) fn taken(&self) -> usize {
        self.count - self.places.available_permits()
    }

    /// Whether there are places left.
    pub(super) fn has_places(&self) -> bool {
        self.places.available_permits() > 0
    }

    /// Sends an order. Where the threads take no more it is dropped, which tells who waits for it.
    pub(super) fn send(&self, order: Order) {
        if let Some(orders) = &*self.orders.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = orders.send(order);
        }
    }
}

impl<Order> Workers<Order> {
    /// Takes no more calls: the threads end after those in the queue.
    pub(super) fn close(&self) {
        self.places.close();
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
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

impl<Order> Drop for Workers<Order> {
    fn drop(&mut self) {
        self.close();
        self.join();
    }
}

//! Who writes.
//!
//! A thread of its own writes for all. While one transaction runs, and above all while the disk makes sure of it,
//! the calls that come in queue up. They share the next transaction, so that many writers wait for the disk together. Each
//! is answered when the disk has what it wrote.
//!
//! Where a commit need not wait for the disk, a call that finds nobody writing writes itself, where it is: to go to another
//! thread and back would cost more than the transaction. What may wait stays with the thread: for another process,
//! or for the disk when the write-ahead log is moved to the file.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moss_graph::checkpoint::StoreError;
use tokio::sync::oneshot;

use super::job::Job;
use super::pen::Pen;
use super::rows::SqliteRows;
use super::workers::Workers;
use super::{SqliteDurability, SqliteOptions, connection};

/// After how much idle time the write-ahead log is moved to the file.
const IDLE: Duration = Duration::from_secs(1);

/// What the thread that writes is sent.
pub(super) enum Order {
    /// To do a job.
    Do(Box<dyn Job>),
    /// To look after what others have written.
    Look,
    /// To tidy at once, not only when nobody has written for a while.
    Tidy,
}

impl From<Box<dyn Job>> for Order {
    fn from(job: Box<dyn Job>) -> Self {
        Self::Do(job)
    }
}

/// The thread that writes, and what it shares with those who may write themselves. It ends when this is dropped.
pub(super) struct Writer {
    thread: Workers<Order>,
    /// The connection, for those who need not wait for the disk. None when it is closed.
    here: Option<Arc<Mutex<Option<Pen>>>>,
}

impl Writer {
    /// Opens the file, and makes it if it is not there.
    pub(super) async fn open(
        path: &Arc<Path>,
        options: &SqliteOptions,
    ) -> Result<Self, StoreError> {
        let (thread, orders) = Workers::new(options.queue.get());
        let (opened, is_open) = oneshot::channel();
        let (path, with) = (Arc::clone(path), options.clone());
        thread.spawn("moss-store-writer", move || match connection::to_write(&path, &with) {
            Ok(pen) => {
                let pen = Arc::new(Mutex::new(Some(pen)));
                let _ = opened.send(Ok(Arc::clone(&pen)));
                run(&pen, &orders);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        })?;
        let pen = is_open.await.unwrap_or(Err(StoreError::Closed))?;
        let here = match options.durability {
            SqliteDurability::PowerLoss => None,
            SqliteDurability::ProcessCrash => Some(pen),
        };
        Ok(Self { thread, here })
    }

    /// Has a call done, and gives what it came to once it is stored.
    pub(super) async fn call<T, F>(&self, doing: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut SqliteRows<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.thread
            .call(doing, work, |job, is_only| if is_only { self.here(job) } else { Err(job) })
            .await
    }

    /// Does a job on this thread, or gives it back.
    fn here(&self, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        let Some(here) = &self.here else { return Err(job) };
        // Where one has panicked, the thread ends and says so.
        let Ok(mut held) = here.try_lock() else { return Err(job) };
        let Some(pen) = &mut *held else { return Err(job) };
        if pen.is_log_long() {
            return Err(job);
        }
        let was_idle = pen.is_idle();
        pen.alone(job)?;
        if was_idle {
            self.thread.send(Order::Look);
        }
        Ok(())
    }

    /// Has the file tidied soon.
    pub(super) fn tidy(&self) {
        self.thread.send(Order::Tidy);
    }

    /// Takes no more calls: the thread ends after those in the queue.
    pub(super) fn close(&self) {
        self.thread.close();
    }

    /// Waits for the thread to end.
    pub(super) fn join(&self) {
        self.thread.join();
    }
}

/// Does jobs until the queue is closed.
fn run(pen: &Mutex<Option<Pen>>, orders: &Receiver<Order>) {
    let mut is_tidy = true;
    loop {
        let order = if is_tidy {
            orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            orders.recv_timeout(IDLE)
        };
        // Where one who wrote has panicked, nobody knows what is in the transaction: it ends with the connection.
        let Ok(mut held) = pen.lock() else { return };
        let Some(pen) = &mut *held else { return };
        match order {
            Ok(order) => {
                is_tidy = matches!(order, Order::Tidy);
                if let Order::Do(job) = order {
                    pen.together(job, || next(orders, &mut is_tidy));
                }
                if is_tidy {
                    pen.take_wrote();
                    pen.tidy();
                } else if pen.is_log_long() {
                    pen.move_log();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                // Others may have written all the while.
                if !pen.take_wrote() {
                    pen.tidy();
                    is_tidy = true;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Ok(mut held) = pen.lock()
        && let Some(pen) = held.take()
    {
        pen.close();
    }
}

/// The next job that has queued up. Notes whether the file is to be tidied behind them.
fn next(orders: &Receiver<Order>, is_to_tidy: &mut bool) -> Option<Box<dyn Job>> {
    loop {
        match orders.try_recv() {
            Ok(Order::Do(job)) => return Some(job),
            Ok(Order::Look) => {}
            Ok(Order::Tidy) => *is_to_tidy = true,
            Err(_) => return None,
        }
    }
}

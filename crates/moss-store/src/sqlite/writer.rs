//! Who writes.
//!
//! A thread of its own writes for all. While one transaction runs, and above all while the disk makes sure of it,
//! the calls that come in queue up. They share the next transaction, so that many writers wait for the disk together. Each
//! is answered when the disk has what it wrote.
//!
//! Where a commit need not wait for the disk, a call that finds nobody writing writes itself, where it is: to go to another
//! thread and back would cost more than the transaction. Before it does, it lets others come in who are about to write on
//! the same thread, the subgraphs of a run or other runs: they share its transaction. What may wait stays with the thread: for
//! another process, or for the disk when the write-ahead log is moved to the file.

use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use moss_graph::ThreadId;
use moss_graph::checkpoint::{Namespace, StoreError};
use tokio::sync::oneshot;

use super::job::{Ended, Job};
use super::pen::Pen;
use super::rows::SqliteRows;
use super::workers::{Workers, answered};
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
    /// For those who need not wait for the disk.
    here: Option<Here>,
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
                let _ = run(&pen, &orders);
                // Where somebody has panicked, the transaction ends with the connection.
                drop(pen.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        })?;
        let pen = is_open.await.unwrap_or(Err(StoreError::Closed))?;
        let here = match options.durability {
            SqliteDurability::PowerLoss => None,
            SqliteDurability::ProcessCrash => Some(Here { pen, group: Mutex::default() }),
        };
        Ok(Self { thread, here })
    }

    /// Has a call done, and gives what it came to once it is stored.
    pub(super) async fn call<T, F>(
        &self,
        doing: &'static str,
        caller: Caller,
        work: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut SqliteRows<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let Some(here) = &self.here else { return self.thread.call(doing, work).await };
        let (job, answer) = self.thread.job(doing, work).await?;
        let (group, is_alone) = here.gather(caller, job);
        // Done at the end of this, also when nobody waits for it any more.
        let gathered = Gathered { writer: self, here, group };
        // Who holds the last place lets nobody come: they would wait for it.
        if !is_alone && self.thread.has_places() {
            let_others_come().await;
        }
        drop(gathered);
        answered(answer).await
    }

    /// Does the jobs of a group, if nobody else has taken them.
    fn do_gathered(&self, here: &Here, group: u64) {
        let Some(jobs) = here.take(group) else { return };
        // Behind others that have queued up they queue up, too.
        let are_all = self.thread.taken() == jobs.len();
        let left = if are_all { self.do_here(here, jobs) } else { jobs };
        left.into_iter().for_each(|job| self.thread.send(Order::Do(job)));
    }

    /// Does jobs on this thread, and gives back those that are left.
    fn do_here(&self, here: &Here, jobs: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
        // Where one has panicked, the thread ends and says so.
        let Ok(mut held) = here.pen.try_lock() else { return jobs };
        let Some(pen) = &mut *held else { return jobs };
        if pen.is_log_long() {
            return jobs;
        }
        let was_idle = pen.is_idle();
        let mut ended = Ended::default();
        let left = pen.at_once(jobs, &mut ended);
        let is_idle = pen.is_idle();
        // They are answered when others may write again, who may be the same.
        drop(held);
        drop(ended);
        if was_idle && !is_idle {
            self.thread.send(Order::Look);
        }
        left
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

/// What those who need not wait for the disk write with.
struct Here {
    /// The connection. None when it is closed.
    pen: Arc<Mutex<Option<Pen>>>,
    group: Mutex<Group>,
}

/// The jobs that gather for one transaction.
#[derive(Default)]
struct Group {
    jobs: Vec<Box<dyn Job>>,
    number: u64,
    /// Who came last, to this group or the one before.
    last: Option<Caller>,
}

impl Here {
    /// Adds a job to the group, and gives the group's number. And whether it is of who came last, and the only one: then nobody
    /// else writes at present, as far as one can see.
    fn gather(&self, caller: Caller, job: Box<dyn Job>) -> (u64, bool) {
        let mut group = lock(&self.group);
        let came_last = group.last.replace(caller) == Some(caller);
        group.jobs.push(job);
        (group.number, came_last && group.jobs.len() == 1)
    }

    /// Takes the jobs of a group, if it is still the one that gathers: the next begins.
    fn take(&self, number: u64) -> Option<Vec<Box<dyn Job>>> {
        let mut group = lock(&self.group);
        (group.number == number).then(|| {
            group.number += 1;
            std::mem::take(&mut group.jobs)
        })
    }
}

/// Who calls: a graph's run, which does not call again before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller(u64);

impl Caller {
    /// Whoever writes a namespace of a thread.
    pub(super) fn of(thread: &ThreadId, namespace: &Namespace) -> Self {
        let mut hasher = DefaultHasher::new();
        (thread, namespace).hash(&mut hasher);
        Self(hasher.finish())
    }

    /// Whoever writes something of a thread.
    pub(super) fn of_thread(thread: &ThreadId) -> Self {
        Self::of(thread, &Namespace::root())
    }
}

/// Has a group's jobs done when it is dropped.
struct Gathered<'a> {
    writer: &'a Writer,
    here: &'a Here,
    group: u64,
}

impl Drop for Gathered<'_> {
    fn drop(&mut self) {
        self.writer.do_gathered(self.here, self.group);
    }
}

/// Lets others go on that are ready to, on this thread, before it goes on itself. Unlike tokio's, it does not look after the
/// network in between.
async fn let_others_come() {
    let mut have_come = false;
    poll_fn(|context| {
        if std::mem::replace(&mut have_come, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries out orders until the queue is closed, or until somebody who wrote has panicked: then nobody knows what is in
/// the transaction, which ends with the connection.
fn run(pen: &Mutex<Option<Pen>>, orders: &Receiver<Order>) -> Option<()> {
    let mut is_tidy = true;
    loop {
        let order = if is_tidy {
            orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            orders.recv_timeout(IDLE)
        };
        is_tidy = false;
        match order {
            Ok(Order::Do(job)) => {
                // They are answered when others may write again, who may be the same.
                let mut is_to_tidy = false;
                drop(held(pen, |pen| pen.together(job, &mut || next(orders, &mut is_to_tidy)))?);
                is_tidy = held(pen, |pen| {
                    if is_to_tidy {
                        return pen.tidy();
                    }
                    pen.move_long_log();
                    false
                })?;
            }
            Ok(Order::Look) => {}
            Ok(Order::Tidy) => is_tidy = held(pen, Pen::tidy)?,
            Err(RecvTimeoutError::Timeout) => is_tidy = held(pen, Pen::tidy_if_idle)?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    pen.lock().ok()?.take()?.close();
    Some(())
}

/// Does something with the connection while nobody else does. None where that cannot be.
fn held<T>(pen: &Mutex<Option<Pen>>, does: impl FnOnce(&mut Pen) -> T) -> Option<T> {
    pen.lock().ok()?.as_mut().map(does)
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

//! What functions have said, until their run takes it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::calls::Said;

/// What one function has said that its run has not taken yet, in order. Who fills it keeps to a limit
/// ([`MOST_WAITING`](super::calls::MOST_WAITING)).
///
/// A queue of its own, since most functions say one thing and many wait long before they do: a channel of tokio's holds
/// room for 32 from its beginning, which would be most of what a run takes that waits.
#[derive(Default)]
pub(super) struct Inbox(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    said: VecDeque<Said>,
    waker: Option<Waker>,
}

impl Inbox {
    /// Adds one thing, and wakes who waits for it.
    pub(super) fn put(&self, said: Said) {
        let waker = {
            let mut inner = self.inner();
            inner.said.push_back(said);
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Takes the next thing, and waits for it. Waits forever when nothing comes any more: the run is dropped at this
    /// point. One at a time may wait.
    pub(super) async fn next(&self) -> Said {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// How much is in it.
    pub(super) fn len(&self) -> usize {
        self.inner().said.len()
    }

    fn poll_next(&self, context: &Context<'_>) -> Poll<Said> {
        let mut inner = self.inner();
        if let Some(said) = inner.said.pop_front() {
            return Poll::Ready(said);
        }
        match &mut inner.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

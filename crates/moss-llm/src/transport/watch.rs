//! Watches a wait: it ends when the caller cancels or the provider is silent for too long.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Why a wait ended without what was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The caller cancelled.
    Cancelled,
    /// Nothing came for this long.
    Silent(Duration),
    /// The whole has taken this long.
    TooLong(Duration),
}

/// Watches the waits of one call. Kept for the whole call, because a timer and a cancel listener made
/// anew for each piece of an answer would cost more than the piece.
pub(crate) struct Watch {
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    silence: Pin<Box<Sleep>>,
    limit: Duration,
    deadline: Instant,
    whole: Duration,
}

/// What a timer can count; longer limits never end anyway.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Watch {
    /// Watches waits of up to `limit` each, and of up to `whole` from now in all.
    pub(crate) fn new(cancel: CancellationToken, limit: Duration, whole: Duration) -> Self {
        let (limit, whole) = (limit.min(LONGEST), whole.min(LONGEST));
        Self {
            cancelled: Box::pin(cancel.cancelled_owned()),
            silence: Box::pin(sleep(limit)),
            limit,
            deadline: Instant::now() + whole,
            whole,
        }
    }

    /// Waits for `future`, not longer than the limit. What is ready is taken, whatever else happened, until the
    /// whole has taken too long: a sender that never stops is always ready.
    pub(crate) async fn wait<F: Future>(&mut self, future: F) -> Result<F::Output, Stop> {
        let now = Instant::now();
        if now >= self.deadline {
            return Err(Stop::TooLong(self.whole));
        }
        let end = (now + self.limit).min(self.deadline);
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            if self.cancelled.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(Stop::Cancelled));
            }
            // The timer may still be set for the end of an earlier wait, and rings too early then: setting
            // it for each piece of an answer would cost more than the piece.
            while self.silence.as_mut().poll(cx).is_ready() {
                if self.silence.deadline() >= end {
                    let stop = if end == self.deadline {
                        Stop::TooLong(self.whole)
                    } else {
                        Stop::Silent(self.limit)
                    };
                    return Poll::Ready(Err(stop));
                }
                self.silence.as_mut().reset(end);
            }
            Poll::Pending
        })
        .await
    }
}

//! A run and the delivery of its events, side by side.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures::future::maybe_done;

/// Drives a run and the delivery of its events on one task, until both have ended. Gives the run's result.
///
/// A plain join would wake the task for each event that the run emits, to deliver what it is about to
/// deliver anyway. Here the delivery does not listen while the run is polled; right after, it looks for
/// itself what there is, and listens again.
pub(crate) async fn with_delivery<R>(
    run: impl Future<Output = R>,
    delivery: impl Future<Output = ()>,
) -> R {
    let mut run = pin!(maybe_done(run));
    let mut delivery = pin!(maybe_done(delivery));
    poll_fn(|cx| {
        let _ = delivery.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let run_has_ended = run.as_mut().poll(cx).is_ready();
        let all_is_delivered = delivery.as_mut().poll(cx).is_ready();
        if !(run_has_ended && all_is_delivered) {
            return Poll::Pending;
        }
        run.as_mut().take_output().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

//! The reading end of a run's stream, and the run itself.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{FutureExt, Stream, StreamExt};
use tokio::sync::mpsc;

use super::StreamEvent;
use super::sink::Written;

type Run<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A run, and the stream of what happens in it. It goes on as it is read: nothing is spawned, a reader that is slow
/// slows the run, and one that is dropped ends it.
///
/// The stream ends when the run has ended and all that was written before has been read; then
/// [`outcome`](Self::outcome) gives what the run came to.
pub struct RunStream<T> {
    run: Option<Run<T>>,
    outcome: Option<T>,
    events: mpsc::Receiver<Written>,
    seq: u64,
}

impl<T> RunStream<T> {
    pub(crate) fn new(
        run: impl Future<Output = T> + Send + 'static,
        events: mpsc::Receiver<Written>,
    ) -> Self {
        Self { run: Some(Box::pin(run)), outcome: None, events, seq: 0 }
    }

    /// Reads the stream to its end, if it is not read yet, and gives what the run came to.
    pub async fn outcome(mut self) -> T
    where
        T: Unpin,
    {
        loop {
            while self.next().await.is_some() {}
            if let Some(outcome) = self.outcome.take() {
                return outcome;
            }
        }
    }
}

impl<T: Unpin> Stream for RunStream<T> {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        if let Poll::Ready(Some(event)) = self.poll_event(context) {
            return Poll::Ready(Some(event));
        }
        if let Some(run) = &mut self.run
            && let Poll::Ready(outcome) = run.poll_unpin(context)
        {
            self.outcome = Some(outcome);
            self.run = None;
            // What others still hold to write with is of no use now; what is written already stays.
            self.events.close();
        }
        match self.poll_event(context) {
            Poll::Ready(None) if self.run.is_some() => Poll::Pending,
            event => event,
        }
    }
}

impl<T> RunStream<T> {
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        self.events.poll_recv(context).map(|written| {
            let (namespace, payload) = written?;
            self.seq += 1;
            Some(StreamEvent { seq: self.seq, namespace, payload })
        })
    }
}

impl<T> fmt::Debug for RunStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunStream").field("seq", &self.seq).finish_non_exhaustive()
    }
}

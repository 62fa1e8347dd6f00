//! Running on a thread.

use std::fmt;
use std::sync::Arc;

use super::begin::{Beginning, flat, found};
use super::lease::{Claim, keep};
use super::writer::Orders;
use super::{Input, Thread, Writer, carry_out};
use crate::checkpoint::{CheckpointId, Namespace};
use crate::context::{AnswersGiven, RunContext};
use crate::engine::{Halt, Session};
use crate::error::{RunError, RunFailure};
use crate::stream::{RunStream, Sink, StreamOptions, channel};
use crate::{Interrupt, NodeName, RunOptions, State};

/// What a run on a thread came to.
pub struct Outcome<S> {
    /// The state. Where the run stopped for a question, with what the tasks beside it wrote, which is not committed yet.
    pub state: Arc<S>,
    /// Why the run ended.
    pub ending: Ending,
    /// The checkpoint the thread stands at.
    pub checkpoint: Option<CheckpointId>,
}

impl<S> fmt::Debug for Outcome<S> {
    /// Without the state: it is the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("ending", &self.ending)
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}

/// Why a run on a thread ended, if it did not fail.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Nothing is left to run.
    Done,
    /// Nodes ask these questions, and wait for the answers.
    Interrupted(Vec<Interrupt>),
    /// It stopped before these nodes, as it was told.
    StoppedBefore(Vec<NodeName>),
    /// It stopped after these nodes, as it was told.
    StoppedAfter(Vec<NodeName>),
    /// It was asked to stop, and did.
    Drained,
}

impl Ending {
    /// The questions that are open.
    #[must_use]
    pub fn interrupts(&self) -> &[Interrupt] {
        match self {
            Self::Interrupted(interrupts) => interrupts,
            Self::Done | Self::StoppedBefore(_) | Self::StoppedAfter(_) | Self::Drained => &[],
        }
    }
}

impl<S: State> Thread<S> {
    /// Runs the graph on this thread.
    ///
    /// # Errors
    /// [`RunError`] with the state of the last committed superstep, from where the next run may go on: what a run
    /// without a thread fails with, what the store fails with, [`RunFailure::ThreadBusy`], and inputs that do not fit
    /// where the thread stands. What tasks had finished when another failed is kept: [`Input::Continue`] runs only
    /// what was not through.
    pub async fn run(
        &self,
        input: Input<S>,
        options: RunOptions,
    ) -> Result<Outcome<S>, RunError<S>> {
        self.run_to(input, &options, None).await
    }

    /// Runs as [`run`](Self::run) does, and tells what happens. The run goes on as the stream is read.
    pub fn stream(
        &self,
        input: Input<S>,
        options: RunOptions,
        stream: StreamOptions,
    ) -> RunStream<Result<Outcome<S>, RunError<S>>> {
        let (sink, events) = channel(stream);
        let thread = self.clone();
        RunStream::new(async move { thread.run_to(input, &options, Some(sink)).await }, events)
    }

    async fn run_to(
        &self,
        input: Input<S>,
        options: &RunOptions,
        sink: Option<Sink>,
    ) -> Result<Outcome<S>, RunError<S>> {
        let run = self.run_id(options.run_id.as_ref());
        let cancellation = options.cancellation.child_token();
        let _ends_with_the_run = cancellation.clone().drop_guard();
        let mut state = self.codec.initial();
        let (input, at) = flat(input, None);
        let query = self.query(at);
        let claim = Claim {
            gates: &self.engine.gates,
            store: &*self.store,
            query: &query,
            run: &run,
            busy: options.busy,
            ttl: options.lease,
            cancellation: &cancellation,
        };
        let result = async {
            let (hold, stored) = claim.take().await?;
            let context = RunContext {
                id: Some(run.clone()),
                cancellation: cancellation.clone(),
                drain: options.drain.clone(),
                config: Arc::clone(&options.config),
                namespace: Namespace::root(),
                sink,
                ledger: None,
                answers: Arc::new(AnswersGiven::default()),
            };
            let beginning = found(&query, stored).and_then(|stored| self.beginning(input, stored));
            // Boxed, so that what it is is no part of the run for longer than that.
            let beginning = beginning.map(Box::new);
            let last = beginning.as_ref().ok().and_then(|beginning| beginning.loaded.as_ref());
            let last = last.map(|loaded| {
                state = Arc::clone(&loaded.state);
                loaded.head
            });
            let store = Arc::clone(&self.store);
            let (writer, orders) = Writer::new(store, hold.lease.clone(), options.durability, last);
            let writer = Arc::new(writer);
            let result = match beginning {
                Ok(beginning) => {
                    let held = (Arc::clone(&writer), orders);
                    self.run_held(held, beginning, (context, options), &mut state).await
                }
                Err(failure) => Err(failure),
            };
            if !writer.has_settled() || matches!(result, Err(RunFailure::Store(_))) {
                self.let_go(hold).await;
            }
            result
        };
        match result.await {
            Ok((ending, checkpoint, shown)) => {
                Ok(Outcome { state: shown.unwrap_or(state), ending, checkpoint })
            }
            Err(failure) => Err(RunError::new(failure, state)),
        }
    }

    async fn run_held(
        &self,
        (writer, orders): (Arc<Writer>, Option<Orders>),
        beginning: Box<Beginning<S>>,
        (context, options): (RunContext, &RunOptions),
        state: &mut Arc<S>,
    ) -> Result<(Ending, Option<CheckpointId>, Option<Arc<S>>), RunFailure> {
        let closing = Arc::clone(&writer);
        let writes = async {
            match orders {
                Some(orders) => carry_out(&**closing.store(), closing.lease(), orders).await,
                None => Ok(()),
            }
        };
        let lost = keep(&closing, options.lease);
        let mut own = Arc::clone(state);
        // Boxed by itself: it is larger than what comes behind it, and over soon.
        let session = Box::pin(self.begin(*beginning, writer, context, options));
        let run = async {
            let mut session = session.await?;
            let result = session.advance().await;
            own = Arc::clone(&session.state);
            let checkpoint = session.checkpoint();
            let shown = session.shown.take();
            result.map(|halt| (halt, checkpoint, shown))
        };
        // Boxed: three futures side by side would make every run as large as the largest of them thrice.
        let mut run = Box::pin(run);
        let mut writes = std::pin::pin!(writes);
        let mut lost = std::pin::pin!(lost);
        let mut stored = None;
        let result = loop {
            tokio::select! {
                biased;
                result = &mut run => break result,
                result = &mut writes, if stored.is_none() => {
                    let failed = result.is_err();
                    stored = Some(result);
                    if failed {
                        break Err(RunFailure::Store(crate::checkpoint::StoreError::Closed));
                    }
                }
                error = &mut lost => break Err(error.into()),
            }
        };
        drop(run);
        closing.close();
        *state = own;
        let stored = match stored {
            Some(stored) => stored,
            None => writes.await,
        };
        match (result, stored) {
            // Whatever the run came to, not all of it is stored: the next one comes to it again.
            (_, Err(error)) => Err(error.into()),
            (Err(failure), Ok(())) => Err(failure),
            (Ok((halt, checkpoint, shown)), Ok(())) => Ok((ending(halt)?, checkpoint, shown)),
        }
    }
}

fn ending(halt: Halt) -> Result<Ending, RunFailure> {
    match halt {
        Halt::Done => Ok(Ending::Done),
        Halt::Interrupted(interrupts) => Ok(Ending::Interrupted(interrupts)),
        Halt::Before(nodes) => Ok(Ending::StoppedBefore(nodes)),
        Halt::After(nodes) => Ok(Ending::StoppedAfter(nodes)),
        Halt::Drained => Ok(Ending::Drained),
        Halt::Parent { node, .. } => Err(RunFailure::NoParentGraph { node }),
    }
}

impl<S: State> Session<'_, S> {
    pub(crate) fn namespace(&self) -> Namespace {
        self.bench.run.namespace.clone()
    }

    /// The checkpoint the run stands at.
    pub(crate) fn checkpoint(&self) -> Option<CheckpointId> {
        self.record.as_ref()?.ledger.at()
    }
}

//! Where a run writes its events.

use tokio::sync::mpsc;

use super::{StreamMode, StreamModes, StreamPayload};
use crate::checkpoint::{Namespace, Timestamp};

/// What a stream tells, and how far it may run ahead of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamOptions {
    /// What is told. Default: `updates`.
    pub modes: StreamModes,
    /// Whether subgraphs are told of too. Default: they are not. What their nodes write themselves, in the modes
    /// `custom` and `messages`, is told in any case, as in LangGraph.
    pub subgraphs: bool,
    /// How many events may wait for the reader; the run waits beyond that. At least 1. Default 256.
    pub capacity: usize,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { modes: StreamMode::Updates.into(), subgraphs: false, capacity: 256 }
    }
}

impl StreamOptions {
    /// Tells these modes of the graph itself.
    #[must_use]
    pub fn of(modes: impl Into<StreamModes>) -> Self {
        Self { modes: modes.into(), ..Self::default() }
    }

    /// Tells of subgraphs too.
    #[must_use]
    pub const fn with_subgraphs(mut self) -> Self {
        self.subgraphs = true;
        self
    }
}

pub(crate) type Written = (Namespace, StreamPayload);

/// The writing end of a run's stream.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    modes: StreamModes,
    subgraphs: bool,
    events: mpsc::Sender<Written>,
}

pub(crate) fn channel(options: StreamOptions) -> (Sink, mpsc::Receiver<Written>) {
    let (events, reader) = mpsc::channel(options.capacity.max(1));
    (Sink { modes: options.modes, subgraphs: options.subgraphs, events }, reader)
}

impl Sink {
    /// Whether somebody wants to know.
    pub(crate) fn tells(&self, namespace: &Namespace, mode: StreamMode) -> bool {
        let is_told_from_inside = match mode {
            StreamMode::Custom | StreamMode::Messages => true,
            StreamMode::Values
            | StreamMode::Updates
            | StreamMode::Tasks
            | StreamMode::Checkpoints
            | StreamMode::Debug => self.subgraphs,
        };
        self.modes.has(mode) && (is_told_from_inside || namespace.is_root())
    }

    pub(crate) fn tells_of_debug(&self, namespace: &Namespace, mode: StreamMode) -> bool {
        self.tells(namespace, mode) || self.tells(namespace, StreamMode::Debug)
    }

    /// Writes an event, when there is room. Without a reader it is lost, as the run itself is.
    pub(crate) async fn tell(&self, namespace: &Namespace, payload: StreamPayload) {
        let _ = self.events.send((namespace.clone(), payload)).await;
    }

    /// Writes an event of the modes `tasks` or `checkpoints`, and the same of `debug`.
    pub(crate) async fn tell_debug(
        &self,
        namespace: &Namespace,
        superstep: i64,
        payload: StreamPayload,
    ) {
        if self.tells(namespace, StreamMode::Debug) {
            let event = Box::new(payload.clone());
            let debug = StreamPayload::Debug { superstep, at: Timestamp::now(), event };
            self.tell(namespace, debug).await;
        }
        if self.tells(namespace, payload.mode()) {
            self.tell(namespace, payload).await;
        }
    }
}

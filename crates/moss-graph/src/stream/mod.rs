//! Following a run as a stream of events.

mod event;
mod modes;
mod run_stream;
mod sink;

pub use event::{StreamEvent, StreamPayload, TaskOutcome};
pub use modes::{StreamMode, StreamModes};
pub use run_stream::RunStream;
pub use sink::StreamOptions;
pub(crate) use sink::{Sink, channel};

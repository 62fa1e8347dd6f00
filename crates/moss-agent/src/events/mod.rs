//! The way of an event from a node to the host: one ordered, bounded queue a run.

mod dispatcher;
mod emitter;
mod open_steps;
mod registry;
mod sink;
mod with_delivery;

pub(crate) use dispatcher::{Dispatcher, channel};
pub(crate) use emitter::{EventEmitter, Stopped};
pub(crate) use open_steps::{closed, now_ms};
pub use registry::{EventHandlerRegistry, HandlerError};
pub use sink::{Delivery, EventSink, RunEvent};
pub(crate) use with_delivery::with_delivery;

//! State graphs whose nodes, routers and reducers are JavaScript functions.
//!
//! A run is a future that is polled on the JavaScript thread, in [`pump`](crate::pump_graphs): JavaScript hands over
//! what its functions gave back, the run goes on until it waits for JavaScript again, and what it has to say is the
//! call's result. So a superstep of JavaScript nodes costs one call and no change of threads. Where a run waits for
//! something else (a timer, a checkpoint being stored), that wakes JavaScript as any event does, and the run is polled
//! there.

mod answers;
mod behaviours;
mod calls;
mod commands;
mod dialogue;
mod end;
mod engine;
mod error;
mod function;
mod handles;
mod inbox;
mod operations;
mod polling;
mod request;
mod room;
mod scopes;
mod snapshot;
mod store;
mod telling;

pub(crate) use answers::{Answer, Answers};
pub(crate) use dialogue::Dialogue;
pub(crate) use end::End;
pub(crate) use polling::{Polled, PolledRuns, Work};
pub(crate) use room::Room;

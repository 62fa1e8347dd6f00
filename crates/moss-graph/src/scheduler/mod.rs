//! The core of the engine: which nodes run next, and what a finished superstep makes of the state.
//!
//! Deterministic and without I/O: [`start`] a run, [`plan`] a superstep, run its tasks in whatever order, and
//! [`commit`] what they wrote. The result does not depend on the order the tasks finished in. Whoever runs the
//! tasks, [`StateGraphEngine`](crate::StateGraphEngine) or a simulator, drives this same core.
//!
//! A superstep costs what its own tasks cost: nodes, edges and joins that it does not touch are not looked at.

mod commit;
mod plan;
mod progress;
mod routes;

pub use commit::{Finished, commit};
pub use plan::{Plan, plan, start};
pub use progress::Progress;

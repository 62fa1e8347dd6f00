//! The core of the engine: which tasks run next, and what finished ones make of the state.
//!
//! Deterministic and without I/O: [`start`] a run, [`plan`] a superstep, run its tasks in whatever order,
//! [`finish`] each, and [`commit`] what they wrote. The result does not depend on the order the tasks finished in.
//! (`start`, `finish` and `commit` are async only because routers and reducers may be; they wait for nothing else.)
//! Whoever runs the tasks, [`StateGraphEngine`](crate::StateGraphEngine) or a simulator, drives this same core.
//!
//! A superstep costs what its own tasks cost: nodes, edges and joins that it does not touch are not looked at.

mod commit;
mod plan;
mod progress;
mod routes;
mod successors;
mod task;

pub use commit::commit;
pub(crate) use commit::{Waiting, begin_commit, commit_as};
pub use plan::{Plan, plan, start};
pub(crate) use plan::{go_to, start_behind};
pub(crate) use progress::Arrived;
pub use progress::Progress;
pub use routes::finish;
pub(crate) use routes::finish_parts;
pub use task::{Finished, Target, Task, TaskId, TaskPlace};

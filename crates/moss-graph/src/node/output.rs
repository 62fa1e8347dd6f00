//! What may stand for a command.

use super::{Command, NodeError};
use crate::State;

/// What a node of a graph over `S` may give back: a [`Command`], or an update alone.
///
/// `#[derive(State)]` makes it for the update it makes. For a state written by hand it is one line:
///
/// ```
/// # use moss_graph::{Command, NodeError, NodeOutput, ReduceError, State};
/// # #[derive(Clone)] struct Count(u64);
/// # impl State for Count {
/// #     type Update = u64;
/// #     fn visit_last_values<'u>(&self, _: &'u u64, _: &mut dyn FnMut(&'u str)) {}
/// #     fn apply(&mut self, updates: Vec<u64>) -> Result<(), ReduceError> { Ok(()) }
/// # }
/// impl NodeOutput<Count> for u64 {
///     fn into_command(self) -> Result<Command<Count>, NodeError> {
///         Ok(Command::update(self))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a node over `{S}` may give back",
    note = "a node gives back `Result<T, NodeError>` where `T` is an update of the state or a `Command`"
)]
pub trait NodeOutput<S: State> {
    /// The output as a command.
    ///
    /// # Errors
    /// When the output is none that fits the state, which is known at run time only for some (JSON).
    fn into_command(self) -> Result<Command<S>, NodeError>;
}

impl<S: State> NodeOutput<S> for Command<S> {
    fn into_command(self) -> Result<Self, NodeError> {
        Ok(self)
    }
}

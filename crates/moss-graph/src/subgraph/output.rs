//! What a subgraph's node writes.

use std::sync::Arc;

use crate::State;

type OfChild<P, C> = dyn Fn(&C) -> <P as State>::Update + Send + Sync;
type OfBoth<P, C> = dyn Fn(&P, &C) -> <P as State>::Update + Send + Sync;

/// What makes the node's output of the subgraph's last state.
pub(super) enum FromChild<P: State, C: State> {
    /// That state alone.
    Child(Box<OfChild<P, C>>),
    /// The state around it as well.
    Both(Box<OfBoth<P, C>>),
}

/// What makes the output of one run of the node. It holds the state around it only where that is needed: while it is
/// held, it cannot be changed in place.
pub(super) enum Output<'s, P: State, C: State> {
    Child(&'s OfChild<P, C>),
    Both(&'s OfBoth<P, C>, Arc<P>),
}

impl<P: State, C: State> FromChild<P, C> {
    pub(super) fn of_state(&self, state: Arc<P>) -> Output<'_, P, C> {
        match self {
            Self::Child(output) => Output::Child(output),
            Self::Both(output) => Output::Both(output, state),
        }
    }
}

impl<P: State, C: State> Output<'_, P, C> {
    pub(super) fn made_of(&self, child: &C) -> P::Update {
        match self {
            Self::Child(output) => output(child),
            Self::Both(output, state) => output(state, child),
        }
    }
}

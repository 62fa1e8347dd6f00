//! Applying updates where a reducer may take time.

use std::pin::Pin;
use std::sync::Arc;

use super::{ReduceError, State};

/// The state that updates make of another, once their reducers are through.
pub type ApplyFuture<S> = Pin<Box<dyn Future<Output = Result<S, ReduceError>> + Send>>;

/// How the updates of a superstep are applied: see [`State::apply_later`].
pub enum Applying<S: State> {
    /// At once, with [`State::apply`]: here are the updates again.
    AtOnce(Vec<S::Update>),
    /// Reducers have to be waited for. Dropped before, nothing has been applied.
    Later(ApplyFuture<S>),
}

/// Applies updates, and waits for reducers that take time. The state is as it was until all are through, and is
/// changed in place where nobody else holds it.
pub(crate) async fn apply<S: State>(
    state: &mut Arc<S>,
    updates: Vec<S::Update>,
) -> Result<(), ReduceError> {
    match state.apply_later(updates) {
        Applying::AtOnce(updates) => Arc::make_mut(state).apply(updates),
        Applying::Later(applied) => {
            *state = Arc::new(applied.await?);
            Ok(())
        }
    }
}

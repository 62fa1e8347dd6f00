//! What a graph works on: a value with a reducer for each field.

mod append;
mod applying;
mod codec;
mod log;
pub mod persist;
mod reduce;

pub use append::Append;
pub(crate) use applying::apply;
pub use applying::{ApplyFuture, Applying};
pub(crate) use codec::{Codec, Persistence};
pub use log::{Iter, Log};
pub use persist::{Changes, Channels, Json, Marks, PersistentState, StateError};
pub use reduce::{ReduceError, ReducerOutcome, append_unique, reduce, replace};

/// The state of a graph: a value, the updates its nodes write, and how updates are put together.
///
/// Nearly always derived: see [`derive@crate::State`]. By hand it is for states whose fields are known only at
/// run time.
///
/// A state is cloned wherever two versions of it are needed: where a conditional edge looks at it before it is
/// committed, and where somebody still holds an older version. So keep clones cheap: [`Log`] for what grows,
/// [`Arc`](std::sync::Arc) for what is large.
pub trait State: Clone + Send + Sync + 'static {
    /// What one node writes: some fields, the others left out. The default writes nothing.
    type Update: Clone + Default + Send + Sync + 'static;

    /// Tells `visit` the name of every *last-value* field that `update` writes: a field of which one superstep
    /// takes one value. Two writers of such a field in one superstep are an error (LangGraph's
    /// `INVALID_CONCURRENT_GRAPH_UPDATE`).
    fn visit_last_values<'u>(&self, update: &'u Self::Update, visit: &mut dyn FnMut(&'u str));

    /// Applies the updates of one superstep in the order given, which is the order of the nodes' names.
    ///
    /// # Errors
    /// [`ReduceError`] when a reducer refuses an update. The state must then be as it was before the call: no
    /// update at all is applied.
    fn apply(&mut self, updates: Vec<Self::Update>) -> Result<(), ReduceError>;

    /// Applies the updates of one superstep where a reducer may take time: what the engine asks before it applies
    /// anything. The default takes none: it hands the updates back for [`apply`](Self::apply), and costs nothing.
    ///
    /// What is waited for is the state with all updates applied, so that it is all of them or none here too.
    fn apply_later(&self, updates: Vec<Self::Update>) -> Applying<Self> {
        Applying::AtOnce(updates)
    }

    /// A state of defaults with one update applied: a run's input where the host gives some fields only.
    ///
    /// # Errors
    /// [`ReduceError`] when a reducer refuses the update.
    fn from_update(update: Self::Update) -> Result<Self, ReduceError>
    where
        Self: Default,
    {
        let mut state = Self::default();
        state.apply(vec![update])?;
        Ok(state)
    }
}

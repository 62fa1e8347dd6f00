//! A graph to be run again and again.

use anyhow::Result;
use moss_graph::{CompiledGraph, PersistentState, State};

/// Whether what a run came to is right.
type Check<S> = Box<dyn Fn(&S) -> Result<()>>;

/// A graph, what a run of it begins with, and what must come of that.
pub struct Shape<S: PersistentState> {
    /// The graph.
    pub graph: CompiledGraph<S>,
    /// What a thread begins with.
    pub initial: S,
    /// What a run brings.
    pub input: S::Update,
    /// How many supersteps a run takes, those of subgraphs among them.
    pub supersteps: u64,
    /// Whether a run came to what it should.
    pub check: Check<S>,
}

impl<S: PersistentState> Shape<S>
where
    <S as State>::Update: Clone,
{
    /// What a run without a thread begins with.
    pub fn begun(&self) -> Result<S> {
        let mut state = self.initial.clone();
        state.apply(vec![self.input.clone()])?;
        Ok(state)
    }
}

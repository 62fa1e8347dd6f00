//! The states that JavaScript knows, so that it is told what has changed and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use moss_graph::json::{JsonChanges, JsonState};

/// What JavaScript was last told of each graph of a run: the graph itself is 0, others are subgraphs under way.
#[derive(Default)]
pub(super) struct Scopes {
    root: Option<Arc<JsonState>>,
    others: HashMap<u32, Arc<JsonState>>,
    last: u32,
}

impl Scopes {
    /// A number for a subgraph that begins.
    pub(super) const fn open(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// Forgets a subgraph. Tells whether JavaScript had heard of it.
    pub(super) fn close(&mut self, scope: u32) -> bool {
        self.others.remove(&scope).is_some()
    }

    /// What JavaScript is to be told so that it knows this state; nothing if it does.
    pub(super) fn tell(&mut self, scope: u32, state: &Arc<JsonState>) -> Option<JsonChanges> {
        let known = match scope {
            0 => self.root.replace(Arc::clone(state)),
            scope => self.others.insert(scope, Arc::clone(state)),
        };
        let Some(known) = known else { return Some(state.all_changes()) };
        if Arc::ptr_eq(&known, state) {
            return None;
        }
        let changes = state.changes_since(&known);
        (!changes.is_empty()).then_some(changes)
    }
}

//! Reducers that take time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::join_all;
use serde_json::Value;

use super::reducer::{Cause, LaterReducer};
use super::state::Slot;
use super::{JsonState, JsonUpdate, JsonWrite, Reducer};
use crate::panic::PanicMessage;
use crate::state::ReduceError;

/// Writes that a reducer is to put together.
struct Waiting {
    place: usize,
    field: Arc<str>,
    /// The update the first of the writes is of.
    update: usize,
    reducer: Arc<LaterReducer>,
    held: Option<Arc<Value>>,
    writes: Vec<Value>,
}

impl JsonState {
    /// Whether updates write a field whose reducer takes time, other than to overwrite it.
    pub(super) fn waits_for(&self, updates: &[JsonUpdate]) -> bool {
        self.fields.0.later.iter().any(|place| {
            let field = &*self.fields.0.specs[*place].name;
            let mut writes = updates.iter().filter_map(|update| update.get(field)).peekable();
            // One overwrite in a superstep takes the place of all other writes.
            writes.peek().is_some() && !writes.any(JsonWrite::is_overwrite)
        })
    }

    /// This state with the updates of one superstep. Reducers run side by side, and the failure that counts is that of
    /// the first field.
    pub(super) async fn applied(mut self, updates: Vec<JsonUpdate>) -> Result<Self, ReduceError> {
        let mut reduced = Vec::new();
        let mut waiting = Vec::new();
        for (place, writes) in self.gather(updates)? {
            let spec = &self.fields.0.specs[place];
            if let (Reducer::Later(reducer), None) = (&spec.reducer, &writes.overwrite) {
                waiting.push(Waiting {
                    place,
                    field: Arc::clone(&spec.name),
                    update: writes.first(),
                    reducer: Arc::clone(reducer),
                    held: match &self.slots[place] {
                        Slot::Value(value) => Some(value.clone().into_whole()),
                        Slot::Empty | Slot::Log(_) => None,
                    },
                    writes: writes.into_values(),
                });
            } else {
                reduced.push((place, self.reduce(place, writes)?));
            }
        }
        for result in join_all(waiting.into_iter().map(Waiting::reduce)).await {
            reduced.push(result?);
        }
        self.put(reduced);
        Ok(self)
    }
}

impl Waiting {
    async fn reduce(self) -> Result<(usize, Slot), ReduceError> {
        let Self { place, field, update, reducer, held, writes } = self;
        let result = match catch_unwind(AssertUnwindSafe(|| reducer(held, writes))) {
            Ok(future) => AssertUnwindSafe(future).catch_unwind().await,
            Err(payload) => Err(payload),
        };
        let source: Cause = match result {
            Ok(Ok(value)) => return Ok((place, Slot::Value(value.into()))),
            Ok(Err(source)) => source,
            Err(payload) => Box::new(PanicMessage::from(payload)),
        };
        Err(ReduceError { field: field.to_string(), update, source })
    }
}

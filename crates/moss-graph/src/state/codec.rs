//! Storing states where it is not known whether they can be.

use std::sync::Arc;

use super::State;
use super::persist::{Changes, Channels, Json, Marks, PersistentState, StateError};

/// [`PersistentState`] as an object, with the state that threads begin with. An engine has one, or does not: so one
/// engine serves states that can be stored and states that cannot.
pub(crate) trait Codec<S: State>: Send + Sync {
    fn initial(&self) -> Arc<S>;
    fn mark(&self, state: &S, updates: &mut dyn Iterator<Item = &S::Update>, marks: &mut Marks);
    fn changes(&self, state: &S, marks: &Marks) -> Result<Changes, StateError>;
    fn restore(&self, channels: &Channels) -> Result<S, StateError>;
    fn restore_to_show(&self, channels: &Channels) -> Result<S, StateError>;
    fn to_json(&self, state: &S) -> Result<Json, StateError>;
    fn as_input(&self, state: &S) -> Result<Json, StateError>;
    fn shown(&self, state: &S) -> Result<Json, StateError>;
    fn state_from_json(&self, json: Json) -> Result<S, StateError>;
    fn update_to_json(&self, update: &S::Update) -> Result<Json, StateError>;
    fn stored_update(&self, update: &S::Update) -> Result<Json, StateError>;
    fn update_from_json(&self, json: Json) -> Result<S::Update, StateError>;
}

/// The codec of a state that can be stored.
pub(crate) struct Persistence<S>(pub(crate) Arc<S>);

impl<S: PersistentState> Codec<S> for Persistence<S> {
    fn initial(&self) -> Arc<S> {
        Arc::clone(&self.0)
    }

    fn mark(&self, state: &S, updates: &mut dyn Iterator<Item = &S::Update>, marks: &mut Marks) {
        state.mark(updates, marks);
    }

    fn changes(&self, state: &S, marks: &Marks) -> Result<Changes, StateError> {
        state.changes(marks)
    }

    fn restore(&self, channels: &Channels) -> Result<S, StateError> {
        self.0.restore(channels)
    }

    fn restore_to_show(&self, channels: &Channels) -> Result<S, StateError> {
        self.0.restore_to_show(channels)
    }

    fn to_json(&self, state: &S) -> Result<Json, StateError> {
        state.to_json()
    }

    fn as_input(&self, state: &S) -> Result<Json, StateError> {
        state.as_input()
    }

    fn shown(&self, state: &S) -> Result<Json, StateError> {
        state.shown()
    }

    fn state_from_json(&self, json: Json) -> Result<S, StateError> {
        self.0.with_json(json)
    }

    fn update_to_json(&self, update: &S::Update) -> Result<Json, StateError> {
        S::update_to_json(update)
    }

    fn stored_update(&self, update: &S::Update) -> Result<Json, StateError> {
        self.0.stored_update(update)
    }

    fn update_from_json(&self, json: Json) -> Result<S::Update, StateError> {
        self.0.update_from_json(json)
    }
}

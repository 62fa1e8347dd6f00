//! States that can be stored and read back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Marks, StateError};
use crate::checkpoint::{ChannelChange, ChannelName, ChannelValue};
use crate::state::State;

/// What a superstep did to the channels of a state.
pub type Changes = BTreeMap<ChannelName, ChannelChange>;
/// The values of a state's channels as they are stored.
pub type Channels = BTreeMap<ChannelName, ChannelValue>;
/// A JSON value, as states are shown to those who do not know their type.
pub type Json = Value;

/// A state that can be stored and read back, and shown as JSON.
///
/// Derived with `#[state(persist)]` on a struct with `#[derive(State)]`; its fields, and what is written to them, must
/// be `Serialize` and `DeserializeOwned`, but for those that are `#[state(untracked)]`. A JSON state
/// ([`JsonState`](crate::json::JsonState)) is one already.
///
/// What is stored costs what changed: before a superstep is applied, [`mark`](Self::mark) notes what it is going to
/// write, and afterwards [`changes`](Self::changes) encodes that and nothing else.
pub trait PersistentState: State {
    /// Notes the fields that these updates write, as they are before, and those that every superstep changes.
    fn mark(&self, updates: &mut dyn Iterator<Item = &Self::Update>, marks: &mut Marks);

    /// Encodes what became of the fields that are marked.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded, or exceeds a limit.
    fn changes(&self, marks: &Marks) -> Result<Changes, StateError>;

    /// This state with the stored values in it. Fields of which nothing is stored keep theirs, so that a field may be
    /// added to a state whose threads are stored already.
    ///
    /// # Errors
    /// [`StateError`] when a stored value is not of its field's type.
    fn restore(&self, channels: &Channels) -> Result<Self, StateError>;

    /// As [`restore`](Self::restore), for a state that is shown and not gone on with: it may be one that decodes only what
    /// somebody looks at. Default: what `restore` gives.
    ///
    /// # Errors
    /// Those of [`restore`](Self::restore).
    fn restore_to_show(&self, channels: &Channels) -> Result<Self, StateError> {
        self.restore(channels)
    }

    /// The state as a JSON object, without what is not stored.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn to_json(&self) -> Result<Json, StateError>;

    /// This state with the fields of a JSON object in it.
    ///
    /// # Errors
    /// [`StateError`] when it is no object, names no field, or a value is not of its field's type.
    fn with_json(&self, json: Json) -> Result<Self, StateError>;

    /// The state as a task's input is told to those who follow a run. Default: what [`to_json`](Self::to_json) gives.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn as_input(&self) -> Result<Json, StateError> {
        self.to_json()
    }

    /// The state as it is shown to those who follow a run: what [`to_json`](Self::to_json) gives, or the part of it that
    /// is its output.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn shown(&self) -> Result<Json, StateError> {
        self.to_json()
    }

    /// An update as it is stored until its superstep is committed: without what is not stored.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn stored_update(&self, update: &Self::Update) -> Result<Json, StateError> {
        Self::update_to_json(update)
    }

    /// An update as a JSON object: the fields that it writes. What takes a field's place stands as
    /// `{"__overwrite__": value}`, as in LangGraph.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn update_to_json(update: &Self::Update) -> Result<Json, StateError>;

    /// An update from the JSON object that [`update_to_json`](Self::update_to_json) makes.
    ///
    /// # Errors
    /// [`StateError`] when it is no object, names no field, or a value is not of its field's type.
    fn update_from_json(&self, json: Json) -> Result<Self::Update, StateError>;
}

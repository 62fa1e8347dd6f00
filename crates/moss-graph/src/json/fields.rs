//! The fields of a JSON state.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::{JsonState, JsonUpdate, JsonValue, Reducer};
use crate::State;
use crate::state::persist::{StateError, object, unknown_field};
use crate::state::{ReduceError, apply};

/// One field: its name, how it is reduced, and what it holds before anything is written.
#[derive(Debug, Clone)]
pub struct FieldSpec {
    pub(super) name: Arc<str>,
    pub(super) reducer: Reducer,
    pub(super) default: Option<JsonValue>,
}

/// The fields of a JSON state. Cheap to clone once it is built.
#[derive(Debug, Clone, Default)]
pub struct JsonFields(pub(super) Arc<Inner>);

#[derive(Debug, Clone, Default)]
pub(super) struct Inner {
    pub(super) specs: Vec<FieldSpec>,
    pub(super) places: HashMap<Arc<str>, usize>,
    /// The fields that are cleared by a superstep that does not write them.
    pub(super) fleeting: Vec<usize>,
    /// The fields whose reducers take time.
    pub(super) later: Vec<usize>,
    /// What a run's input may write; all where it is not said.
    input: Option<HashSet<String>>,
    /// What of the state is shown; all where it is not said.
    output: Option<HashSet<String>>,
}

impl Inner {
    fn places_of(&self, kind: impl Fn(&Reducer) -> bool) -> Vec<usize> {
        let fields = self.specs.iter().enumerate().filter(|(_, spec)| kind(&spec.reducer));
        fields.map(|(place, _)| place).collect()
    }
}

impl JsonFields {
    /// No fields yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. A second one of the same name takes the place of the first.
    #[must_use]
    pub fn field(self, name: impl Into<String>, reducer: Reducer) -> Self {
        self.add(name.into(), reducer, None)
    }

    /// Adds a field that holds something before anything is written.
    #[must_use]
    pub fn field_with_default(
        self,
        name: impl Into<String>,
        reducer: Reducer,
        default: impl Into<JsonValue>,
    ) -> Self {
        self.add(name.into(), reducer, Some(default.into()))
    }

    fn add(mut self, name: String, reducer: Reducer, default: Option<JsonValue>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        let name: Arc<str> = name.into();
        let spec = FieldSpec { name: Arc::clone(&name), reducer, default };
        match inner.places.get(&name) {
            Some(place) => inner.specs[*place] = spec,
            None => {
                inner.places.insert(name, inner.specs.len());
                inner.specs.push(spec);
            }
        }
        inner.fleeting = inner.places_of(Reducer::is_fleeting);
        inner.later = inner.places_of(Reducer::takes_time);
        self
    }

    /// Names the fields that a run's input may write: LangGraph's input schema. Default: all.
    #[must_use]
    pub fn input(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Arc::make_mut(&mut self.0).input = Some(names);
        self
    }

    /// Names the fields that a run shows, in its result and its `values`: LangGraph's output schema. Default: all.
    #[must_use]
    pub fn output(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Arc::make_mut(&mut self.0).output = Some(names);
        self
    }

    /// The names of the fields, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.specs.iter().map(|spec| &*spec.name)
    }

    /// How a field is reduced; none where there is no such field.
    #[must_use]
    pub fn reducer(&self, field: &str) -> Option<&Reducer> {
        self.0.places.get(field).map(|place| &self.0.specs[*place].reducer)
    }

    /// The state before anything is written: what threads begin with.
    #[must_use]
    pub fn initial(&self) -> JsonState {
        JsonState::initial(self.clone())
    }

    /// The state that a run begins with: an input put over the defaults.
    ///
    /// # Errors
    /// [`ReduceError`] when a reducer refuses the input or takes time (for those see
    /// [`state_later`](Self::state_later)), or it is none that [`input_update`](Self::input_update) takes.
    pub fn state(&self, input: Value) -> Result<JsonState, ReduceError> {
        let update = self.first_update(input)?;
        let mut state = self.initial();
        state.apply(vec![update])?;
        Ok(state)
    }

    /// The state that a run begins with, where reducers may take time.
    ///
    /// # Errors
    /// [`ReduceError`] when a reducer refuses the input, or it is none that [`input_update`](Self::input_update) takes.
    pub async fn state_later(&self, input: Value) -> Result<JsonState, ReduceError> {
        let update = self.first_update(input)?;
        let mut state = Arc::new(self.initial());
        apply(&mut state, vec![update]).await?;
        Ok(Arc::unwrap_or_clone(state))
    }

    fn first_update(&self, input: Value) -> Result<JsonUpdate, ReduceError> {
        self.input_update(input).map_err(|source| ReduceError {
            field: "__input__".to_owned(),
            update: 0,
            source: source.into(),
        })
    }

    /// A run's input as an update.
    ///
    /// # Errors
    /// [`StateError`] when it is no object, or names a field that is not there or that an input may not write.
    pub fn input_update(&self, input: Value) -> Result<JsonUpdate, StateError> {
        let input = object(input)?;
        let Some(refused) = input.keys().find(|key| !self.takes(key)) else {
            return Ok(JsonUpdate::new(input));
        };
        let inputs: Vec<&str> = self.names().filter(|name| self.is_input(name)).collect();
        if self.0.places.contains_key(refused.as_str()) {
            let inputs = inputs.into_iter().map(str::to_owned).collect();
            return Err(StateError::NotAnInput { field: refused.clone(), inputs });
        }
        Err(unknown_field(refused, &inputs))
    }

    pub(super) fn place(&self, name: &str) -> Result<usize, StateError> {
        match self.0.places.get(name) {
            Some(place) => Ok(*place),
            None => Err(unknown_field(name, &self.names().collect::<Vec<_>>())),
        }
    }

    /// Whether an input may write this.
    fn takes(&self, name: &str) -> bool {
        self.0.places.contains_key(name) && self.is_input(name)
    }

    pub(super) fn is_input(&self, name: &str) -> bool {
        self.0.input.as_ref().is_none_or(|input| input.contains(name))
    }

    pub(super) fn is_output(&self, name: &str) -> bool {
        self.0.output.as_ref().is_none_or(|output| output.contains(name))
    }
}

//! Custom reducers: what they may return, and how their failures are contained.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;

use crate::panic::PanicMessage;

/// A reducer refused an update. The state it was to change is as it was.
#[derive(Debug, Error)]
#[error("the reducer of the state field {field:?} refused an update")]
pub struct ReduceError {
    /// The field whose reducer failed.
    pub field: String,
    /// Which of the updates given to [`State::apply`](crate::State::apply) it was, counted from 0.
    pub update: usize,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// What a reducer may return: nothing, or a result whose error refuses the update.
#[diagnostic::on_unimplemented(
    message = "a reducer may not return `{Self}`",
    note = "a reducer is `fn(&mut Field, Update)` or `fn(&mut Field, Update) -> Result<(), E>`, \
            with `E: Into<Box<dyn Error + Send + Sync>>`"
)]
pub trait ReducerOutcome {
    /// The outcome as a result.
    ///
    /// # Errors
    /// The reducer's own error.
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl ReducerOutcome for () {
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> ReducerOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.map_err(Into::into)
    }
}

/// Runs a reducer; its error or panic becomes a [`ReduceError`]. For [`State`](crate::State) implementations,
/// the derived ones among them.
///
/// `update` is the place of the update in the list given to [`State::apply`](crate::State::apply). After an
/// error `value` may be half changed: reduce a copy of the field, and put it in place when all reducers
/// are through.
///
/// # Errors
/// [`ReduceError`] when the reducer returns an error or panics.
pub fn reduce<F, U, O: ReducerOutcome>(
    field: &str,
    update: usize,
    value: &mut F,
    written: U,
    reducer: impl FnOnce(&mut F, U) -> O,
) -> Result<(), ReduceError> {
    let source = match catch_unwind(AssertUnwindSafe(|| reducer(value, written).into_result())) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(payload) => Box::new(PanicMessage::from(payload)),
    };
    Err(ReduceError { field: field.to_owned(), update, source })
}

/// A reducer that keeps what was written last, and takes any number of writes a superstep: LangGraph's `AnyValue`.
pub fn replace<T>(value: &mut T, written: T) {
    *value = written;
}

/// A reducer for lists that takes in what is not there yet: LangGraph's unique `Topic`.
pub fn append_unique<T: PartialEq>(items: &mut Vec<T>, written: Vec<T>) {
    for item in written {
        if !items.contains(&item) {
            items.push(item);
        }
    }
}

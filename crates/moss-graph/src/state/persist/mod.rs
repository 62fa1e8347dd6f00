//! States that can be stored, and read back: what they implement, and what derived ones are made of.

mod channels;
mod error;
mod marks;
mod object;
mod overwrite;
mod state;

pub(crate) use channels::{decode, encode};
pub use channels::{log_change, stored_items, stored_value, value_change};
pub use error::StateError;
pub(crate) use error::unknown_field;
pub use marks::{Mark, Marks};
pub use object::Object;
pub(crate) use object::{kind, object};
pub use overwrite::overwrite;
pub(crate) use overwrite::{OVERWRITE, is_overwrite, overwritten};
pub use state::{Changes, Channels, Json, PersistentState};

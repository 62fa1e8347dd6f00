//! States that can be stored, and read back: what they implement, and what derived ones are made of.

mod channels;
mod encoding;
mod error;
mod kind;
mod marks;
mod object;
mod overwrite;
mod state;

pub(crate) use channels::{decode, encode};
pub use channels::{stored_items, stored_value};
pub(crate) use encoding::SharedBlobs;
pub use encoding::{Encoding, Identity};
pub use error::StateError;
pub(crate) use error::unknown_field;
pub use kind::{Kind, Plain, Shared};
pub use marks::{Mark, Marks};
pub use object::Object;
pub(crate) use object::{kind, object};
pub use overwrite::overwrite;
pub(crate) use overwrite::{OVERWRITE, is_overwrite, overwritten};
pub use state::{Changes, Channels, Json, PersistentState};

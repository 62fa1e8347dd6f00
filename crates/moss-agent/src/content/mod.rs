//! What a run has made, as content parts.

mod aggregator;
mod from_messages;

pub use aggregator::ContentAggregator;
pub use from_messages::content_of_messages;
pub(crate) use from_messages::reasoning_of;

//! What is done about nodes that fail, hang, or have been run before.

mod cache;
mod handler;
mod retry;
mod timeout;

pub use cache::{CachePolicy, Cached, MemoryCache, NodeCache};
pub use handler::ErrorHandler;
pub use retry::{RetryJudge, RetryPolicy};
pub use timeout::{Refresh, TimeoutPolicy};

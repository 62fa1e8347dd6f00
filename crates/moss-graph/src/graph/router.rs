//! What asks where a conditional edge leads.

use std::pin::Pin;
use std::sync::Arc;

use super::Route;
use crate::{NodeError, State};

pub(crate) type RouteFuture<S> = Pin<Box<dyn Future<Output = Result<Route<S>, NodeError>> + Send>>;

/// A conditional edge's router.
pub(crate) enum Router<S: State> {
    Sync(Box<dyn Fn(&S) -> Route<S> + Send + Sync>),
    Async(Box<dyn Fn(Arc<S>) -> RouteFuture<S> + Send + Sync>),
}

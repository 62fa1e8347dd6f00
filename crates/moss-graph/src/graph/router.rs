//! What asks where a conditional edge leads.

use std::pin::Pin;
use std::sync::Arc;

use super::Route;
use crate::{NodeError, State};

pub(crate) type RouteFuture<S> = Pin<Box<dyn Future<Output = Result<Route<S>, NodeError>> + Send>>;

type SyncRouter<S> = dyn Fn(&S) -> Route<S> + Send + Sync;
type AsyncRouter<S> = dyn Fn(Arc<S>) -> RouteFuture<S> + Send + Sync;

/// A conditional edge's router.
pub(crate) enum Router<S: State> {
    Sync(Box<SyncRouter<S>>),
    Async(Box<AsyncRouter<S>>),
}

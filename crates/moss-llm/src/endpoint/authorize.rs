//! Proofs that have to be made anew for each request, or fetched.

use std::fmt;

use futures::future::BoxFuture;
use reqwest::Request;

use crate::{ModelError, Secret};

/// Proves that a request may be made: signs it, or fetches and keeps a token. Called for each attempt, with the
/// request as it goes out.
pub(crate) trait Authorize: fmt::Debug + Send + Sync {
    /// Adds what is missing. May take as long as a request of its own takes; the caller bounds and cancels it.
    fn authorize<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), ModelError>>;

    /// What it put into requests of late and no error may show.
    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }
}

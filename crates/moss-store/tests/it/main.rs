//! Behaviour of the checkpoint stores, from outside.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod conformance;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod engine;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod process;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod random;
#[cfg(feature = "sqlite")]
mod sqlite;
mod support;

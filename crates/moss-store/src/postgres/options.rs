//! How a PostgreSQL store is opened.

use std::num::NonZeroUsize;
use std::time::Duration;

/// How a PostgreSQL store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// How many connections there are at most: 8 by default. Calls beyond wait for one.
    pub connections: NonZeroUsize,
    /// How long to wait for a connection, and for another transaction that holds what is needed: 5 s by default.
    pub busy_timeout: Duration,
    /// Certificates of authorities, in PEM, that the server's may be signed by beside those that browsers trust: none by
    /// default.
    pub root_certificates: Option<Vec<u8>>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections: NonZeroUsize::MIN.saturating_add(7),
            busy_timeout: Duration::from_secs(5),
            root_certificates: None,
        }
    }
}

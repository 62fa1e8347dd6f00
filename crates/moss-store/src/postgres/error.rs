//! Errors of PostgreSQL, as errors of a store.

use deadpool_postgres::PoolError;
use moss_graph::checkpoint::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// What an error of PostgreSQL means to who was `doing` something.
pub(super) fn failed(doing: &'static str, error: Error) -> StoreError {
    let state = error.code().cloned();
    let is_closed = error.is_closed();
    let source = Box::new(error);
    let Some(state) = state else {
        return if is_closed || is_of_the_connection(&source) {
            StoreError::Unavailable { doing, source }
        } else {
            // A value of another type than is ever written.
            StoreError::Corrupt { what: "a row".to_owned(), source: Some(source) }
        };
    };
    let is_any = |states: &[SqlState]| states.contains(&state);
    if is_any(&[
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::TOO_MANY_CONNECTIONS,
    ]) {
        StoreError::Busy { doing, source: Some(source) }
    } else if is_any(&[SqlState::DISK_FULL]) {
        StoreError::Full { doing, source }
    } else if is_any(&[SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::INSUFFICIENT_PRIVILEGE]) {
        StoreError::ReadOnly { doing, source }
    } else if is_any(&[SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED]) {
        StoreError::Corrupt { what: "the database".to_owned(), source: Some(source) }
    } else if ["08", "28", "3D", "57"].iter().any(|class| state.code().starts_with(class)) {
        // The connection, who may log in, a database that is not there, and a server that shuts down.
        StoreError::Unavailable { doing, source }
    } else {
        StoreError::Io { doing, source }
    }
}

/// Whether an error came from the network and not from a row.
fn is_of_the_connection(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<std::io::Error>() {
            return true;
        }
        cause = error.source();
    }
    // A connection that breaks has no cause of its own in some cases; a row that cannot be read always has.
    std::error::Error::source(error).is_none()
}

/// What it means that no connection was to be had.
pub(super) fn not_connected(doing: &'static str, error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => failed(doing, error),
        PoolError::Closed => StoreError::Closed,
        error @ PoolError::Timeout(_) => StoreError::Busy { doing, source: Some(Box::new(error)) },
        error @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
            StoreError::Unavailable { doing, source: Box::new(error) }
        }
    }
}

//! Errors of SQLite, as errors of a store.

use std::path::Path;

use moss_graph::checkpoint::StoreError;
use rusqlite::{Error, ErrorCode};

/// What an error of SQLite means to who was `doing` something.
pub(super) fn failed(doing: &'static str, error: Error) -> StoreError {
    let code = match &error {
        Error::SqliteFailure(failure, _) => failure.code,
        // Something else is stored than is ever written.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..)
        | Error::QueryReturnedNoRows => ErrorCode::DatabaseCorrupt,
        _ => ErrorCode::Unknown,
    };
    let source = Box::new(error);
    match code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::SchemaChanged => StoreError::Busy { doing, source: Some(source) },
        ErrorCode::DiskFull => StoreError::Full { doing, source },
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly { doing, source },
        ErrorCode::CannotOpen => StoreError::Unavailable { doing, source },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::Corrupt { what: "the database file".to_owned(), source: Some(source) }
        }
        _ => StoreError::Io { doing, source },
    }
}

/// Whether an error says that what is stored does not allow something, and nothing of the database itself.
pub(super) const fn is_refusal(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::LeaseHeld { .. }
            | StoreError::Fenced { .. }
            | StoreError::HeadMoved { .. }
            | StoreError::UnknownCheckpoint { .. }
            | StoreError::UnknownThread { .. }
            | StoreError::ThreadExists { .. }
            | StoreError::Refused { .. }
            | StoreError::Name { .. }
    )
}

/// What an error on opening a file means.
pub(super) fn not_opened(path: &Path, error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::Foreign { place: path.display().to_string() },
        Some(_) | None => failed("opening the database file", error),
    }
}

//! Tools that come with the runtime: [`Calculator`], [`Clock`] and [`ReadFile`].

mod calculator;
mod clock;
mod expression;
mod read_file;

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

pub use calculator::Calculator;
pub use clock::Clock;
pub use read_file::ReadFile;

use super::Tool;
use super::suggestion::nearest;

/// The names of the built-in tools.
pub const NAMES: &[&str] = &[Calculator::NAME, Clock::NAME, ReadFile::NAME];

/// What built-in tools may reach beyond their arguments. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The folder below which files may be read.
    pub read: Option<PathBuf>,
}

/// A built-in tool could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuiltinError {
    /// There is no such tool.
    #[error("there is no built-in tool `{name}`{}", suggestion.map(|near| format!(". Did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// The name as it was written.
        name: String,
        /// A tool of nearly that name.
        suggestion: Option<&'static str>,
    },
    /// The tool reads files, and no folder was named in [`Access::read`].
    #[error("the tool `{name}` reads files, and no folder is named that it may read")]
    NoFolder {
        /// The tool.
        name: &'static str,
    },
    /// The folder cannot be used.
    #[error("the folder `{}` cannot be read", folder.display())]
    Folder {
        /// The folder as it was written.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The built-in tool of a name.
///
/// # Errors
/// [`BuiltinError`]: no such tool, or a folder that is missing or cannot be read.
pub fn by_name(name: &str, access: &Access) -> Result<Arc<dyn Tool>, BuiltinError> {
    match name {
        Calculator::NAME => Ok(Arc::new(Calculator::new())),
        Clock::NAME => Ok(Arc::new(Clock::new())),
        ReadFile::NAME => match &access.read {
            Some(folder) => Ok(Arc::new(ReadFile::new(folder)?)),
            None => Err(BuiltinError::NoFolder { name: ReadFile::NAME }),
        },
        _ => Err(BuiltinError::Unknown {
            name: name.to_owned(),
            suggestion: nearest(name, NAMES.iter().copied()),
        }),
    }
}

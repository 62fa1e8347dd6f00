//! How the command ends.

use std::error::Error;
use std::process::ExitCode;

use crate::terminal::{Style, Terminal, one_line};

/// The exit codes. `--help` and `docs/cli.md` list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked.
    Done,
    /// The run failed.
    Failed,
    /// The command line, a file that it names or the configuration cannot be used. Nothing was run.
    Usage,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why the command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub error: anyhow::Error,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// The command line, a file that it names or the configuration cannot be used.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, anyhow::Error::msg(message.into()))
    }

    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows it: `error:` with what lies beneath, and `hint:`.
    pub fn show(&self, terminal: &mut Terminal) {
        terminal.end_line();
        let text = chain(self.error.as_ref());
        terminal.label("error", Style::Error, &one_line(&text));
        if let Some(hint) = &self.hint {
            terminal.label("hint", Style::Hint, &one_line(hint));
        }
    }
}

/// An error with what lies beneath, in one line. Ends where the root of it all is said: messages of providers
/// begin with it.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let mut text = error.to_string();
    for cause in &causes {
        if causes.last().is_some_and(|root| text.contains(root.as_str())) {
            break;
        }
        text.push_str(": ");
        text.push_str(cause);
    }
    text
}

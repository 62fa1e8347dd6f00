//! Runs programs, and says which.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Runs programs in the repository.
pub struct Shell {
    root: PathBuf,
}

impl Shell {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// A path below the repository's root.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// Cargo, as it called us.
    pub fn cargo_command(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command.args(arguments);
        command
    }

    /// Runs Cargo.
    pub fn cargo(&self, arguments: &[&str]) -> Result<()> {
        self.run(self.cargo_command(arguments))
    }

    /// A program in a folder below the root.
    pub fn program(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path(folder));
        command
    }

    /// Runs to the end; anything but success is an error.
    pub fn run(&self, mut command: Command) -> Result<()> {
        if command.get_current_dir().is_none() {
            command.current_dir(&self.root);
        }
        let line = line(&command);
        say(&format!("\n$ {line}"));
        let status = command.status().with_context(|| format!("`{line}` could not be started"))?;
        if !status.success() {
            bail!("`{line}` failed ({status})");
        }
        Ok(())
    }

    /// Runs to the end, and gives what it printed to its standard output.
    pub fn output(&self, mut command: Command) -> Result<String> {
        let line = line(&command);
        let output = command.output().with_context(|| format!("`{line}` could not be started"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("`{line}` failed ({}): {}", output.status, said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// Says a line to whoever called us.
pub fn say(line: &str) {
    // Nothing is lost when nobody reads it.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = command.get_args().map(|word| word.to_string_lossy());
    std::iter::once(program.to_string_lossy()).chain(words).collect::<Vec<_>>().join(" ")
}

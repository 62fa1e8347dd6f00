//! From the command line to a command.

use std::io::{self, ErrorKind};

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use moss_agent::nearest;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;
use crate::{doctor, graph, models, run, welcome};

/// Does what the command line says.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(mut error) => {
            suggest_command(&mut error);
            // Help and version come this way too. Who no longer reads them misses nothing.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let mut terminal = Terminal::of_process();
    let outcome = match cli.command {
        None => welcome::show(&mut terminal),
        Some(Command::Run(args)) => return run::run(&args, terminal),
        Some(Command::Models(command)) => models::run(&command, &mut terminal),
        Some(Command::Graph(args)) => graph::run(&args, &mut terminal),
        Some(Command::Doctor) => doctor::run(&mut terminal),
        Some(Command::Completion { shell }) => completion(shell, &mut terminal),
    };
    outcome.unwrap_or_else(|failure| {
        failure.show(&mut terminal);
        failure.exit
    })
}

/// Adds the command that was probably meant: clap's own measure misses short words with letters swapped.
fn suggest_command(error: &mut clap::Error) {
    if error.get(ContextKind::SuggestedSubcommand).is_some() {
        return;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let commands = Cli::command();
    if let Some(near) = nearest(word, commands.get_subcommands().map(|command| command.get_name()))
    {
        let near = ContextValue::Strings(vec![near.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, near);
    }
}

fn completion(shell: Shell, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "moss", &mut script);
    written(terminal.text(&String::from_utf8_lossy(&script)))
}

/// The end of a command that only writes. A reader that has gone had enough.
pub fn written(result: io::Result<()>) -> Result<Exit, Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(error)),
        Ok(()) | Err(_) => Ok(Exit::Done),
    }
}

/// Standard output cannot be written.
pub fn unwritable(error: io::Error) -> Failure {
    let error = anyhow::Error::new(error).context("cannot write to standard output");
    Failure::new(Exit::Failed, error)
}

//! The project's own commands: `cargo xtask <command>`.

mod conformance;
mod live;
mod node;
mod npm;
mod postgres;
mod shell;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use shell::{Shell, say};

const USAGE: &str = "\
cargo xtask <command>

  test         everything: format, lints, Rust tests, PostgreSQL, the Node binding, TypeScript tests on Node 20
               and 24, conformance. Sets up what it needs.
  postgres     tests the stores on a PostgreSQL server (skipped where npm has none for the platform)
  node         builds the Node binding and packages/runtime, ready to use
  conformance  replays the recorded scenarios of the Run interface (skipped where they are missing)
  live         asks a real small model on loopback, from the terminal and from Node (skipped where its
               start script is missing)
";

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let shell = Shell::new(root);
    let result = match command.as_deref() {
        Some("test") => test(&shell),
        Some("postgres") => postgres::test(&shell),
        Some("node") => node::build(&shell),
        Some("conformance") => conformance::replay(&shell),
        Some("live") => live::run(&shell),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("\ncargo xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn test(shell: &Shell) -> Result<()> {
    shell.cargo(&["fmt", "--all", "--check"])?;
    shell.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    // The tests on a server are built with all others: by themselves they would need most crates with other features.
    let all = ["--workspace", "--features", postgres::FEATURE];
    shell.cargo(&[&["clippy"], &all[..], &["--all-targets", "--", "-D", "warnings"]].concat())?;
    let mut tests = shell.cargo_command(&["test"]);
    let server = postgres::server(shell)?;
    tests.args(all).envs(server.clone());
    shell.run(tests)?;
    node::build(shell)?;
    node::test(shell, server)?;
    conformance::replay(shell)?;
    say("\nEverything passed.");
    Ok(())
}

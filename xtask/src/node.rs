//! The Node side: the binding, and the packages over it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::npm;
use crate::shell::{Shell, say};

const PACKAGE: &str = "packages/runtime";

/// The newer Node that the packages are also tested on.
const NEWER_NODE: &str = "24";

/// Builds the binding and `packages/runtime`.
pub fn build(shell: &Shell) -> Result<()> {
    shell.cargo(&["build", "--package", "moss-node"])?;
    let mut install = shell.program("npm", PACKAGE);
    install.args(["ci", "--no-audit", "--no-fund"]);
    shell.run(install)?;
    let mut build = shell.program("npm", PACKAGE);
    build.args(["run", "build"]);
    shell.run(build)?;
    install_binding(shell)
}

/// Tests `packages/runtime` on the Node at hand and on a newer one, and checks its types. `server` says what tests find a
/// PostgreSQL server by.
pub fn test(shell: &Shell, server: Option<(&str, PathBuf)>) -> Result<()> {
    for script in ["check", "test"] {
        let mut npm = shell.program("npm", PACKAGE);
        npm.args(["run", script]).envs(server.clone());
        shell.run(npm)?;
    }
    let node = newer_node(shell)?;
    let mut test = shell.program("npm", PACKAGE);
    test.args(["run", "test:compiled"]).envs(server);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(node).chain(std::env::split_paths(&path));
    test.env("PATH", std::env::join_paths(paths)?);
    shell.run(test)
}

/// Copies the binding to where the package looks for it first.
fn install_binding(shell: &Shell) -> Result<()> {
    let mut ask = shell.program("node", PACKAGE);
    ask.args(["--print", "require('./dist/cjs/native.js').platformTriple()"]);
    let triple = shell.output(ask)?;
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| shell.path("target"), PathBuf::from)
        .join("debug");
    let (prefix, extension) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_EXTENSION);
    let built = target.join(format!("{prefix}moss_node.{extension}"));
    let folder = shell.path(PACKAGE).join("native");
    fs::create_dir_all(&folder)?;
    let installed = folder.join(format!("moss-node.{triple}.node"));
    // A new file: a running Node may have the old one open.
    let _ = fs::remove_file(&installed);
    fs::copy(&built, &installed)
        .with_context(|| format!("{} could not be copied", built.display()))?;
    say(&format!("installed {}", installed.display()));
    Ok(())
}

/// The folder of the newer Node's binary.
fn newer_node(shell: &Shell) -> Result<PathBuf> {
    let package = format!("node-{}", npm::platform(shell)?);
    Ok(npm::fetch(shell, "node", &package, NEWER_NODE)?.join("bin"))
}

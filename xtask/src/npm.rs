//! Programs that npm carries.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::shell::Shell;

/// This platform, as npm's packages for one platform are named: `linux-x64`.
pub fn platform(shell: &Shell) -> Result<String> {
    let mut ask = shell.program("node", ".");
    ask.args([
        "--print",
        "`${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`",
    ]);
    shell.output(ask)
}

/// The folder of a package in a folder below `target`, where it is fetched to once. Its install scripts are not run.
pub fn fetch(shell: &Shell, folder: &str, package: &str, version: &str) -> Result<PathBuf> {
    let below = format!("target/{folder}");
    let home = shell.path(&below);
    let fetched = home.join("node_modules").join(package);
    if !fetched.exists() {
        fs::create_dir_all(&home)?;
        fs::write(home.join("package.json"), "{\"private\":true}")?;
        let mut install = shell.program("npm", &below);
        install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
        install.arg(format!("{package}@{version}"));
        shell.run(install)?;
    }
    Ok(fetched)
}

//! Asks a real model, from the terminal and from Node.

use std::path::PathBuf;

use anyhow::Result;

use crate::node;
use crate::shell::{Shell, say};

/// The model that the start script serves.
const MODEL: &str = "smollm2-135m";

/// Starts the model that `MOSS_LOCAL_LLM` (a script that prints a base URL) serves, and lets it call a tool.
pub fn run(shell: &Shell) -> Result<()> {
    let script = std::env::var_os("MOSS_LOCAL_LLM")
        .map_or_else(|| shell.path("../shared/local-llm/start.sh"), PathBuf::from);
    if !script.exists() {
        say("live: skipped, no local model here (set MOSS_LOCAL_LLM to a script that starts one)");
        return Ok(());
    }
    let mut start = std::process::Command::new("bash");
    start.arg(&script);
    let base_url = shell.output(start)?;
    say(&format!("live: the model answers at {base_url}"));
    let model = format!("openai/{MODEL}");
    let question = "What is 37 * 91?";
    shell.cargo(&[
        "run",
        "--package",
        "moss-cli",
        "--",
        "run",
        "-m",
        &model,
        "--base-url",
        &base_url,
        question,
    ])?;
    // The other wires that the server speaks.
    let mut wires = shell.program("cargo", ".");
    wires.args(["test", "--package", "moss-llm", "--test", "it", "live"]);
    wires.env("MOSS_LIVE_BASE_URL", &base_url);
    shell.run(wires)?;
    node::build(shell)?;
    let mut example = shell.program("node", "packages/runtime");
    example.arg("examples/agent.mjs");
    example.env("OPENAI_BASE_URL", &base_url).env("MODEL", MODEL);
    shell.run(example)
}

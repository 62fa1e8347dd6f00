//! Replays the recorded scenarios of the Run interface.

use std::path::PathBuf;

use anyhow::Result;

use crate::shell::{Shell, say};

/// The recorded scenarios that this version is to match.
const SCENARIOS: &[&str] = &[
    "text",
    "one-tool",
    "one-tool-notext",
    "parallel-tools",
    "deepseek-reasoning",
    "think-tags",
    "anthropic-thinking-text",
    "tool-error",
    "unknown-tool",
    "provider-error",
    "abort",
    "message-delta-throws",
    "completed-throws",
    "model-end-throws",
];

/// Replays each scenario against `packages/runtime`. The recordings are no part of the repository: the folder
/// is named by `MOSS_CONFORMANCE`, or lies beside the checkout.
pub fn replay(shell: &Shell) -> Result<()> {
    let folder = std::env::var_os("MOSS_CONFORMANCE")
        .map_or_else(|| shell.path("../shared/conformance"), PathBuf::from);
    let script = folder.join("replay.mjs");
    if !script.exists() {
        say("\nconformance: skipped, no recordings here (set MOSS_CONFORMANCE to their folder)");
        return Ok(());
    }
    for scenario in SCENARIOS {
        let mut replay = shell.program("node", ".");
        replay.arg(&script);
        replay.args(["--entry", "./packages/runtime/dist/esm/index.js", "--scenario", scenario]);
        shell.run(replay)?;
    }
    Ok(())
}

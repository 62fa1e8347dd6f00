//! What `moss` says when it is asked nothing.

use crate::cli::written;
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;

const WELCOME: &str = concat!(
    "moss ",
    env!("CARGO_PKG_VERSION"),
    " runs agents: a model, its instructions and its tools.

  moss run \"What is 37 * 91?\"    try it: offline, with the built-in demo model
  moss run -m openai/gpt-5-mini \"Name three mosses\"
                                 ask a real model; needs OPENAI_API_KEY
  moss doctor                    check that this machine has what runs need
  moss --help                    all commands
"
);

/// Says what this is and what to do next.
pub fn show(terminal: &mut Terminal) -> Result<Exit, Failure> {
    written(terminal.text(WELCOME))
}

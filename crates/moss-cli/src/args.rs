//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::seconds;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    the run failed
  2    the command line, a file that it names or the configuration cannot be used
  130  interrupted (Ctrl-C)";

const RUN_EXAMPLES: &str = "\
Examples:
  moss run \"What is 37 * 91?\"
  moss run -m openai/gpt-5-mini \"Name three mosses\"
  moss run helper.md \"What time is it?\"
  git diff | moss run reviewer.md
  moss run --allow-read docs \"Read cli.md. Which exit codes are there?\"
  moss run --json \"What is 37 * 91?\" | jq .

An agent file is Markdown: the instructions, after a front matter with any of `name`, `model`, `tools`.";

const GRAPH_EXAMPLES: &str = "\
Examples:
  moss graph research.yaml
  moss graph helper.md
  moss graph research.json --format dot | dot -Tsvg > research.svg
  moss graph - --format mermaid < research.json";

const LIST_EXAMPLES: &str = "\
Examples:
  moss models ls
  moss models ls openai
  moss models ls openai --base-url http://localhost:11434/v1
  moss models ls openrouter --json | jq -r '.models[].id'";

const TEST_EXAMPLES: &str = "\
Examples:
  moss models test demo
  moss models test openai/gpt-5-mini
  moss models test openai/llama3.2 --base-url http://localhost:11434/v1";

/// Runs agents: a model, its instructions and its tools.
#[derive(Debug, Parser)]
#[command(name = "moss", version, styles = STYLES, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask an agent and stream its answer
    #[command(
        override_usage = "moss run [OPTIONS] [AGENT.md] [TEXT]",
        after_help = format!("{RUN_EXAMPLES}\n\n{EXIT_CODES}")
    )]
    Run(RunArgs),
    /// Show providers and their models, and try a model
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Draw the graph of a definition, or that an agent runs as
    #[command(after_help = format!("{GRAPH_EXAMPLES}\n\n{EXIT_CODES}"))]
    Graph(GraphArgs),
    /// Check that this machine has what runs need
    Doctor,
    /// Print a completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Show what each provider needs and has; with a provider, ask it for its models
    #[command(visible_alias = "list", after_help = format!("{LIST_EXAMPLES}\n\n{EXIT_CODES}"))]
    Ls(ListArgs),
    /// Make one small call to a model, and say what works
    #[command(after_help = format!("{TEST_EXAMPLES}\n\n{EXIT_CODES}"))]
    Test(TestArgs),
}

#[derive(Debug, Args)]
pub struct GraphArgs {
    /// A graph definition in JSON or YAML, `-` for one on standard input, or an agent file, which ends in `.md`
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,

    /// The language of the picture
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = GraphFormat::Text)]
    pub format: GraphFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A line for each node, with where it leads
    Text,
    /// A Mermaid flowchart
    Mermaid,
    /// Graphviz
    Dot,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// The provider whose models are shown, such as `openai`
    pub provider: Option<String>,

    /// Where the provider is, such as http://localhost:11434/v1
    #[arg(long, value_name = "URL", requires = "provider")]
    pub base_url: Option<String>,

    /// Write JSON instead of lines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// The model, such as `openai/gpt-5-mini` or `demo`
    #[arg(value_name = "PROVIDER/MODEL")]
    pub model: String,

    /// Where the provider is, such as http://localhost:11434/v1
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,

    /// Write JSON instead of lines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// An agent file, and what to ask. Without TEXT, or with `-`, standard input is read
    #[arg(value_names = ["AGENT.md", "TEXT"], num_args = 0.., value_hint = clap::ValueHint::FilePath)]
    pub words: Vec<String>,

    /// The model, such as `openai/gpt-5-mini` or `demo` [default: the agent file's, else the demo model]
    #[arg(short, long, value_name = "PROVIDER/MODEL")]
    pub model: Option<String>,

    /// Where the provider is, such as http://localhost:11434/v1
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,

    /// Give the agent a built-in tool beside its own: calculator, clock, read_file (repeatable)
    #[arg(long = "tool", value_name = "NAME")]
    pub tools: Vec<String>,

    /// Give the agent the tool read_file for the text files below a folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub allow_read: Option<PathBuf>,

    /// Write the events of the run as JSON lines instead of the answer
    #[arg(long)]
    pub json: bool,

    /// How many tokens one answer of the model may have [default: the provider's limit]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: Option<u32>,

    /// How many steps the run may take: a model call is one, a batch of tool calls is one
    #[arg(long, value_name = "STEPS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_steps: u64,

    /// How long one tool call may take; the model is told when the time is up
    #[arg(long = "tool-timeout", visible_alias = "timeout", value_name = "SECONDS", default_value = "60", value_parser = seconds::parse)]
    pub tool_timeout: Duration,

    /// Write nothing to standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
}

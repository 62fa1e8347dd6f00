//! What cannot be run is told before anything is sent.

use crate::support::said;

/// Nobody listens here, and nobody is asked.
const NOWHERE: &str = "http://127.0.0.1:9/v1";

#[test]
fn models_and_tools_that_cannot_be_used() {
    for (args, message) in [
        (
            &["-m", "openai/gpt-5-mini"][..],
            "error: no API key for provider `openAI`: the environment variable OPENAI_API_KEY is not set\nhint: set it for this shell with `export OPENAI_API_KEY=…`, or for one command with `OPENAI_API_KEY=… moss run …`. A server of your own is named with --base-url\n",
        ),
        (
            &["-m", "mistral/mistral-small-latest"],
            "error: no API key for provider `mistral`: the environment variable MISTRAL_API_KEY is not set\nhint: set it for this shell with `export MISTRAL_API_KEY=…`, or for one command with `MISTRAL_API_KEY=… moss run …`\n",
        ),
        (
            &["-m", "gpt-4"],
            "error: the model `gpt-4` is named without its provider\nhint: did you mean `openai/gpt-4`?\n",
        ),
        (
            &["-m", "opnai/gpt-4"],
            "error: unknown provider `opnai`\nhint: did you mean `openai/gpt-4`?\n",
        ),
        (
            &["-m", "demo/nope"],
            "error: there is no demo model `nope`\nhint: the demo models: demo, demo-parallel, demo-fail, demo-fail-midstream, demo-slow\n",
        ),
        (
            &["--base-url", NOWHERE],
            "error: --base-url is given, and no model of a provider\nhint: add one, such as -m openai/MODEL\n",
        ),
        (
            &["-m", "openai/x", "--base-url", "localhost"],
            "error: --base-url is not a URL: relative URL without a base\nhint: a base URL looks like this: http://localhost:11434/v1\n",
        ),
        (
            &["--tool", "calculater"],
            "error: there is no built-in tool `calculater`\nhint: did you mean `calculator`? Built-in tools: calculator, clock, read_file\n",
        ),
        (
            &["--tool", "read_file"],
            "error: the tool `read_file` reads files, and no folder is named that it may read\nhint: name the folder whose files it may read: --allow-read DIR\n",
        ),
        (
            &["--allow-read", "/gone"],
            "error: the folder `/gone` cannot be read: No such file or directory (os error 2)\n",
        ),
    ] {
        let said = said(["run"].iter().chain(args).chain(&["Hi"]).copied());
        assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", message, Some(2)));
    }
}

#[test]
fn slips_on_the_command_line_are_told_with_what_was_meant() {
    for (args, tip) in [
        (&["rum", "Hi"][..], "tip: a similar subcommand exists: 'run'"),
        (&["run", "--jsn", "Hi"], "tip: a similar argument exists: '--json'"),
        (&["run", "--max-steps", "0", "Hi"], "invalid value '0' for '--max-steps <STEPS>'"),
        (&["run", "--timeout", "soon", "Hi"], "not a number of seconds"),
        (&["completion", "tcsh"], "[possible values: bash, elvish, fish, powershell, zsh]"),
    ] {
        let said = said(args.iter().copied());
        assert!(said.err.contains(tip), "{}", said.err);
        assert_eq!((said.out.as_str(), said.code), ("", Some(2)));
    }
}

//! Agent files.

use std::fs;

use crate::support::{Said, moss};

/// Runs in a folder with an agent file `helper.md`.
fn with_agent(file: &str, args: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("helper.md"), file).unwrap();
    Said::of(moss(args).current_dir(folder.path()).output().unwrap())
}

#[test]
fn an_agent_has_the_model_and_the_tools_of_its_file() {
    let file = "---\nname: Counter\nmodel: demo/parallel\ntools: [calculator]\n---\nYou count.\n";
    let said = with_agent(file, &["run", "helper.md", "What is 37 * 91?"]);
    assert_eq!(
        said.progress(),
        "\
model    demo/demo-parallel
call     calculator {\"expression\":\"37 * 91\"}
call     calculator {\"expression\":\"37 * 91\"}
result   calculator: 3367
result   calculator: 3367
model    demo/demo-parallel
done     TIME, 2 model calls, 2 tool calls, TOKENS
"
    );
    assert_eq!(said.code, Some(0));
}

#[test]
fn the_command_line_comes_before_the_file() {
    let file = "---\nmodel: openai/gpt-5-mini\n---\nYou count.\n";
    let args =
        ["run", "-m", "demo", "--tool", "clock", "helper.md", "--json", "-q", "What time is it?"];
    let said = with_agent(file, &args);
    let header = said.out.lines().next().unwrap();
    assert!(
        header.ends_with(r#""agent":"helper","model":"demo/demo","tools":["clock"]}"#),
        "{header}"
    );
    assert!(said.out.contains("You count."), "{}", said.out);
    assert_eq!(said.code, Some(0));
}

#[test]
fn mistakes_are_told_with_file_and_line() {
    for (file, message) in [
        (
            "---\nname: a\nmodle: openai/x\n---\n",
            "error: helper.md:3: unknown key `modle`\nhint: did you mean `model`? Allowed keys: name, model, tools\n",
        ),
        (
            "---\ntools:\n  - clock\n  - calculater\n---\n",
            "error: helper.md:4: there is no built-in tool `calculater`\nhint: did you mean `calculator`? Built-in tools: calculator, clock, read_file\n",
        ),
        (
            "---\ntools: [read_file]\n---\n",
            "error: helper.md:2: the tool `read_file` reads files, and no folder is named that it may read\nhint: name the folder whose files it may read: --allow-read DIR\n",
        ),
        (
            "---\nmodel: gpt-4\n---\n",
            "error: helper.md:2: the model `gpt-4` is named without its provider\nhint: did you mean `openai/gpt-4`?\n",
        ),
        (
            "---\nname: a\n",
            "error: helper.md:1: the front matter has no end\nhint: end it with a line `---`\n",
        ),
    ] {
        let said = with_agent(file, &["run", "helper.md", "Hi"]);
        assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", message, Some(2)));
    }
}

#[test]
fn an_agent_file_that_does_not_exist() {
    let said = with_agent("", &["run", "gone.md", "Hi"]);
    let message =
        "error: cannot read the agent file `gone.md`: No such file or directory (os error 2)\n";
    assert_eq!((said.err.as_str(), said.code), (message, Some(2)));
}

#[test]
fn a_sentence_that_ends_in_md_is_a_question() {
    let said = with_agent("", &["run", "-q", "Summarise README.md"]);
    assert!(said.out.contains("You wrote: “Summarise README.md”"), "{}", said.out);
    assert_eq!(said.code, Some(0));
}

//! Asking.

use std::fs;

use crate::support::{moss, said, said_to};

const ANSWER: &str = "\
I am the scripted demo model of MOSS, not a language model. I call `calculator`.
`calculator` answered: 3367
";

#[test]
fn the_first_command_that_anybody_tries() {
    let said = said(["run", "What is 37 * 91?"]);
    assert_eq!(said.out, ANSWER);
    assert_eq!(
        said.progress(),
        "\
note: no model is configured: the built-in demo model answers, a script and not a language model
hint: to ask a real model, set its key (such as OPENAI_API_KEY) and add: -m openai/gpt-5-mini
model    demo/demo
call     calculator {\"expression\":\"37 * 91\"}
result   calculator: 3367
model    demo/demo
done     TIME, 2 model calls, 1 tool call, TOKENS
"
    );
    assert_eq!(said.code, Some(0));
}

#[test]
fn a_model_that_was_chosen_needs_no_notice() {
    let said = said(["run", "-m", "demo", "--quiet", "What is 37 * 91?"]);
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), (ANSWER, "", Some(0)));
}

#[test]
fn a_key_of_the_environment_is_named_and_not_used() {
    let output = moss(["run", "What is 37 * 91?"]).env("DEEPSEEK_API_KEY", "sk-secret").output();
    let said = crate::support::Said::of(output.unwrap());
    let hint = "hint: DEEPSEEK_API_KEY is set. To ask a real model with it, which costs money, add: -m deepseek/deepseek-chat\n";
    assert!(said.err.contains(hint), "{}", said.err);
    assert!(!said.err.contains("sk-secret"), "{}", said.err);
    assert_eq!((said.out.as_str(), said.code), (ANSWER, Some(0)));
}

#[test]
fn the_question_may_come_from_standard_input() {
    for words in [&["run", "-q"][..], &["run", "-q", "-"]] {
        let said = said_to(moss(words), b"What is 37 * 91?\n");
        assert_eq!((said.out.as_str(), said.code), (ANSWER, Some(0)), "{words:?}");
    }
}

#[test]
fn standard_input_is_left_alone_where_a_question_is_given() {
    let said = said_to(moss(["run", "-q", "What is 37 * 91?"]), b"What is 1 + 1?");
    assert_eq!((said.out.as_str(), said.code), (ANSWER, Some(0)));
}

#[test]
fn a_question_that_is_none() {
    for (stdin, message) in [
        (&b""[..], "error: the question is empty\nhint: moss run \"What is 37 * 91?\"\n"),
        (b"\xff\xfe", "error: standard input is not UTF-8 text\n"),
    ] {
        let said = said_to(moss(["run"]), stdin);
        assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", message, Some(2)));
    }
}

#[test]
fn a_question_without_quotes() {
    let quotes = "hint: put the question in quotes: moss run \"What is 37 * 91?\"\n";
    let three = said(["run", "What", "is", "37"]);
    let message = format!("error: there is more than one question: `is` is left over\n{quotes}");
    assert_eq!((three.err, three.code), (message, Some(2)));
    let two = said(["run", "Hello", "you"]);
    let message = format!(
        "error: `Hello` is no agent file: there is no such file, and it does not end in `.md`\n{quotes}"
    );
    assert_eq!((two.err, two.code), (message, Some(2)));
}

#[test]
fn a_folder_may_be_read_only_when_it_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Notes.txt"), "Moss grows slowly.").unwrap();
    let path = folder.path().to_str().unwrap();
    let read = said(["run", "-m", "demo", "--allow-read", path, "Read the file Notes.txt"]);
    assert_eq!(
        read.progress(),
        "\
model    demo/demo
call     read_file {\"path\":\"Notes.txt\"}
result   read_file: Moss grows slowly.
model    demo/demo
done     TIME, 2 model calls, 1 tool call, TOKENS
"
    );
    assert_eq!(read.code, Some(0));
    let refused = said(["run", "-m", "demo", "Read the file Notes.txt"]);
    assert!(!refused.err.contains("call "), "{}", refused.err);
}

#[test]
fn several_tools_at_once_and_one_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let said = said(["run", "-m", "demo/parallel", "--allow-read", path, "-q", "--json", "1 / 0"]);
    assert_eq!(said.code, Some(0));
    let told = |text: &str| assert!(said.out.contains(text), "{text}: {}", said.out);
    told("Error processing tool: at character 3: division by zero");
    told("Error processing tool: `1 / 0` does not exist in the folder");

    let lines = crate::support::said(["run", "-m", "demo", "What is 1 / 0?"]).err;
    let line = "error    calculator: at character 3: division by zero\n";
    assert!(lines.contains(line), "{lines}");
}

//! Pictures of graphs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Said, moss, said_to};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

const RESEARCH: &str = "\
__start__ → plan
plan → read, search
read → weigh (join)
search → weigh (join)
send → __end__
weigh → plan?, write?
write → send
  __start__ → outline
  outline → text
  text → __end__
";

fn said_in(folder: &Path, args: &[&str]) -> Said {
    Said::of(moss(args).current_dir(folder).output().unwrap())
}

#[test]
fn the_example_of_the_documentation_is_drawn() {
    let said = said_in(&docs(), &["graph", "examples/research.yaml"]);
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), (RESEARCH, "", Some(0)));
    let manual = fs::read_to_string(docs().join("cli.md")).unwrap();
    assert!(manual.contains(&format!("$ moss graph docs/examples/research.yaml\n{RESEARCH}```")));
}

#[test]
fn a_graph_is_drawn_in_the_language_that_is_asked_for() {
    for (format, begins, holds) in [
        ("text", "__start__ → plan\n", "weigh → plan?, write?\n"),
        ("mermaid", "flowchart TD\n", "subgraph n7[\"write\"]\n"),
        ("dot", "digraph {\n", "subgraph \"cluster_write\" {\n"),
    ] {
        let said = said_in(&docs(), &["graph", "--format", format, "examples/research.yaml"]);
        assert!(said.out.starts_with(begins) && said.out.contains(holds), "{}", said.out);
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    }
}

#[test]
fn a_definition_may_be_json_and_come_from_standard_input() {
    let json = br#"{
        "version": 1,
        "nodes": [{ "name": "llm", "fn": 0 }, { "name": "tools", "fn": 1 }],
        "edges": [{ "from": "__start__", "to": "llm" }, { "from": "tools", "to": "llm" }],
        "conditionalEdges": [{ "from": "llm", "fn": 2, "targets": ["tools", "__end__"] }]
    }"#;
    let picture = "__start__ → llm\nllm → __end__?, tools?\ntools → llm\n";
    let said = said_to(moss(["graph", "-"]), json);
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), (picture, "", Some(0)));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("graph.json"), json).unwrap();
    assert_eq!(said_in(folder.path(), &["graph", "graph.json"]), said);
}

/// What is said of an agent file `helper.md`.
fn of_agent(file: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("helper.md"), file).unwrap();
    said_in(folder.path(), &["graph", "helper.md"])
}

#[test]
fn an_agent_file_is_drawn_as_the_graph_the_agent_runs_as() {
    // Neither a key nor a folder is needed: nothing runs.
    let file = "---\nmodel: openai/gpt-5-mini\ntools: [calculator, read_file]\n---\nYou help.\n";
    for file in [file, "You help.\n"] {
        let said = of_agent(file);
        assert_eq!(said.out, "__start__ → llm\ndone → __end__\nllm → done?, tools?\ntools → llm\n");
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    }
}

#[test]
fn mistakes_of_an_agent_file_are_told_as_elsewhere() {
    let said = of_agent("---\ntools:\n  - clock\n  - calculater\n---\n");
    let message = "error: helper.md:4: there is no built-in tool `calculater`\n\
                   hint: did you mean `calculator`? Built-in tools: calculator, clock, read_file\n";
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", message, Some(2)));
}

#[test]
fn mistakes_of_a_definition_are_told_with_their_place() {
    let forms =
        "hint: a graph definition is an object in JSON or YAML, and an agent file ends in `.md`\n";
    let name = "error: standard input";
    for (definition, message) in [
        (
            "version: 1\nnodes:\n  - name: a\n    retry: [{ attempts: many }]\n",
            format!(
                "{name}: the graph definition is wrong at `nodes[0].retry[0].attempts`: invalid type: string \"many\", expected u32\n"
            ),
        ),
        (
            "version: 1\nnodes: [{ name: tools }]\nedges: [{ from: __start__, to: tool }]\n",
            format!(
                "{name}: the graph does not compile: the edge from \"__start__\" to \"tool\" names \"tool\", but there is no such node; did you mean \"tools\"?\n"
            ),
        ),
        (
            "version: 2\n",
            format!(
                "{name}: the graph definition is of version 2, and the one that is known here is 1. Use a newer MOSS, or write it in that version\n"
            ),
        ),
        (
            "nodes: []\n",
            format!(
                "{name}: the graph definition has no `version`; the one that is known here is 1\nhint: begin a graph definition with `version: 1`\n"
            ),
        ),
        (
            "{\n  \"version\": 1,\n}",
            format!("{name}:3: trailing comma at line 3 column 1\n{forms}"),
        ),
        (
            "a: [1\nb: 2",
            format!("{name}:2: illegal placement of ':' indicator at line 2, column 2\n{forms}"),
        ),
        ("hello", format!("{name}: a graph definition is an object, and this is a text\n{forms}")),
    ] {
        let said = said_to(moss(["graph", "-"]), definition.as_bytes());
        assert_eq!(
            (said.out.as_str(), said.err.as_str(), said.code),
            ("", message.as_str(), Some(2))
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = said_in(folder.path(), &["graph", "gone.json"]);
    let message = "error: cannot read the graph definition `gone.json`: No such file or directory (os error 2)\n";
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", message, Some(2)));
    fs::write(folder.path().join("bytes.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    let said = said_in(folder.path(), &["graph", "bytes.yaml"]);
    let message = "error: the graph definition `bytes.yaml` is not UTF-8 text\n";
    assert_eq!((said.err.as_str(), said.code), (message, Some(2)));
}

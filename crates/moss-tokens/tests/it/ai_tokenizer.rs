//! The same tokens as `ai-tokenizer`, where it is at hand.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use moss_tokens::Encoding;

use crate::corpus;

/// The release that is compared with.
const RELEASE: &str = "1.0.6";

/// The folder in whose `node_modules` it is installed.
fn installed() -> Option<PathBuf> {
    let folder = match std::env::var_os("MOSS_AI_TOKENIZER") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/ai-tokenizer"),
    };
    folder.join("node_modules/ai-tokenizer").is_dir().then_some(folder)
}

/// What it makes of texts, by encoding.
fn reference(folder: &Path, texts: &[String]) -> BTreeMap<String, Vec<Vec<u32>>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/encode.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = node.stdin.take().unwrap();
    let texts = serde_json::to_vec(texts).unwrap();
    // It reads all before it writes.
    stdin.write_all(&texts).unwrap();
    drop(stdin);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn all_texts_have_the_same_tokens() {
    let Some(folder) = installed() else {
        println!(
            "skipped: ai-tokenizer is not installed. Install it with `npm install --prefix target/ai-tokenizer ai-tokenizer@{RELEASE}`, or name the folder with MOSS_AI_TOKENIZER"
        );
        return;
    };
    let texts = corpus::texts();
    let expected = reference(&folder, &texts);
    for &encoding in Encoding::ALL {
        let expected = &expected[encoding.as_str()];
        let mut tokens = 0;
        for (text, expected) in texts.iter().zip(expected) {
            assert_eq!(&encoding.encode(text), expected, "{encoding:?} {text:?}");
            assert_eq!(encoding.count(text), expected.len(), "{encoding:?} {text:?}");
            tokens += expected.len();
        }
        println!("{}: {} texts, {tokens} tokens, all the same", encoding.as_str(), texts.len());
    }
}

/// Where it deviates from the encodings' own definition, it is not followed. A release that mends this fails here.
#[test]
fn the_known_deviations() {
    let Some(folder) = installed() else { return };
    let marked = "\u{feff}moss".to_owned();
    let o200k = Encoding::O200k;
    let expected =
        reference(&folder, std::slice::from_ref(&marked)).remove(o200k.as_str()).unwrap();
    assert_eq!(expected[0].last(), o200k.encode("moss").last(), "the mark is lost");
    assert_eq!(o200k.decode(&o200k.encode(&marked)).unwrap(), marked.as_bytes());
    assert_ne!(expected[0], o200k.encode(&marked));
}

/// Writes what `fixtures` compares with, when it is asked to.
#[test]
fn write_the_fixtures() {
    if std::env::var_os("MOSS_WRITE_FIXTURES").is_none() {
        return;
    }
    let folder = installed().expect("ai-tokenizer is needed");
    let lists = reference(&folder, &corpus::written());
    let lines = lists.iter().map(|(encoding, lists)| {
        let lists: Vec<String> =
            lists.iter().map(|list| serde_json::to_string(list).unwrap()).collect();
        format!("\"{encoding}\":[\n{}\n]", lists.join(",\n"))
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokens.json");
    std::fs::write(file, format!("{{{}}}\n", lines.collect::<Vec<_>>().join(",\n"))).unwrap();
}

//! The pages of the guide: what they say that the examples print, and the code they show.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A fenced block of a page.
pub(crate) struct Block {
    pub(crate) page: String,
    language: String,
    text: String,
}

/// The folder of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages of the guide, by name.
pub(crate) fn pages() -> BTreeMap<String, String> {
    texts_in("docs/state-graph", "md")
}

/// The fenced blocks of all pages.
pub(crate) fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (page, text) in pages() {
        // Every second part stands between fences.
        for part in text.split("```").skip(1).step_by(2) {
            let (language, text) = part.split_once('\n').unwrap();
            let (page, language, text) = (page.clone(), language.to_owned(), text.to_owned());
            blocks.push(Block { page, language, text });
        }
    }
    blocks
}

/// The headings of a page, as links name them.
pub(crate) fn headings(page: &str) -> impl Iterator<Item = String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings.map(|heading| {
        let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    })
}

/// What the guide says that a command prints.
pub(crate) fn printed_by(command: &str) -> String {
    let all = blocks();
    let shown: Vec<String> = all
        .iter()
        .filter(|block| block.language == "console")
        .filter_map(|block| {
            let is_command = |line: &&str| line.starts_with("$ ");
            let mut commands = block.text.lines().take_while(is_command);
            commands.any(|line| line == format!("$ {command}")).then(|| {
                let output = block.text.lines().skip_while(is_command);
                output.map(|line| format!("{line}\n")).collect()
            })
        })
        .collect();
    assert_eq!(shown.len(), 1, "the guide shows once what `{command}` prints");
    shown.concat()
}

/// The files of a folder with an ending, by name.
pub(crate) fn texts_in(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let files =
        std::fs::read_dir(repository().join(folder)).unwrap().map(|file| file.unwrap().path());
    let texts = files.filter(|file| file.extension().is_some_and(|is| is == ending)).map(|file| {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(file).unwrap())
    });
    texts.collect()
}

impl Block {
    /// The first piece of this block, if it is Rust, that is in none of these files. An ellipsis in a comment leaves
    /// something out, and indentation does not count.
    pub(crate) fn piece_in_none_of(&self, files: &BTreeMap<String, String>) -> Option<String> {
        if self.language != "rust" {
            return None;
        }
        let files: Vec<String> = files.values().map(|text| flat(text)).collect();
        let mut pieces = self.text.split("// …\n").map(flat);
        pieces.find(|piece| !files.iter().any(|file| file.contains(piece)))
    }
}

fn flat(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim())).collect()
}

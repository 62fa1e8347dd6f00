//! Documents as Converse takes them: with a format, and a name that follows its rules.

use std::collections::HashSet;

use moss_protocol::JsonObject;
use serde_json::{Value, json};

use super::media::{Attached, Source, extension};

const FORMATS: &[&str] = &["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];

const TYPES: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("text/csv", "csv"),
    ("application/csv", "csv"),
    ("application/msword", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("text/html", "html"),
    ("text/markdown", "md"),
    ("text/x-markdown", "md"),
    ("text/plain", "txt"),
];

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;

/// The names of a conversation's documents, each of which has to be different.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name as Converse takes it: letters, digits, hyphens, round and square brackets, and single spaces.
    fn of(&mut self, wanted: Option<&str>) -> String {
        let mut name = String::new();
        for char in wanted.unwrap_or_default().trim().chars().take(LONGEST_NAME) {
            match char {
                char if char.is_whitespace() => {
                    if !name.ends_with(' ') {
                        name.push(' ');
                    }
                }
                char if char.is_ascii_alphanumeric() || "-()[]".contains(char) => name.push(char),
                _ => name.push('-'),
            }
        }
        let name = match name.trim() {
            "" => "document",
            name => name,
        };
        let mut own = name.to_owned();
        let mut number = 2;
        while !self.0.insert(own.clone()) {
            let tail = format!("-{number}");
            own = name.chars().take(LONGEST_NAME - tail.len()).collect::<String>() + &tail;
            number += 1;
        }
        own
    }

    /// Knows the name of a document in Converse's own form, which stays as the host wrote it.
    pub(super) fn note(&mut self, block: &Value) {
        let name = block.pointer("/document/name").and_then(Value::as_str);
        self.0.extend(name.map(str::to_owned));
    }
}

/// A document in one of the other forms that hosts use.
pub(super) fn block(part: &JsonObject, names: &mut Names) -> Result<Value, String> {
    let attached = Attached::read(part)?;
    let name = name(part);
    let format = format(&attached, name).ok_or_else(|| {
        format!(
            "it has a file of the type `{}`, and Converse takes {}",
            attached.mime.unwrap_or("unknown"),
            FORMATS.join(", ")
        )
    })?;
    let name = names.of(name.map(without_extension));
    let source = attached.source.into_value();
    Ok(json!({"document": {"format": format, "name": name, "source": source}}))
}

fn name(part: &JsonObject) -> Option<&str> {
    let places = [Some(part)].into_iter().chain(
        ["metadata", "file", "source"].map(|name| part.get(name).and_then(Value::as_object)),
    );
    places.flatten().find_map(|place| {
        ["name", "filename", "title"].iter().find_map(|it| place.get(*it)?.as_str())
    })
}

fn format(attached: &Attached<'_>, name: Option<&str>) -> Option<&'static str> {
    let mime = attached.mime.and_then(|mime| mime.split(';').next()).map(str::trim);
    let by_type = mime.and_then(|mime| {
        TYPES.iter().find(|(known, _)| mime.eq_ignore_ascii_case(known)).map(|(_, format)| *format)
    });
    let by_name = || {
        let name = match attached.source {
            Source::S3(uri) => Some(uri),
            Source::Bytes(_) | Source::Text(_) => name,
        };
        let extension = extension(name?)?;
        FORMATS.iter().copied().find(|format| *format == extension)
    };
    let is_text = matches!(attached.source, Source::Text(_))
        || mime.is_some_and(|mime| mime.starts_with("text/"));
    by_type.or_else(by_name).or(is_text.then_some("txt"))
}

fn without_extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if FORMATS.contains(&extension.to_ascii_lowercase().as_str()) => {
            stem
        }
        _ => name,
    }
}

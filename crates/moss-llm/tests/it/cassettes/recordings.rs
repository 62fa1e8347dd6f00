//! Reads the recordings.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use moss_llm::wire::openai_chat::ChatDialect;
use moss_protocol::Provider;
use serde::Deserialize;

/// The folders whose providers speak the chat protocol.
const FOLDERS: &[(&str, Provider)] = &[
    ("openai", Provider::OpenAi),
    ("deepseek", Provider::DeepSeek),
    ("mistral", Provider::Mistral),
    ("groq", Provider::OpenAi),
    ("openrouter", Provider::OpenRouter),
    ("xai", Provider::Xai),
    ("perplexity", Provider::OpenAi),
    ("llamacpp", Provider::OpenAi),
];

/// What a test says that finds no recordings.
pub(super) const MISSING: &str =
    "No recordings: MOSS_CASSETTES is not set to their folder. Nothing is tested.";

/// A recorded exchange of chat completions.
pub(super) struct Exchange {
    pub(super) folder: String,
    pub(super) dialect: ChatDialect,
    pub(super) request: String,
    pub(super) status: u16,
    pub(super) body: String,
    content_type: String,
    file: PathBuf,
    position: usize,
}

impl Exchange {
    pub(super) fn is_stream(&self) -> bool {
        self.content_type.starts_with("text/event-stream")
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, exchange {}", self.file.display(), self.position)
    }
}

#[derive(Deserialize)]
struct Document {
    when: When,
    then: Then,
}

#[derive(Deserialize)]
struct When {
    path: String,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Then {
    status: u16,
    #[serde(default)]
    header: Vec<Header>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

/// All recorded chat completions; `None` where there are no recordings on this machine.
pub(super) fn exchanges() -> Option<Vec<Exchange>> {
    let root = match std::env::var_os("MOSS_CASSETTES") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cassettes"),
    };
    if !root.is_dir() {
        return None;
    }
    let mut exchanges = Vec::new();
    for (folder, provider) in FOLDERS {
        let dialect = ChatDialect::of(*provider).unwrap();
        for file in files(&root.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            // Most of the text is in recordings of other wires.
            if !text.contains("/chat/completions") {
                continue;
            }
            let documents: Vec<Document> = serde_saphyr::from_multiple(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for (position, Document { when, then }) in documents.into_iter().enumerate() {
                if !when.path.ends_with("/chat/completions") {
                    continue;
                }
                let content_type =
                    then.header.into_iter().find(|header| header.name == "content-type");
                exchanges.push(Exchange {
                    folder: (*folder).to_owned(),
                    dialect,
                    request: when.body.unwrap_or_default(),
                    status: then.status,
                    body: then.body.unwrap_or_default(),
                    content_type: content_type.map(|header| header.value).unwrap_or_default(),
                    file: file.clone(),
                    position,
                });
            }
        }
    }
    assert!(!exchanges.is_empty(), "{} holds no chat completion", root.display());
    Some(exchanges)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

//! Reads the recordings.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use aws_smithy_types::base64;
use serde::Deserialize;

/// What a test says that finds no recordings.
pub(super) const MISSING: &str =
    "No recordings: MOSS_CASSETTES is not set to their folder. Nothing is tested.";

/// A recorded exchange with a provider.
pub(super) struct Exchange {
    /// The provider's folder.
    pub(super) folder: String,
    /// The path of the request's URL.
    pub(super) path: String,
    /// The request's body.
    pub(super) request: String,
    pub(super) status: u16,
    /// The answer's body: for a stream the whole of it. Empty where it is no text.
    pub(super) body: String,
    /// The answer's body as it came.
    pub(super) bytes: Vec<u8>,
    /// The answer's headers.
    pub(super) headers: Vec<(String, String)>,
    pub(super) content_type: String,
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
    /// `base64`, where the body is no text.
    body_encoding: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

/// All recorded exchanges in some folders whose path is wanted; `None` where there are no recordings on this
/// machine. `part` is a part of such a path that lets most files be skipped unread.
pub(super) fn exchanges(
    folders: &[&str],
    part: &str,
    wanted: impl Fn(&str) -> bool,
) -> Option<Vec<Exchange>> {
    let root = match std::env::var_os("MOSS_CASSETTES") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cassettes"),
    };
    if !root.is_dir() {
        return None;
    }
    let mut exchanges = Vec::new();
    for folder in folders {
        for file in files(&root.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            if !text.contains(part) {
                continue;
            }
            let documents: Vec<Document> = serde_saphyr::from_multiple(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for (position, Document { when, then }) in documents.into_iter().enumerate() {
                if !wanted(&when.path) {
                    continue;
                }
                let headers: Vec<(String, String)> =
                    then.header.into_iter().map(|header| (header.name, header.value)).collect();
                let content_type = headers.iter().find(|(name, _)| name == "content-type");
                let content_type = content_type.map(|(_, value)| value.clone());
                let body = then.body.unwrap_or_default();
                let (body, bytes) = match then.body_encoding.as_deref() {
                    Some("base64") => (String::new(), base64::decode(body).unwrap()),
                    Some(other) => panic!("{}: a body in `{other}`", file.display()),
                    None => (body.clone(), body.into_bytes()),
                };
                exchanges.push(Exchange {
                    folder: (*folder).to_owned(),
                    path: when.path,
                    request: when.body.unwrap_or_default(),
                    status: then.status,
                    body,
                    bytes,
                    headers,
                    content_type: content_type.unwrap_or_default(),
                    file: file.clone(),
                    position,
                });
            }
        }
    }
    assert!(!exchanges.is_empty(), "{} holds no such exchange", root.display());
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

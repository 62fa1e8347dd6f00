//! The tool that reads text files of one folder.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use moss_protocol::ToolDefinition;
use serde_json::{Value, json};
use thiserror::Error;

use super::BuiltinError;
use crate::{Tool, ToolError, ToolInvocation, ToolOutput};

/// Reads text files below one folder, and nothing else: no absolute paths, no `..`, no symbolic link that
/// leads out, no devices or pipes.
///
/// Links are resolved before the file is opened. Whoever can change the folder while a file is being
/// opened could still lead the tool elsewhere; such a folder should not be offered to a model.
pub struct ReadFile {
    definition: ToolDefinition,
    folder: Arc<Path>,
    limit: usize,
}

impl ReadFile {
    /// The name by which models call it.
    pub const NAME: &str = "read_file";

    /// The tool for the files below a folder, 64 KiB of each.
    ///
    /// # Errors
    /// [`BuiltinError::Folder`] when it is no folder that can be read.
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self, BuiltinError> {
        let folder = folder.into();
        let resolved = match folder.canonicalize() {
            Ok(resolved) if resolved.is_dir() => resolved,
            Ok(_) => {
                return Err(BuiltinError::Folder {
                    folder,
                    source: io::ErrorKind::NotADirectory.into(),
                });
            }
            Err(source) => return Err(BuiltinError::Folder { folder, source }),
        };
        let definition = ToolDefinition::new(
            Self::NAME,
            "Reads a UTF-8 text file of the user's folder and returns its content.",
            json!({
                "type": "object",
                "properties": {
                    "path": {
                        "type": "string",
                        "description": "The file, relative to the folder, such as docs/notes.md.",
                    },
                },
                "required": ["path"],
                "additionalProperties": false,
            }),
        );
        Ok(Self { definition, folder: resolved.into(), limit: 64 << 10 })
    }

    /// The same tool with another limit, in bytes of a file.
    #[must_use]
    pub const fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

impl fmt::Debug for ReadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadFile").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[async_trait]
impl Tool for ReadFile {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn invoke(&self, invocation: ToolInvocation) -> Result<ToolOutput, ToolError> {
        let path = invocation.call.args.get("path").and_then(Value::as_str);
        let path = path.unwrap_or_default().to_owned();
        let (folder, limit) = (Arc::clone(&self.folder), self.limit);
        // A file system may take its time, and a run must stay able to end meanwhile.
        let reading = tokio::task::spawn_blocking(move || {
            let problem = match read(&folder, &path, limit) {
                Ok(text) => return Ok(text),
                Err(problem) => problem,
            };
            Err(ReadError { path, problem })
        });
        match reading.await {
            Ok(Ok(text)) => Ok(ToolOutput::new(text)),
            Ok(Err(error)) => Err(ToolError::failed(error)),
            Err(_) => Err(ToolError::Panicked { name: Self::NAME.to_owned() }),
        }
    }
}

/// A file was not read. The text is for the model: it names the path as the model wrote it, and no other.
#[derive(Debug, Error)]
#[error("`{}` {problem}", .path.chars().take(200).collect::<String>())]
struct ReadError {
    path: String,
    problem: Problem,
}

#[derive(Debug, Error)]
enum Problem {
    #[error("is empty. Name a file, relative to the folder")]
    Empty,
    #[error("is not below the folder. Use a path relative to it, without `..`")]
    Outside,
    #[error("is a folder. Name a file in it")]
    Folder,
    #[error("is no ordinary file")]
    Special,
    #[error("does not exist in the folder")]
    Missing,
    #[error("is not UTF-8 text")]
    Binary,
    #[error("cannot be read: {0}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidInput => Self::Missing,
            // The error's own text may hold a path that the model is not to know.
            kind => Self::Io(kind),
        }
    }
}

fn read(folder: &Path, path: &str, limit: usize) -> Result<String, Problem> {
    let asked = Path::new(path);
    if path.trim().is_empty() {
        return Err(Problem::Empty);
    }
    let below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !asked.components().all(below) {
        return Err(Problem::Outside);
    }
    let resolved = folder.join(asked).canonicalize()?;
    if !resolved.starts_with(folder) {
        return Err(Problem::Outside);
    }
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let kind = resolved.metadata()?;
    if kind.is_dir() {
        return Err(Problem::Folder);
    }
    if !kind.is_file() {
        return Err(Problem::Special);
    }
    let mut bytes = Vec::new();
    File::open(&resolved)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    let cut = bytes.len() > limit;
    bytes.truncate(limit);
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            // A character that the limit cut in two is not the file's fault.
            let reason = error.utf8_error();
            if !cut || reason.error_len().is_some() {
                return Err(Problem::Binary);
            }
            let mut bytes = error.into_bytes();
            bytes.truncate(reason.valid_up_to());
            String::from_utf8(bytes).map_err(|_| Problem::Binary)?
        }
    };
    if cut {
        let (shown, whole) = (text.len(), kind.len());
        text.push_str(&format!("\n[cut here: these are the first {shown} of {whole} bytes]"));
    }
    Ok(text)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use moss_protocol::{JsonObject, StepId, ToolCall};
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::{ReadFile, read};
    use crate::{Tool, ToolInvocation};

    /// A folder that goes with the test.
    struct TestFolder(PathBuf);

    impl TestFolder {
        fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for TestFolder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    /// A folder `own` with files, and a `secret` beside it.
    fn folders() -> TestFolder {
        let all = TestFolder(std::env::temp_dir().join(format!("moss-{}", nanoid::nanoid!())));
        let own = all.path().join("own");
        fs::create_dir_all(own.join("sub")).unwrap();
        fs::write(own.join("notes.txt"), "Grüße, Welt").unwrap();
        fs::write(own.join("sub/deep.txt"), "deep").unwrap();
        fs::write(own.join("image.png"), [0x89, b'P', 0xff]).unwrap();
        fs::write(all.path().join("secret"), "secret").unwrap();
        symlink(all.path().join("secret"), own.join("out")).unwrap();
        symlink(all.path(), own.join("up")).unwrap();
        symlink("sub/deep.txt", own.join("in")).unwrap();
        symlink("loop", own.join("loop")).unwrap();
        all
    }

    async fn shown(tool: &ReadFile, path: &str) -> String {
        let args = JsonObject::from_iter([("path".to_owned(), json!(path))]);
        let invocation = ToolInvocation {
            call: ToolCall::new("call_1", ReadFile::NAME, args),
            step_id: StepId::from("step_1"),
            turn: 0,
            configurable: Arc::default(),
            metadata: Arc::default(),
            cancel: CancellationToken::new(),
        };
        match tool.invoke(invocation).await {
            Ok(output) => output.content.unwrap().text(),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn reads_below_its_folder_and_nowhere_else() {
        let all = folders();
        let tool = ReadFile::new(all.path().join("own")).unwrap();
        let absolute = all.path().join("own/notes.txt").display().to_string();
        let outside = "is not below the folder. Use a path relative to it, without `..`";
        for (path, answer) in [
            ("notes.txt", "Grüße, Welt".to_owned()),
            ("./sub/deep.txt", "deep".to_owned()),
            ("in", "deep".to_owned()),
            ("../secret", format!("`../secret` {outside}")),
            ("sub/../../secret", format!("`sub/../../secret` {outside}")),
            ("sub/../notes.txt", format!("`sub/../notes.txt` {outside}")),
            (&absolute, format!("`{absolute}` {outside}")),
            ("out", format!("`out` {outside}")),
            ("up/secret", format!("`up/secret` {outside}")),
            ("sub", "`sub` is a folder. Name a file in it".to_owned()),
            (".", "`.` is a folder. Name a file in it".to_owned()),
            ("", "`` is empty. Name a file, relative to the folder".to_owned()),
            ("gone.txt", "`gone.txt` does not exist in the folder".to_owned()),
            ("notes.txt/x", "`notes.txt/x` does not exist in the folder".to_owned()),
            ("image.png", "`image.png` is not UTF-8 text".to_owned()),
            ("nul\0", "`nul\0` does not exist in the folder".to_owned()),
            (
                "loop",
                "`loop` cannot be read: filesystem loop or indirection limit (e.g. symlink loop)"
                    .to_owned(),
            ),
        ] {
            assert_eq!(shown(&tool, path).await, answer);
        }
    }

    #[tokio::test]
    async fn a_long_file_is_cut_at_a_character_and_says_so() {
        let all = folders();
        let tool = ReadFile::new(all.path().join("own")).unwrap();
        let mark = |shown: usize| format!("\n[cut here: these are the first {shown} of 13 bytes]");
        let read = shown(&tool.with_limit(3), "notes.txt").await;
        assert_eq!(read, format!("Gr{}", mark(2)));
        let tool = ReadFile::new(all.path().join("own")).unwrap().with_limit(13);
        assert_eq!(shown(&tool, "notes.txt").await, "Grüße, Welt");
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_its_writer() {
        let all = folders();
        let pipe = all.path().join("own/pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let own = all.path().join("own").canonicalize().unwrap();
        assert_eq!(read(&own, "pipe", 10).unwrap_err().to_string(), "is no ordinary file");
        assert_eq!(
            read(Path::new("/"), "dev/null", 10).unwrap_err().to_string(),
            "is no ordinary file"
        );
    }

    #[test]
    fn the_folder_must_be_one() {
        let all = folders();
        assert!(ReadFile::new(all.path().join("secret")).is_err());
        assert!(ReadFile::new(all.path().join("gone")).is_err());
    }
}

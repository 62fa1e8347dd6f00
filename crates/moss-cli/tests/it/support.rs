//! The command, what it said, and a scripted provider.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;

/// The command with an environment of its own: no keys, no proxies, no colour settings.
pub fn moss<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moss"));
    command.env_clear().args(args).stdin(Stdio::null());
    command
}

/// What a command said.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

impl Said {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            out: text(output.stdout),
            err: timeless(&text(output.stderr)),
            code: output.status.code(),
        }
    }
}

impl Said {
    /// The lines of progress without how many tokens the demo counted, which every word of a tool's
    /// description changes.
    pub fn progress(&self) -> String {
        let line = |line: &str| match line.split_once(" tokens (") {
            Some((before, _)) => {
                format!(
                    "{} TOKENS\n",
                    before.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end()
                )
            }
            None => line.to_owned(),
        };
        self.err.split_inclusive('\n').map(line).collect()
    }
}

/// Runs the command to its end.
pub fn said<'a>(args: impl IntoIterator<Item = &'a str>) -> Said {
    Said::of(moss(args).output().unwrap())
}

/// Runs the command with a text on standard input.
pub fn said_to(mut command: Command, stdin: &[u8]) -> Said {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    Said::of(child.wait_with_output().unwrap())
}

/// The lines of progress with `TIME` for how long it took.
fn timeless(text: &str) -> String {
    let mut timeless = String::new();
    for line in text.split_inclusive('\n') {
        let ended = ["done ", "failed ", "stopped "].iter().any(|label| line.starts_with(label));
        match line.split_once(" s, ") {
            Some((head, tail)) if ended => {
                let label = head.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                timeless.push_str(&format!("{label}TIME, {tail}"));
            }
            _ => timeless.push_str(line),
        }
    }
    timeless
}

/// A provider that gives scripted answers, one a connection, and keeps what it was asked.
pub struct Provider {
    pub base_url: String,
    asked: JoinHandle<Vec<String>>,
}

impl Provider {
    /// Serves these answers, byte by byte as they stand here.
    pub fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let asked = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                asked.push(request(&mut stream));
                stream.write_all(answer.as_bytes()).unwrap();
            }
            asked
        });
        Self { base_url, asked }
    }

    /// The requests, once all answers are given.
    pub fn asked(self) -> Vec<String> {
        self.asked.join().unwrap()
    }
}

/// One request with its body.
fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            });
            if body.len() >= length.unwrap_or(0_usize) {
                return text;
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "the request ended early");
        bytes.extend_from_slice(&buffer[..read]);
    }
}

/// An answer with a status, a type and a body, after which the connection is closed.
pub fn http(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// A streamed answer of these frames, after which the connection is closed.
pub fn sse(frames: &[&str]) -> String {
    let body: String = frames.iter().map(|frame| format!("data: {frame}\n\n")).collect();
    http("200 OK", "text/event-stream", &body)
}

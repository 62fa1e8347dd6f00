//! A server that plays a script of raw bytes on loopback, and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What the server does, step by step, when a request has come.
#[derive(Debug, Clone)]
pub enum Act {
    /// Writes bytes as they are.
    Write(Vec<u8>),
    /// Waits until the client closes the connection; see [`Server::closed`].
    Hold,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
    /// Is silent for a while: for tests of time limits.
    Pause(Duration),
    /// Writes the bytes again and again, until the client is gone.
    Forever(Vec<u8>),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `POST /v1/chat/completions HTTP/1.1`
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection's number, from 0.
    pub connection: usize,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    // Ends with the server.
    _tasks: JoinSet<()>,
}

struct Shared {
    script: Mutex<VecDeque<Vec<Act>>>,
    seen: Mutex<Vec<Seen>>,
    arrived: Semaphore,
    closed: Semaphore,
}

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(10);

impl Server {
    /// A server that plays one part for each request, whichever connection it comes on. After the last
    /// part it closes connections.
    pub async fn play<const N: usize>(script: [Vec<Act>; N]) -> Self {
        Self::play_all(script.into()).await
    }

    /// [`Self::play`], for a script of any length.
    pub async fn play_all(script: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into()),
            seen: Mutex::default(),
            arrived: Semaphore::new(0),
            closed: Semaphore::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, _tasks: tasks }
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until one more request has come.
    pub async fn arrived(&self) {
        timeout(PATIENCE, self.shared.arrived.acquire()).await.unwrap().unwrap().forget();
    }

    /// Waits until a client has closed a connection that the server held open.
    pub async fn closed(&self) {
        timeout(PATIENCE, self.shared.closed.acquire()).await.unwrap().unwrap().forget();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    for number in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve(stream, number, Arc::clone(&shared)));
    }
}

async fn serve(mut stream: TcpStream, connection: usize, shared: Arc<Shared>) {
    while let Some(request) = read_request(&mut stream, connection).await {
        shared.seen.lock().unwrap().push(request);
        shared.arrived.add_permits(1);
        let Some(part) = shared.script.lock().unwrap().pop_front() else { return };
        for act in part {
            match act {
                // A client that is gone is what some scripts are about.
                Act::Write(bytes) => drop(stream.write_all(&bytes).await),
                Act::Hold => {
                    let mut byte = [0];
                    while stream.read(&mut byte).await.is_ok_and(|read| read > 0) {}
                    shared.closed.add_permits(1);
                    return;
                }
                Act::Close => return,
                Act::Pause(time) => tokio::time::sleep(time).await,
                Act::Forever(bytes) => {
                    while stream.write_all(&bytes).await.is_ok() {}
                    return;
                }
                Act::Reset => {
                    stream.set_zero_linger().unwrap();
                    return;
                }
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse::<usize>().unwrap());
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen { line, headers, body, connection })
}

/// The head of an event stream in chunks.
pub fn stream_head() -> Act {
    raw(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_1\r\ntransfer-encoding: chunked\r\n\r\n",
    )
}

/// One HTTP chunk.
pub fn piece(bytes: impl AsRef<[u8]>) -> Act {
    let bytes = bytes.as_ref();
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    Act::Write(chunk)
}

/// The end of a body in chunks.
pub fn end() -> Act {
    raw("0\r\n\r\n")
}

pub fn raw(text: &str) -> Act {
    Act::Write(text.as_bytes().to_vec())
}

/// A frame of a streamed answer that says `text`.
pub fn says(text: &str) -> String {
    let frame = serde_json::json!({
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "gpt-x",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
    });
    format!("data: {frame}\n\n")
}

/// The frames that end a streamed answer.
pub fn stops() -> String {
    let frame = serde_json::json!({
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "gpt-x",
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
    });
    format!("data: {frame}\n\ndata: [DONE]\n\n")
}

/// A whole streamed answer that says `text`.
pub fn answer(text: &str) -> Vec<Act> {
    vec![stream_head(), piece(says(text)), piece(stops()), end()]
}

/// A response in one piece. `headers` end with CRLF each.
pub fn response(status: &str, headers: &str, body: &str) -> Vec<Act> {
    let length = body.len();
    vec![raw(&format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}"))]
}

/// A response in one piece with a JSON body.
pub fn json(status: &str, headers: &str, body: &Value) -> Vec<Act> {
    response(status, &format!("content-type: application/json\r\n{headers}"), &body.to_string())
}

/// An error as OpenAI words it.
pub fn error(status: &str, headers: &str, message: &str) -> Vec<Act> {
    json(status, headers, &serde_json::json!({"error": {"message": message}}))
}

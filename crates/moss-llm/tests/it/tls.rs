//! TLS and HTTP/2, with a server that has both.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use moss_llm::{LlmClient, ModelErrorKind, RetryPolicy, Transport, TransportConfig};
use moss_protocol::Provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::asking::{failure, nothing, object, text};
use crate::server::{says, stops};

/// A server for `localhost` over TLS, which speaks HTTP/2 where the client does.
struct TlsServer {
    address: SocketAddr,
    /// Its certificate, which nobody but a test trusts.
    root: Vec<u8>,
    connections: Arc<AtomicUsize>,
    versions: Arc<Mutex<Vec<Version>>>,
    _tasks: JoinSet<()>,
}

impl TlsServer {
    async fn start(protocols: &[&[u8]]) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = CertificateDer::from(made.cert.der().to_vec());
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, versions) = (Arc::<AtomicUsize>::default(), Arc::<Mutex<_>>::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, acceptor, Arc::clone(&connections), Arc::clone(&versions)));
        let root = made.cert.pem().into_bytes();
        Self { address, root, connections, versions, _tasks: tasks }
    }

    fn client(&self, transport: &Transport) -> LlmClient {
        let options = object(json!({
            "model": "m",
            "apiKey": "k",
            "baseURL": format!("https://localhost:{}/v1", self.address.port()),
        }));
        LlmClient::from_options(Provider::OpenAi, &options, transport, nothing)
            .unwrap()
            .with_retry(RetryPolicy::new(0))
    }

    /// A transport that trusts the server.
    fn transport(&self) -> Transport {
        let extra_roots = Some(self.root.clone());
        Transport::new(TransportConfig { extra_roots, ..TransportConfig::default() })
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    connections: Arc<AtomicUsize>,
    versions: Arc<Mutex<Vec<Version>>>,
) {
    let mut tasks = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, versions) = (acceptor.clone(), Arc::clone(&versions));
        connections.fetch_add(1, Ordering::SeqCst);
        tasks.spawn(async move {
            // A client that does not trust the certificate ends the handshake.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = service_fn(move |request: Request<Incoming>| {
                versions.lock().unwrap().push(request.version());
                answer(request)
            });
            let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            // The client may go at any time.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"{"));
    let body = Bytes::from(says("safe") + &stops());
    let response = Response::builder().header("content-type", "text/event-stream");
    Ok(response.body(Full::new(body)).unwrap())
}

#[tokio::test]
async fn an_answer_comes_over_http_2_and_one_connection_serves_many_calls_at_once() {
    let server = TlsServer::start(&[b"h2", b"http/1.1"]).await;
    let transport = server.transport();
    assert_eq!(text(&server.client(&transport)).await.unwrap(), "safe");
    // Clients of several runs share the connection.
    let clients: Vec<_> = (0..16).map(|_| server.client(&transport)).collect();
    let answers = futures::future::join_all(clients.iter().map(text)).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap() == "safe"));
    let versions = server.versions.lock().unwrap().clone();
    assert_eq!(versions, vec![Version::HTTP_2; 17]);
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_server_without_http_2_is_spoken_to_in_http_1() {
    let server = TlsServer::start(&[b"http/1.1"]).await;
    assert_eq!(text(&server.client(&server.transport())).await.unwrap(), "safe");
    assert_eq!(*server.versions.lock().unwrap(), [Version::HTTP_11]);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let server = TlsServer::start(&[b"h2"]).await;
    let transport = Transport::new(TransportConfig::default());
    let error = failure(&server.client(&transport)).await;
    assert_eq!(error.kind, ModelErrorKind::Network);
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(*server.versions.lock().unwrap(), [], "no request was sent");
}

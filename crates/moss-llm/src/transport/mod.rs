//! Connections to providers.

mod body;
mod failure;
mod tls;
mod watch;

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Proxy, Url, redirect};

use crate::{ModelSetupError, Secret};

pub(crate) use body::{Body, MAX_ERROR_BODY};
pub(crate) use failure::Target;
pub(crate) use watch::Watch;

/// How connections are made and watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportConfig {
    /// How long a connection may take to stand. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long a provider may be silent, before its answer begins and between two pieces of it. Time in
    /// which nobody waits for the provider does not count. Default: 120 s: reasoning models think for
    /// longer than a minute before their first token. The option `timeout` of a client comes first.
    pub idle_timeout: Duration,
    /// How long a whole answer may take, from the sending of its request. Default: an hour. It ends what goes on
    /// for ever without being silent. The option `answerTimeout` of a client comes first.
    pub answer_timeout: Duration,
    /// How long an unused connection is kept for the next call. Default: 60 s.
    pub pool_idle_timeout: Duration,
    /// The largest answer in one piece, in bytes after decompression. Default: 64 MiB.
    pub max_body: usize,
    /// The largest streamed answer, in bytes after decompression. Default: 512 MiB, more than a million tokens.
    pub max_stream: usize,
    /// Certificates, in PEM, that are trusted beside Mozilla's: for a company's proxy or a private
    /// server. Default: none.
    pub extra_roots: Option<Vec<u8>>,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            answer_timeout: Duration::from_secs(3600),
            pool_idle_timeout: Duration::from_secs(60),
            max_body: 64 << 20,
            max_stream: 512 << 20,
            extra_roots: None,
        }
    }
}

/// Connections to providers: a pool of kept-alive ones for all clients that share it, and one more for
/// each proxy. Cheap to clone; clones share the pools.
///
/// - Proxies: the client's option `proxy` comes first, else the environment's (`HTTPS_PROXY`,
///   `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`). Loopback addresses and `localhost` are reached directly
///   unless the option names a proxy: a local model server must not go through a company's proxy.
/// - TLS: rustls with ring. Mozilla's root certificates are built in, so that nothing of the system is
///   needed, not in an empty container either; [`TransportConfig::extra_roots`] adds to them.
/// - Redirects are not followed: a prompt and a key go only where they were sent.
/// - Pooled connections belong to the tokio runtime on which they were opened. Give each runtime its own
///   transport; a process with a single runtime takes [`Transport::shared`].
#[derive(Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

struct Inner {
    config: TransportConfig,
    /// Built when first needed; the last used stands last.
    clients: Mutex<Vec<(Route, Client)>>,
}

/// A bound on pools, for hosts that give each user a proxy.
const MAX_POOLS: usize = 32;

/// Over what a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Route {
    Direct,
    Environment,
    Proxy(Secret),
}

static SHARED: LazyLock<Transport> = LazyLock::new(Transport::default);

impl Transport {
    /// A transport with pools of its own. Opens nothing yet.
    #[must_use]
    pub fn new(config: TransportConfig) -> Self {
        Self { inner: Arc::new(Inner { config, clients: Mutex::default() }) }
    }

    /// The transport with default settings that all clients of a process can share.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &TransportConfig {
        &self.inner.config
    }

    /// The HTTP client for requests to `url`.
    pub(crate) fn client(
        &self,
        url: &Url,
        proxy: Option<&Secret>,
    ) -> Result<Client, ModelSetupError> {
        self.routed(match proxy {
            Some(proxy) => Route::Proxy(proxy.clone()),
            None if is_loopback(url) => Route::Direct,
            None => Route::Environment,
        })
    }

    /// The HTTP client for services of the machine itself, to which no proxy leads.
    pub(crate) fn direct_client(&self) -> Result<Client, ModelSetupError> {
        self.routed(Route::Direct)
    }

    fn routed(&self, route: Route) -> Result<Client, ModelSetupError> {
        // What a panic could leave behind is a shorter list, which is as good.
        let mut clients = self.inner.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match clients.iter().position(|(known, _)| *known == route) {
            Some(position) => clients.remove(position).1,
            None => self.build(&route)?,
        };
        if clients.len() >= MAX_POOLS {
            clients.remove(0);
        }
        clients.push((route, client.clone()));
        Ok(client)
    }

    fn build(&self, route: &Route) -> Result<Client, ModelSetupError> {
        let config = &self.inner.config;
        let builder = Client::builder()
            .tls_backend_preconfigured(tls::config(config.extra_roots.as_deref())?)
            .connect_timeout(config.connect_timeout)
            .pool_idle_timeout(config.pool_idle_timeout)
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(60))
            // Finds connections that died without a word while an answer is awaited.
            .http2_keep_alive_interval(Duration::from_secs(30))
            .http2_keep_alive_timeout(Duration::from_secs(20))
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("moss/", env!("CARGO_PKG_VERSION")));
        let builder = match route {
            Route::Direct => builder.no_proxy(),
            Route::Environment => builder,
            Route::Proxy(url) => builder.proxy(proxy(url)?),
        };
        builder.build().map_err(|error| ModelSetupError::HttpClient {
            problem: failure::root_cause(&error).to_string(),
        })
    }
}

impl Default for Transport {
    fn default() -> Self {
        Self::new(TransportConfig::default())
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

fn proxy(url: &Secret) -> Result<Proxy, ModelSetupError> {
    const PROBLEM: &str = "is not the URL of a proxy (`http`, `https`, `socks5` or `socks5h`)";
    let known = Url::parse(url.expose()).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h")
            && url.has_host()
    });
    if !known {
        return Err(ModelSetupError::option("proxy", PROBLEM));
    }
    Proxy::all(url.expose()).map_err(|_| ModelSetupError::option("proxy", PROBLEM))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

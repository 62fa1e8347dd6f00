//! What is the same in all requests of one client.

use std::time::Duration;

use moss_protocol::JsonObject;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Request, Url};

use super::redact::Redactor;
use crate::endpoint::Endpoint;
use crate::transport::Target;
use crate::wire::WireRequest;
use crate::{
    ClientOptions, ModelError, ModelErrorKind, ModelInfo, ModelRequest, ModelSetupError, Transport,
};

/// What is the same in all requests of one client.
#[derive(Clone)]
pub(super) struct Template {
    http: Client,
    headers: HeaderMap,
    extra_body: JsonObject,
    stream_usage: bool,
    pub(super) endpoint: Endpoint,
    pub(super) idle_timeout: Duration,
    pub(super) target: Target,
    pub(super) redactor: Redactor,
}

impl Template {
    pub(super) fn new(
        mut endpoint: Endpoint,
        info: &ModelInfo,
        options: &ClientOptions,
        transport: &Transport,
    ) -> Result<Self, ModelSetupError> {
        endpoint.append_query(&options.query);
        let url = &endpoint.url;
        Ok(Self {
            http: transport.client(url, options.proxy.as_ref())?,
            headers: headers(options, &endpoint, info.streaming),
            extra_body: options.extra_body.clone(),
            stream_usage: options.stream_usage,
            idle_timeout: options.timeout.unwrap_or(transport.config().idle_timeout),
            target: Target { provider: info.provider, host: host(url).into() },
            redactor: Redactor::new(&endpoint.secrets, &options.headers, url),
            endpoint,
        })
    }

    /// The body of a request.
    pub(super) fn body(
        &self,
        info: &ModelInfo,
        request: &ModelRequest,
    ) -> Result<Vec<u8>, ModelError> {
        let endpoint = self.endpoint.for_request(request);
        endpoint.wire.encode(&WireRequest {
            model: &info.model,
            request,
            stream: info.streaming,
            stream_usage: self.stream_usage,
            parameters: &endpoint.parameters,
            extra_body: &self.extra_body,
        })
    }

    /// A request to an endpoint, ready to be sent. Credentials in the URL become a header unless there is a key.
    pub(super) async fn request(
        &self,
        endpoint: &Endpoint,
        body: bytes::Bytes,
    ) -> Result<Request, ModelError> {
        let request =
            self.http.post(endpoint.url.clone()).headers(self.headers.clone()).body(body).build();
        let mut request = request.map_err(|error| {
            let message = "the request cannot be made from its options";
            let source = Some(error.without_url().into());
            ModelError { source, ..self.target.error(ModelErrorKind::InvalidRequest, message) }
        })?;
        if let Some(authorize) = &endpoint.authorize {
            authorize.authorize(&mut request).await?;
        }
        Ok(request)
    }

    /// The client over whose connections requests go.
    pub(super) const fn http(&self) -> &Client {
        &self.http
    }
}

/// The host, with its port where the URL names one.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn headers(options: &ClientOptions, endpoint: &Endpoint, streaming: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if streaming {
        let accept = HeaderValue::from_static(endpoint.wire.framing().content_type());
        headers.insert(ACCEPT, accept);
        // Compression would make proxies hold pieces back, and each piece dearer.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    } else {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    }
    headers.extend(endpoint.headers.clone());
    headers.extend(options.headers.clone());
    for name in &options.removed_headers {
        headers.remove(name);
    }
    headers
}

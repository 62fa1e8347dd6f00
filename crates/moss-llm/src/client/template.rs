//! What is the same in all requests of one client.

use std::time::Duration;

use bytes::Bytes;
use moss_protocol::JsonObject;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Request, Url};

use super::redact::Redactor;
use crate::endpoint::{Endpoint, Endpoints};
use crate::transport::Target;
use crate::wire::{WireDecoder, WireRequest};
use crate::{ClientOptions, ModelError, ModelInfo, ModelRequest, ModelSetupError, Transport};

/// What is the same in all requests of one client.
#[derive(Clone)]
pub(super) struct Template {
    http: Client,
    headers: HeaderMap,
    removed_headers: Vec<HeaderName>,
    extra_body: JsonObject,
    stream_usage: bool,
    endpoints: Endpoints,
    pub(super) idle_timeout: Duration,
    pub(super) answer_timeout: Duration,
    pub(super) target: Target,
    redactor: Redactor,
}

/// What one request says, and where it goes.
#[derive(Clone)]
pub(super) struct Letter<'t> {
    pub(super) endpoint: &'t Endpoint,
    headers: HeaderMap,
    body: Bytes,
}

impl Template {
    pub(super) fn new(
        mut endpoints: Endpoints,
        info: &ModelInfo,
        options: &ClientOptions,
        transport: &Transport,
    ) -> Result<Self, ModelSetupError> {
        endpoints.append_query(&options.query);
        let endpoint = &endpoints.usual;
        let url = &endpoint.url;
        Ok(Self {
            http: transport.client(url, options.proxy.as_ref())?,
            headers: headers(options, endpoint, info.streaming),
            removed_headers: options.removed_headers.clone(),
            extra_body: options.extra_body.clone(),
            stream_usage: options.stream_usage,
            idle_timeout: options.timeout.unwrap_or(transport.config().idle_timeout),
            answer_timeout: options.answer_timeout.unwrap_or(transport.config().answer_timeout),
            target: Target { provider: info.provider, host: host(url).into() },
            redactor: Redactor::new(&endpoint.secrets, &options.headers, url),
            endpoints,
        })
    }

    /// The body of a request.
    pub(super) fn body(
        &self,
        info: &ModelInfo,
        request: &ModelRequest,
    ) -> Result<Vec<u8>, ModelError> {
        let endpoint = self.endpoints.of_request(request);
        endpoint.wire.encode(&self.question(endpoint, info, request))
    }

    /// A request as each attempt sends it.
    pub(super) fn letter(
        &self,
        info: &ModelInfo,
        request: &ModelRequest,
    ) -> Result<Letter<'_>, ModelError> {
        let endpoint = self.endpoints.of_request(request);
        let question = self.question(endpoint, info, request);
        let body = Bytes::from(endpoint.wire.encode(&question)?);
        let mut headers = self.headers.clone();
        for (name, value) in &endpoint.wire.headers(&question) {
            if !self.removed_headers.contains(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        Ok(Letter { endpoint, headers, body })
    }

    /// A decoder for the answer to a request.
    pub(super) fn decoder(
        &self,
        endpoint: &Endpoint,
        info: &ModelInfo,
        request: &ModelRequest,
    ) -> Box<dyn WireDecoder> {
        endpoint.wire.decoder_for(&self.question(endpoint, info, request))
    }

    fn question<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        info: &'a ModelInfo,
        request: &'a ModelRequest,
    ) -> WireRequest<'a> {
        WireRequest {
            model: &info.model,
            request,
            stream: info.streaming,
            stream_usage: self.stream_usage,
            parameters: &endpoint.parameters,
            extra_body: &self.extra_body,
        }
    }

    /// A request, ready to be sent. Credentials in the URL become a header unless there is a key.
    pub(super) async fn request(&self, letter: Letter<'_>) -> Result<Request, ModelError> {
        let Letter { endpoint, headers, body } = letter;
        let request = self.http.post(endpoint.url.clone()).headers(headers).body(body).build();
        let mut request = request.map_err(|error| self.target.unmade(error))?;
        if let Some(authorize) = &endpoint.authorize {
            authorize.authorize(&mut request).await?;
        }
        Ok(request)
    }

    /// The error without the client's secrets.
    pub(super) fn clean(&self, error: ModelError) -> ModelError {
        let error = self.redactor.clean(error);
        match &self.endpoints.usual.authorize {
            Some(authorize) => Redactor::of(&authorize.secrets()).clean(error),
            None => error,
        }
    }

    /// The client over whose connections requests go.
    pub(super) const fn http(&self) -> &Client {
        &self.http
    }
}

/// The host, with its port where the URL names one.
pub(super) fn host(url: &Url) -> String {
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

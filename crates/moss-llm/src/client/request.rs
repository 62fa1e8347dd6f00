//! What is the same in all requests of one client.

use std::time::Duration;

use moss_protocol::JsonObject;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::{Client, RequestBuilder, Url};

use super::redact::Redactor;
use crate::options::sensitive;
use crate::provider::ProviderProfile;
use crate::transport::Target;
use crate::wire::WireRequest;
use crate::wire::openai_chat::{ChatDialect, OpenAiChatEncoder};
use crate::{
    ClientOptions, ModelError, ModelInfo, ModelRequest, ModelSetupError, Secret, Transport,
};

/// What is the same in all requests of one client.
#[derive(Clone)]
pub(super) struct Template {
    http: Client,
    url: Url,
    headers: HeaderMap,
    pub(super) dialect: ChatDialect,
    parameters: JsonObject,
    extra_body: JsonObject,
    stream_usage: bool,
    pub(super) idle_timeout: Duration,
    pub(super) target: Target,
    pub(super) redactor: Redactor,
}

impl Template {
    pub(super) fn new(
        profile: &ProviderProfile,
        info: &ModelInfo,
        options: &ClientOptions,
        transport: &Transport,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ModelSetupError> {
        let provider = profile.provider;
        let variable = |name: &str| {
            environment(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let base = match &options.base_url {
            Some(url) => Some(url.clone()),
            None => profile.url_variable.and_then(variable).map(Secret::new),
        };
        let url = endpoint(base.as_ref().map_or(profile.base_url, Secret::expose), &options.query)?;
        let key = match &options.api_key {
            Some(key) => Some(key.clone()),
            None => variable(profile.key_variable).map(Secret::new),
        };
        if key.is_none() && !(base.is_some() && profile.key_optional_elsewhere) {
            let variable = profile.key_variable;
            return Err(ModelSetupError::MissingApiKey { provider, variable });
        }
        let dialect =
            ChatDialect::of(provider).ok_or(ModelSetupError::ProviderUnavailable { provider })?;
        Ok(Self {
            http: transport.client(&url, options.proxy.as_ref())?,
            headers: headers(options, key.as_ref(), info.streaming)?,
            parameters: options.parameters_for(&dialect, &info.model),
            extra_body: options.extra_body.clone(),
            dialect,
            stream_usage: options.stream_usage,
            idle_timeout: options.timeout.unwrap_or(transport.config().idle_timeout),
            target: Target { provider, host: host(&url).into() },
            redactor: Redactor::new(key.as_ref(), &options.headers, &url),
            url,
        })
    }

    /// The body of a request.
    pub(super) fn body(
        &self,
        info: &ModelInfo,
        request: &ModelRequest,
    ) -> Result<Vec<u8>, ModelError> {
        OpenAiChatEncoder::new(self.dialect).encode(&WireRequest {
            model: &info.model,
            request,
            stream: info.streaming,
            stream_usage: self.stream_usage,
            parameters: &self.parameters,
            extra_body: &self.extra_body,
        })
    }

    /// A request, without its body. Credentials in the URL become a header unless there is a key.
    pub(super) fn post(&self) -> RequestBuilder {
        self.http.post(self.url.clone()).headers(self.headers.clone())
    }
}

/// Where requests go. A query of the base URL itself is kept.
fn endpoint(base: &str, query: &[(String, Secret)]) -> Result<Url, ModelSetupError> {
    let invalid = |problem: &str| ModelSetupError::option("baseURL", problem);
    let mut url = Url::parse(base).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("is not an `http` or `https` URL"));
    }
    url.path_segments_mut()
        .map_err(|()| invalid("is not an `http` or `https` URL"))?
        .pop_if_empty()
        .extend(["chat", "completions"]);
    if !query.is_empty() {
        let query = query.iter().map(|(name, value)| (name, value.expose()));
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

/// The host, with its port where the URL names one.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn headers(
    options: &ClientOptions,
    key: Option<&Secret>,
    streaming: bool,
) -> Result<HeaderMap, ModelSetupError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if streaming {
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        // Compression would make proxies hold pieces back, and each piece dearer.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    } else {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    }
    if let Some(key) = key {
        headers.insert(AUTHORIZATION, sensitive("apiKey", &format!("Bearer {}", key.expose()))?);
    }
    for (name, value) in [("organization", &options.organization), ("project", &options.project)] {
        if let Some(value) = value {
            let header =
                if name == "organization" { "openai-organization" } else { "openai-project" };
            headers.insert(HeaderName::from_static(header), sensitive(name, value)?);
        }
    }
    headers.extend(options.headers.clone());
    for name in &options.removed_headers {
        headers.remove(name);
    }
    Ok(headers)
}

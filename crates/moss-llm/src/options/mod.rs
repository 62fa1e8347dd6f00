//! What hosts write in `llmConfig` and `clientOptions`.

mod reader;

use std::time::Duration;

use moss_protocol::JsonObject;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{ModelSetupError, Secret};
pub(crate) use reader::Reader;

/// The options that all clients share, read from the JSON that hosts pass on: the names are those of
/// LangChain's clients and of LibreChat, in camel case or snake case. What else a provider takes is read by its
/// wire: see [`LlmClient::from_options`](crate::LlmClient::from_options).
///
/// An option that is `null` counts as not set. What MOSS interprets itself is checked here; what is the
/// provider's to judge (`temperature` …) travels unchanged into the request's body.
///
/// Options marked with * may also stand in `configuration` or in `clientOptions`.
///
/// | option | meaning | default |
/// |---|---|---|
/// | `model`, `modelName` | the model's name | none |
/// | `apiKey` *, `openAIApiKey`, `anthropicApiKey` | the key | the provider's environment variable |
/// | `baseURL` *, `basePath` *, `baseUrl` *, `anthropicApiUrl`, `endpoint` | where the provider is | the provider's own |
/// | `defaultHeaders` *, `customHeaders` | headers of each request; `null` takes one of MOSS' own away | none |
/// | `defaultQuery` * | appended to the URL | none |
/// | `organization` *, `project` * | OpenAI's headers of that name | none |
/// | `proxy` * | URL of a proxy for this client | the environment's proxy |
/// | `timeout` * | how long the provider may be silent, in milliseconds | the transport's |
/// | `answerTimeout` * | how long a whole answer may take, in milliseconds | the transport's |
/// | `maxRetries` * | how often a failed request is repeated | 2 |
/// | `streaming: false`, `disableStreaming: true` | ask for the answer in one piece | stream |
/// | `streamUsage: false` | do not ask for the usage of a streamed answer | ask |
/// | `modelKwargs`, `invocationKwargs` | further fields of the request body, which win over all others | none |
#[derive(Clone, PartialEq)]
pub struct ClientOptions {
    /// The model's name.
    pub model: Option<String>,
    /// The API key.
    pub api_key: Option<Secret>,
    /// Where the provider is: an `http` or `https` URL.
    pub base_url: Option<Secret>,
    /// `OpenAI-Organization`.
    pub organization: Option<String>,
    /// `OpenAI-Project`.
    pub project: Option<String>,
    /// Headers of each request. They win over MOSS' own. All are marked as sensitive.
    pub headers: HeaderMap,
    /// Headers of MOSS' own that are not to be sent.
    pub removed_headers: Vec<HeaderName>,
    /// Appended to the URL.
    pub query: Vec<(String, Secret)>,
    /// URL of a proxy.
    pub proxy: Option<Secret>,
    /// How long the provider may be silent: before its answer begins, and between two pieces of it.
    pub timeout: Option<Duration>,
    /// How long a whole answer may take.
    pub answer_timeout: Option<Duration>,
    /// How often a failed request is repeated.
    pub max_retries: u32,
    /// Whether the answer is to arrive in pieces.
    pub streaming: bool,
    /// Whether a streamed answer is to end with its usage.
    pub stream_usage: bool,
    /// `modelKwargs`: fields of the request body, which win over all others.
    pub extra_body: JsonObject,
}

/// Options of the JavaScript clients that mean nothing to a request, or that whoever makes the client
/// follows (`fallbacks`): read, and not sent.
const IGNORED: &[&str] = &[
    "provider",
    "verbose",
    "callbacks",
    "callbackManager",
    "cache",
    "tags",
    // LangChain's tracing metadata; the provider's goes into `modelKwargs`.
    "metadata",
    "name",
    "runName",
    "fallbacks",
    "maxConcurrency",
    "onFailedAttempt",
    "supportsStrictToolCalling",
    "__includeRawResponse",
    "_lc_stream_delay",
    "dangerouslyAllowBrowser",
    "maxContextTokens",
];

/// How often the OpenAI client repeats a failed request, which is what hosts are used to.
const DEFAULT_MAX_RETRIES: u32 = 2;

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            model: None,
            api_key: None,
            base_url: None,
            organization: None,
            project: None,
            headers: HeaderMap::new(),
            removed_headers: Vec::new(),
            query: Vec::new(),
            proxy: None,
            timeout: None,
            answer_timeout: None,
            max_retries: DEFAULT_MAX_RETRIES,
            streaming: true,
            stream_usage: true,
            extra_body: JsonObject::new(),
        }
    }
}

impl ClientOptions {
    /// Reads the options that all clients share, and leaves the others.
    ///
    /// # Errors
    /// [`ModelSetupError::InvalidOption`] names the option and what it should be, and never its value.
    pub fn from_json(options: &JsonObject) -> Result<Self, ModelSetupError> {
        HostOptions::read(options).map(|options| options.common)
    }

    fn add_headers(&mut self, option: &str, headers: &JsonObject) -> Result<(), ModelSetupError> {
        for (name, value) in headers {
            let option = || format!("{option}.{name}");
            let parsed = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| ModelSetupError::option(&option(), "is no valid header name"))?;
            let text = match value {
                Value::Null => {
                    self.removed_headers.push(parsed);
                    continue;
                }
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    return Err(ModelSetupError::option(&option(), "is not a text"));
                }
            };
            self.headers.insert(parsed, sensitive(&option(), &text)?);
        }
        Ok(())
    }

    fn add_query(&mut self, option: &str, query: &JsonObject) -> Result<(), ModelSetupError> {
        for (name, value) in query {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    let option = format!("{option}.{name}");
                    return Err(ModelSetupError::option(&option, "is not a text or a number"));
                }
            };
            self.query.push((name.clone(), Secret::new(text)));
        }
        Ok(())
    }
}

/// A header value that `Debug` does not show.
pub(crate) fn sensitive(option: &str, text: &str) -> Result<HeaderValue, ModelSetupError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        ModelSetupError::option(option, "holds characters that a header may not have")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Checks here, where the option's name is known, so that nothing later has to quote the URL.
fn check_base_url(url: &Secret) -> Result<(), ModelSetupError> {
    let problem = match Url::parse(url.expose()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => return Ok(()),
        Ok(_) => "is not an `http` or `https` URL".to_owned(),
        Err(error) => format!("is not a URL: {error}"),
    };
    Err(ModelSetupError::option("baseURL", problem))
}

/// A host's options while they are read: what all clients share, and readers for what only some know.
pub(crate) struct HostOptions<'a> {
    pub(crate) common: ClientOptions,
    /// The options themselves, for what a provider reads beside.
    pub(crate) top: Reader<'a>,
    nested: [Reader<'a>; 2],
}

impl<'a> HostOptions<'a> {
    pub(crate) fn read(options: &'a JsonObject) -> Result<Self, ModelSetupError> {
        let mut top = Reader::new(options, "");
        // OpenAI's client keeps its own options in the one, Anthropic's in the other.
        let mut inner = |name, prefix| {
            let object = top.object(&[name])?.unwrap_or(&reader::NOTHING);
            Ok::<_, ModelSetupError>(Reader::new(object, prefix))
        };
        let nested =
            [inner("configuration", "configuration.")?, inner("clientOptions", "clientOptions.")?];
        let mut this = Self { common: ClientOptions::default(), top, nested };
        let base_url = &["baseURL", "basePath", "base_url", "baseUrl"];
        let base_url = match this.nested_first(|r| r.text(base_url))? {
            Some(url) => Some(url),
            None => this.top.text(&["anthropicApiUrl", "endpoint"])?,
        };
        let key = &["apiKey", "api_key", "openAIApiKey", "anthropicApiKey"];
        let common = ClientOptions {
            model: this.top.text(&["model", "modelName", "model_name"])?.map(str::to_owned),
            api_key: this.top_first(|r| r.text(key))?.map(Secret::new),
            base_url: base_url.map(Secret::new),
            organization: this.top_first(|r| r.text(&["organization"]))?.map(str::to_owned),
            project: this.top_first(|r| r.text(&["project"]))?.map(str::to_owned),
            proxy: this.top_first(|r| r.text(&["proxy"]))?.map(Secret::new),
            timeout: this.top_first(|r| r.millis(&["timeout"]))?,
            answer_timeout: this.top_first(|r| r.millis(&["answerTimeout", "answer_timeout"]))?,
            max_retries: this
                .top_first(|r| r.count(&["maxRetries", "max_retries"]))?
                .unwrap_or(DEFAULT_MAX_RETRIES),
            stream_usage: this.top.flag(&["streamUsage", "stream_usage"])?.unwrap_or(true),
            ..ClientOptions::default()
        };
        this.common = common;
        if let Some(url) = &this.common.base_url {
            check_base_url(url)?;
        }
        // As LangChain's client does: an explicit `streaming: false` also switches `.stream()` off.
        let streaming = this.top.flag(&["streaming"])?;
        let disabled = this.top.flag(&["disableStreaming", "disable_streaming"])?;
        this.common.streaming = streaming != Some(false) && disabled != Some(true);
        this.headers_and_query()?;
        for names in [&["modelKwargs", "model_kwargs"][..], &["invocationKwargs"]] {
            let kwargs = this.top.object(names)?;
            this.common.extra_body.extend(kwargs.cloned().unwrap_or_default());
        }
        for name in IGNORED {
            this.top.value(&[name]);
        }
        Ok(this)
    }

    fn headers_and_query(&mut self) -> Result<(), ModelSetupError> {
        let Self { common, top, nested: [configuration, client] } = self;
        for reader in [top, configuration, client] {
            for name in ["defaultHeaders", "default_headers", "customHeaders"] {
                if let Some(headers) = reader.object(&[name])? {
                    common.add_headers(&reader.named(name), headers)?;
                }
            }
            for name in ["defaultQuery", "default_query"] {
                if let Some(query) = reader.object(&[name])? {
                    common.add_query(&reader.named(name), query)?;
                }
            }
        }
        Ok(())
    }

    /// Reads in all places, so that none is reported as unknown, and prefers the options themselves.
    pub(crate) fn top_first<T>(
        &mut self,
        read: impl Fn(&mut Reader<'a>) -> Result<Option<T>, ModelSetupError>,
    ) -> Result<Option<T>, ModelSetupError> {
        let top = read(&mut self.top)?;
        let [first, second] = &mut self.nested;
        let nested = (read(first)?, read(second)?);
        Ok(top.or(nested.0).or(nested.1))
    }

    /// As [`Self::top_first`], and prefers the nested ones.
    fn nested_first<T>(
        &mut self,
        read: impl Fn(&mut Reader<'a>) -> Result<Option<T>, ModelSetupError>,
    ) -> Result<Option<T>, ModelSetupError> {
        let top = read(&mut self.top)?;
        let [first, second] = &mut self.nested;
        let nested = (read(first)?, read(second)?);
        Ok(nested.0.or(nested.1).or(top))
    }

    /// Names of options that are set and were not read, for a warning.
    pub(crate) fn unknown(self) -> Vec<String> {
        let [configuration, client] = self.nested;
        let mut unknown = self.top.unread();
        unknown.extend(configuration.unread());
        unknown.extend(client.unread());
        unknown
    }
}

impl std::fmt::Debug for ClientOptions {
    /// Shows names, not values, of all that may hold a secret; request body fields included.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientOptions")
            .field("model", &self.model)
            .field("api_key", &self.api_key)
            .field("base_url", &self.base_url)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("proxy", &self.proxy)
            .field("timeout", &self.timeout)
            .field("answer_timeout", &self.answer_timeout)
            .field("max_retries", &self.max_retries)
            .field("streaming", &self.streaming)
            .field("stream_usage", &self.stream_usage)
            .field("extra_body", &self.extra_body.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

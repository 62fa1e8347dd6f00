//! What hosts write in `llmConfig` and `clientOptions`.

mod parameters;
mod reader;

use std::time::Duration;

use moss_protocol::JsonObject;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{ModelSetupError, Secret};
use reader::Reader;

/// A chat client's options, read from the JSON that hosts pass on: the names are those of LangChain's
/// `ChatOpenAI` and of LibreChat, in camel case or snake case.
///
/// An option that is `null` counts as not set. What MOSS interprets itself is checked here; what is the
/// provider's to judge (`temperature` …) travels unchanged in
/// [`parameters`](Self::parameters).
///
/// | option | meaning | default |
/// |---|---|---|
/// | `model`, `modelName` | the model's name | none |
/// | `apiKey`, `openAIApiKey` | the key | the provider's environment variable |
/// | `baseURL`, `basePath`, `configuration.baseURL`, `configuration.basePath` | where the provider is | the provider's own |
/// | `configuration.defaultHeaders` | headers of each request; `null` takes one of MOSS' own away | none |
/// | `configuration.defaultQuery` | appended to the URL | none |
/// | `organization`, `project` (also in `configuration`) | OpenAI's headers of that name | none |
/// | `proxy` | URL of a proxy for this client | the environment's proxy |
/// | `timeout` | how long the provider may be silent, in milliseconds | the transport's |
/// | `maxRetries` | how often a failed request is repeated | 2 |
/// | `streaming: false`, `disableStreaming: true` | ask for the answer in one piece | stream |
/// | `streamUsage: false` | do not ask for the usage of a streamed answer | ask |
/// | `modelKwargs` | further fields of the request body, which win over all others | none |
#[derive(Clone, PartialEq)]
pub struct ClientOptions {
    /// The model's name.
    pub model: Option<String>,
    /// The API key.
    pub api_key: Option<Secret>,
    /// Where the provider is: `http` or `https`, up to and without `/chat/completions`.
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
    /// How often a failed request is repeated.
    pub max_retries: u32,
    /// Whether the answer is to arrive in pieces.
    pub streaming: bool,
    /// Whether a streamed answer is to end with its usage.
    pub stream_usage: bool,
    /// Fields of the request body under OpenAI's names.
    pub parameters: JsonObject,
    /// `modelKwargs`: fields of the request body, which win over all others.
    pub extra_body: JsonObject,
    /// `usage: true`: the host counts on usage in the way of OpenRouter, which is asked in its own words.
    pub usage: bool,
    /// Names of options that this version does not know or cannot follow, for a warning.
    pub unknown_options: Vec<String>,
}

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
            max_retries: DEFAULT_MAX_RETRIES,
            streaming: true,
            stream_usage: true,
            parameters: JsonObject::new(),
            extra_body: JsonObject::new(),
            usage: false,
            unknown_options: Vec::new(),
        }
    }
}

impl ClientOptions {
    /// Reads a host's options.
    ///
    /// # Errors
    /// [`ModelSetupError::InvalidOption`] names the option and what it should be, and never its value.
    pub fn from_json(options: &JsonObject) -> Result<Self, ModelSetupError> {
        let mut read = Reader::new(options, "");
        let configuration = read.object(&["configuration"])?.unwrap_or(&reader::NOTHING);
        let mut nested = Reader::new(configuration, "configuration.");
        let base_url = &["baseURL", "basePath", "base_url"];
        let mut this = Self {
            model: read.text(&["model", "modelName", "model_name"])?.map(str::to_owned),
            api_key: either(&mut read, &mut nested, &["apiKey", "openAIApiKey", "api_key"])?
                .map(Secret::new),
            base_url: either(&mut nested, &mut read, base_url)?.map(Secret::new),
            organization: either(&mut read, &mut nested, &["organization"])?.map(str::to_owned),
            project: either(&mut read, &mut nested, &["project"])?.map(str::to_owned),
            proxy: read.text(&["proxy"])?.map(Secret::new),
            timeout: either_with(&mut read, &mut nested, |r| r.millis(&["timeout"]))?,
            max_retries: either_with(&mut read, &mut nested, |r| {
                r.count(&["maxRetries", "max_retries"])
            })?
            .unwrap_or(DEFAULT_MAX_RETRIES),
            ..Self::default()
        };
        if let Some(url) = &this.base_url {
            check_base_url(url)?;
        }
        // As LangChain's client does: an explicit `streaming: false` also switches `.stream()` off.
        let streaming = read.flag(&["streaming"])?;
        let disabled = read.flag(&["disableStreaming", "disable_streaming"])?;
        this.streaming = streaming != Some(false) && disabled != Some(true);
        this.stream_usage = read.flag(&["streamUsage", "stream_usage"])?.unwrap_or(true);
        for name in ["defaultHeaders", "default_headers"] {
            if let Some(headers) = nested.object(&[name])? {
                this.add_headers(name, headers)?;
            }
        }
        for name in ["defaultQuery", "default_query"] {
            if let Some(query) = nested.object(&[name])? {
                this.add_query(name, query)?;
            }
        }
        let kwargs = read.object(&["modelKwargs", "model_kwargs"])?;
        this.extra_body = kwargs.cloned().unwrap_or_default();
        this.usage = matches!(read.value(&["usage"]), Some((_, Value::Bool(true))));
        this.parameters = parameters::read(&mut read);
        // Chat completions, the only wire here, answer such a host nearly as well.
        let responses = read.flag(&["useResponsesApi"])? == Some(true);
        this.unknown_options = read.unread();
        this.unknown_options.extend(responses.then(|| "useResponsesApi".to_owned()));
        this.unknown_options.extend(nested.unread());
        Ok(this)
    }

    fn add_headers(&mut self, option: &str, headers: &JsonObject) -> Result<(), ModelSetupError> {
        for (name, value) in headers {
            let option = || format!("configuration.{option}.{name}");
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
                    let option = format!("configuration.{option}.{name}");
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

fn either<'a>(
    first: &mut Reader<'a>,
    second: &mut Reader<'a>,
    names: &[&str],
) -> Result<Option<&'a str>, ModelSetupError> {
    either_with(first, second, |reader| reader.text(names))
}

/// Reads both, so that neither is reported as unknown, and prefers the first.
fn either_with<'a, T>(
    first: &mut Reader<'a>,
    second: &mut Reader<'a>,
    read: impl Fn(&mut Reader<'a>) -> Result<Option<T>, ModelSetupError>,
) -> Result<Option<T>, ModelSetupError> {
    let (first, second) = (read(first)?, read(second)?);
    Ok(first.or(second))
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
            .field("max_retries", &self.max_retries)
            .field("streaming", &self.streaming)
            .field("stream_usage", &self.stream_usage)
            .field("parameters", &self.parameters.keys().collect::<Vec<_>>())
            .field("extra_body", &self.extra_body.keys().collect::<Vec<_>>())
            .field("unknown_options", &self.unknown_options)
            .finish_non_exhaustive()
    }
}

//! A provider's client.

mod call;
mod fallback;
mod models;
mod redact;
mod template;

use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use moss_protocol::{JsonObject, Provider};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::endpoint::{Endpoints, Setup, deployment};
use crate::options::HostOptions;
use crate::{
    ChatModel, DemoModel, ModelError, ModelInfo, ModelRequest, ModelSetupError, ModelStream,
    RetryPolicy, Transport, TransportConfig,
};
pub use fallback::FallbackModel;
pub use models::{ListedModel, ModelListError, list_models};
use template::Template;

/// A client of a provider, over the wire that the provider speaks. Cheap to clone.
///
/// A call goes out when its stream is first polled. What fails before the answer began is repeated as the
/// [`RetryPolicy`] says; nothing after. Dropping the stream, or cancelling, closes the connection. A
/// server that is asked to stream and answers in one piece is understood, and the other way round.
#[derive(Clone)]
pub struct LlmClient {
    inner: Arc<Inner>,
}

struct Inner {
    info: ModelInfo,
    template: Template,
    retry: RetryPolicy,
    max_body: usize,
    max_stream: usize,
    unknown_options: Vec<String>,
}

impl LlmClient {
    /// Makes a client from a host's options; [`ClientOptions`](crate::ClientOptions) tells those that all clients share. `environment` looks
    /// up a variable: the provider's key is read there when the options have none, and OpenAI's base URL.
    /// As the OpenAI client does, it sends a key of the environment to a base URL of the options too.
    ///
    /// OpenAI, Azure, OpenRouter and xAI speak two protocols. `useResponsesApi` chooses Responses (`true`) or chat
    /// completions (`false`). Where it is not set, OpenAI and Azure are asked as LangChain's client asks them: over
    /// Responses where the options (`text`, `include`, `truncation`, `previous_response_id`,
    /// `reasoning.summary`) or the model need them, and for each request with tools that only Responses know; else
    /// over chat completions.
    ///
    /// For Azure, `azureOpenAIApiInstanceName`, `azureOpenAIEndpoint`, `azureOpenAIBasePath` or `baseURL` name the
    /// resource, `azureOpenAIApiDeploymentName` the deployment (default: the model) and `azureOpenAIApiVersion` the
    /// version; `azureOpenAIApiKey` or `azureADToken` prove who asks. The environment variables of these names
    /// (`AZURE_OPENAI_ENDPOINT` …) serve where the options are silent.
    ///
    /// No connection is made.
    ///
    /// # Errors
    /// [`ModelSetupError`]: no model, no key, a provider without a client, or an option that cannot be used.
    pub fn from_options(
        provider: Provider,
        options: &JsonObject,
        transport: &Transport,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ModelSetupError> {
        let mut options = HostOptions::read(options)?;
        let model = match options.common.model.clone() {
            None if provider == Provider::AzureOpenAi => {
                deployment(&mut options.top, &environment)?
            }
            model => model,
        };
        let model = model.ok_or(ModelSetupError::MissingModel { provider })?;
        let info = ModelInfo { provider, model, streaming: options.common.streaming };
        let endpoints = Endpoints::of(&mut Setup {
            provider,
            model: &info.model,
            streaming: info.streaming,
            options: &mut options,
            transport,
            environment: &environment,
        })?;
        let template = Template::new(endpoints, &info, &options.common, transport)?;
        let retry = RetryPolicy::new(options.common.max_retries);
        let unknown_options = options.unknown();
        if !unknown_options.is_empty() {
            tracing::warn!(
                provider = %info.provider,
                options = unknown_options.join(", "),
                "options are not known and not followed"
            );
        }
        let TransportConfig { max_body, max_stream, .. } = *transport.config();
        let inner = Inner { info, template, retry, max_body, max_stream, unknown_options };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The same client with another retry policy.
    #[must_use]
    pub fn with_retry(self, retry: RetryPolicy) -> Self {
        let inner = match Arc::try_unwrap(self.inner) {
            Ok(inner) => Inner { retry, ..inner },
            Err(shared) => Inner {
                info: shared.info.clone(),
                template: shared.template.clone(),
                retry,
                max_body: shared.max_body,
                max_stream: shared.max_stream,
                unknown_options: shared.unknown_options.clone(),
            },
        };
        Self { inner: Arc::new(inner) }
    }

    /// The body of the request that would be sent.
    ///
    /// # Errors
    /// [`ModelErrorKind::InvalidRequest`](crate::ModelErrorKind::InvalidRequest) when the conversation has a
    /// part for which the provider's protocol has no form.
    pub fn encode(&self, request: &ModelRequest) -> Result<Vec<u8>, ModelError> {
        self.inner.template.body(&self.inner.info, request)
    }
}

impl ChatModel for LlmClient {
    fn info(&self) -> &ModelInfo {
        &self.inner.info
    }

    fn unknown_options(&self) -> &[String] {
        &self.inner.unknown_options
    }

    fn stream(&self, request: ModelRequest, cancel: CancellationToken) -> ModelStream {
        call::stream(Arc::clone(&self.inner), request, cancel).boxed()
    }
}

impl fmt::Debug for LlmClient {
    /// Shows who is asked, and neither keys, headers nor the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlmClient")
            .field("info", &self.inner.info)
            .field("host", &self.inner.template.target.host)
            .field("retry", &self.inner.retry)
            .finish_non_exhaustive()
    }
}

/// The model that a host configured: the demo, or a provider's client; see [`LlmClient::from_options`]. The option
/// `fallbacks`, a list of `{provider, clientOptions}`, makes it a [`FallbackModel`].
///
/// # Errors
/// As [`LlmClient::from_options`] and [`DemoModel::from_options`].
pub fn model_from_options(
    provider: Provider,
    options: &JsonObject,
    transport: &Transport,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ChatModel>, ModelSetupError> {
    let first = single(provider, options, transport, &environment)?;
    let fallbacks = fallbacks(options)?
        .into_iter()
        .map(|(provider, options)| single(provider, &options, transport, &environment))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(match fallbacks.is_empty() {
        true => first,
        false => Arc::new(FallbackModel::new(first, fallbacks)),
    })
}

fn single(
    provider: Provider,
    options: &JsonObject,
    transport: &Transport,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<Arc<dyn ChatModel>, ModelSetupError> {
    Ok(match provider {
        Provider::Demo => Arc::new(DemoModel::from_options(options)?),
        provider => Arc::new(LlmClient::from_options(provider, options, transport, environment)?),
    })
}

/// The option `fallbacks`: each with its provider, and its options in `clientOptions` or beside it.
fn fallbacks(options: &JsonObject) -> Result<Vec<(Provider, JsonObject)>, ModelSetupError> {
    let list = match options.get("fallbacks") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(ModelSetupError::option("fallbacks", "is not a list")),
    };
    let read = |(position, fallback): (usize, &Value)| {
        let invalid =
            |problem: String| ModelSetupError::option(&format!("fallbacks.{position}"), problem);
        let mut own = match fallback {
            Value::Object(own) => own.clone(),
            _ => {
                return Err(invalid("is not an object with `provider` and `clientOptions`".into()));
            }
        };
        let provider = match own.shift_remove("provider") {
            Some(Value::String(name)) => name
                .parse::<Provider>()
                .map_err(|error| invalid(format!("names no provider: {error}")))?,
            _ => return Err(invalid("has no `provider`".to_owned())),
        };
        let options = match own.shift_remove("clientOptions") {
            // Anthropic's client keeps options of its own under that name.
            Some(Value::Object(inner)) if !own.contains_key("model") => inner,
            Some(inner) => {
                own.insert("clientOptions".to_owned(), inner);
                own
            }
            None => own,
        };
        Ok((provider, options))
    };
    list.iter().enumerate().map(read).collect()
}

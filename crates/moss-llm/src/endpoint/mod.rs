//! Where a client's requests go: the wire spoken there, the address, and what proves that they may.
//!
//! One file for each kind of address. A wire may be spoken at several: Claude's is, at Anthropic, at Vertex AI
//! and at whoever imitates it.

mod anthropic;
mod authorize;
mod chat;
mod setup;

use std::sync::Arc;

use moss_protocol::{JsonObject, Provider};
use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::wire::Wire;
use crate::{ModelSetupError, Secret};

pub(crate) use authorize::Authorize;
pub(crate) use setup::{Setup, address};

/// Where the requests of one client go.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// How it is spoken there.
    pub(crate) wire: Arc<dyn Wire>,
    /// The whole address, without the host's own query.
    pub(crate) url: Url,
    /// Headers of each request beside those that every request has. Keys among them are marked as sensitive.
    pub(crate) headers: HeaderMap,
    /// What else proves that a request may be made, where that is not the same for each.
    pub(crate) authorize: Option<Arc<dyn Authorize>>,
    /// Fields of the request's body, from the host's options.
    pub(crate) parameters: JsonObject,
    /// What no error may show, beside headers and URL.
    pub(crate) secrets: Vec<Secret>,
}

impl Endpoint {
    /// The endpoint that a host's options name. Reads what the provider takes beside what all take.
    pub(crate) fn of(setup: &mut Setup<'_, '_>) -> Result<Self, ModelSetupError> {
        match setup.provider {
            Provider::OpenAi
            | Provider::DeepSeek
            | Provider::Mistral
            | Provider::MistralAi
            | Provider::OpenRouter
            | Provider::Xai
            | Provider::Moonshot => chat::endpoint(setup),
            Provider::Anthropic => anthropic::endpoint(setup),
            Provider::AzureOpenAi
            | Provider::Bedrock
            | Provider::Google
            | Provider::VertexAi
            | Provider::Ollama
            | Provider::Demo => {
                Err(ModelSetupError::ProviderUnavailable { provider: setup.provider })
            }
        }
    }
}

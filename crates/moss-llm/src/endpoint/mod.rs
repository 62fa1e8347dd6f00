//! Where a client's requests go: the wire spoken there, the address, and what proves that they may.
//!
//! One file for each kind of address. A wire may be spoken at several: Claude's is, at Anthropic, at Vertex AI
//! and at whoever imitates it.

mod authorize;
mod azure;
mod chat;
mod responses;
mod setup;

use std::sync::Arc;

use moss_protocol::{JsonObject, Provider};
use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::wire::Wire;
use crate::{ModelRequest, ModelSetupError, Secret};

pub(crate) use authorize::Authorize;
pub(crate) use azure::deployment;
pub(crate) use setup::Setup;

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
    /// Where requests go that this wire cannot express.
    pub(crate) instead: Option<Instead>,
}

/// Another endpoint of the same provider, for some requests.
#[derive(Clone)]
pub(crate) struct Instead {
    /// Which requests.
    pub(crate) when: fn(&ModelRequest) -> bool,
    /// Where these go.
    pub(crate) endpoint: Arc<Endpoint>,
}

impl Endpoint {
    /// Appends the host's query to the addresses.
    pub(crate) fn append_query(&mut self, query: &[(String, Secret)]) {
        if !query.is_empty() {
            let pairs = query.iter().map(|(name, value)| (name, value.expose()));
            self.url.query_pairs_mut().extend_pairs(pairs);
        }
        if let Some(instead) = &mut self.instead {
            Arc::make_mut(&mut instead.endpoint).append_query(query);
        }
    }

    /// The endpoint for a request: this one, or the one that knows what the request holds.
    pub(crate) fn for_request(&self, request: &ModelRequest) -> &Self {
        match &self.instead {
            Some(instead) if (instead.when)(request) => &instead.endpoint,
            Some(_) | None => self,
        }
    }

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
            Provider::AzureOpenAi => azure::endpoint(setup),
            Provider::Anthropic
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

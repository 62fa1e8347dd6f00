//! Where a client's requests go: the wire spoken there, the address, and what proves that they may.
//!
//! One file for each kind of address. A wire may be spoken at several: Claude's is, at Anthropic, at Vertex AI
//! and at whoever imitates it.

mod anthropic;
mod authorize;
mod aws;
mod azure;
mod bedrock;
mod chat;
mod google;
mod google_auth;
mod ollama;
mod responses;
mod setup;
mod sigv4;
mod vertex;

use std::sync::Arc;

use moss_protocol::{JsonObject, Provider};
use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::wire::Wire;
use crate::{ModelRequest, ModelSetupError, Secret};

pub(crate) use authorize::Authorize;
pub(crate) use azure::deployment;
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

/// Where the requests of one client go, all of them.
#[derive(Clone)]
pub(crate) struct Endpoints {
    /// Where they go as a rule.
    pub(crate) usual: Endpoint,
    /// Where those go that the usual wire cannot express.
    instead: Option<Instead>,
}

/// Another endpoint of the same provider, with the same headers, for some requests.
#[derive(Clone)]
struct Instead {
    /// Which requests.
    when: fn(&ModelRequest) -> bool,
    /// Where these go.
    endpoint: Endpoint,
}

impl From<Endpoint> for Endpoints {
    fn from(usual: Endpoint) -> Self {
        Self { usual, instead: None }
    }
}

impl Endpoints {
    /// The endpoint for a request.
    pub(crate) fn of_request(&self, request: &ModelRequest) -> &Endpoint {
        match &self.instead {
            Some(instead) if (instead.when)(request) => &instead.endpoint,
            Some(_) | None => &self.usual,
        }
    }

    /// Appends the host's query to the addresses.
    pub(crate) fn append_query(&mut self, query: &[(String, Secret)]) {
        let instead = self.instead.as_mut().map(|instead| &mut instead.endpoint);
        for endpoint in instead.into_iter().chain([&mut self.usual]) {
            append_query(&mut endpoint.url, query);
        }
    }

    /// The endpoints that a host's options name. Reads what the provider takes beside what all take.
    pub(crate) fn of(setup: &mut Setup<'_, '_>) -> Result<Self, ModelSetupError> {
        let endpoint = match setup.provider {
            Provider::OpenAi
            | Provider::DeepSeek
            | Provider::Mistral
            | Provider::MistralAi
            | Provider::OpenRouter
            | Provider::Xai
            | Provider::Moonshot => return chat::endpoints(setup),
            Provider::Anthropic => anthropic::endpoint(setup),
            Provider::AzureOpenAi => return azure::endpoints(setup),
            Provider::Bedrock => bedrock::endpoint(setup),
            Provider::Google => google::endpoint(setup),
            Provider::VertexAi => vertex::endpoint(setup),
            Provider::Ollama => ollama::endpoint(setup),
            Provider::Demo => {
                Err(ModelSetupError::ProviderUnavailable { provider: setup.provider })
            }
        };
        endpoint.map(Self::from)
    }
}

/// Appends a host's query to an address.
pub(crate) fn append_query(url: &mut Url, query: &[(String, Secret)]) {
    if !query.is_empty() {
        let pairs = query.iter().map(|(name, value)| (name, value.expose()));
        url.query_pairs_mut().extend_pairs(pairs);
    }
}

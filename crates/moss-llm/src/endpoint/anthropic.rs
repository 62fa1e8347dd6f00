//! Anthropic's own API, and whoever imitates it.

use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::setup::{address, bearer};
use super::{Endpoint, Setup};
use crate::options::sensitive;
use crate::provider::ProviderProfile;
use crate::wire::anthropic::{Anthropic, AnthropicDialect};
use crate::{ModelSetupError, Secret};

/// The version of the protocol that the wire speaks.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// The environment variable that may hold a token.
const TOKEN_VARIABLE: &str = "ANTHROPIC_AUTH_TOKEN";

/// Where LangChain's client looks for another address before it looks where Anthropic's does.
const LANGCHAIN_URL_VARIABLE: &str = "ANTHROPIC_API_URL";

pub(super) fn endpoint(setup: &mut Setup<'_, '_>) -> Result<Endpoint, ModelSetupError> {
    let provider = setup.provider;
    let profile =
        ProviderProfile::of(provider).ok_or(ModelSetupError::ProviderUnavailable { provider })?;
    let own = setup.options.common.base_url.clone();
    let base = own
        .or_else(|| setup.variable(LANGCHAIN_URL_VARIABLE).map(Secret::new))
        .or_else(|| setup.base_url(profile));
    let Proof { key, token } = Proof::of(setup, profile, base.is_some())?;
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("anthropic-version"), VERSION);
    if let Some(key) = &key {
        headers.insert(HeaderName::from_static("x-api-key"), sensitive("apiKey", key.expose())?);
    }
    if let Some(token) = &token {
        headers.insert(AUTHORIZATION, bearer(token)?);
    }
    let (wire, parameters) =
        Anthropic::from_options(AnthropicDialect::ANTHROPIC, setup.options, setup.model)?;
    let base = base.as_ref().map_or(profile.base_url, Secret::expose);
    Ok(Endpoint {
        wire: Arc::new(wire),
        url: messages(base)?,
        headers,
        authorize: None,
        parameters,
        secrets: key.into_iter().chain(token).collect(),
    })
}

/// The address of the messages at a base URL. Anthropic's own has no `/v1`; hosts that are used to OpenAI's write it.
fn messages(base: &str) -> Result<Url, ModelSetupError> {
    let mut url = address(base, &[])?;
    let has_version = url.path().trim_end_matches('/').ends_with("/v1");
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
        if !has_version {
            path.push("v1");
        }
        path.push("messages");
    }
    Ok(url)
}

/// What proves that requests may be made.
struct Proof {
    key: Option<Secret>,
    /// Sent as bearer.
    token: Option<Secret>,
}

impl Proof {
    /// As Anthropic's client does: what the options name is sent, a key, a token or both; where they name none, the
    /// environment is asked. Servers elsewhere may need neither.
    fn of(
        setup: &mut Setup<'_, '_>,
        profile: &ProviderProfile,
        elsewhere: bool,
    ) -> Result<Self, ModelSetupError> {
        let names = &["authToken", "auth_token", "anthropicAuthToken"];
        let token = setup.options.top_first(|read| read.text(names))?.map(Secret::new);
        let key = setup.options.common.api_key.clone();
        if token.is_some() || key.is_some() {
            return Ok(Self { key, token });
        }
        let token = setup.variable(TOKEN_VARIABLE).map(Secret::new);
        let key = match setup.key(profile) {
            None if token.is_some() || (elsewhere && profile.key_optional_elsewhere) => None,
            _ => Some(setup.required_key(profile)?),
        };
        Ok(Self { key, token })
    }
}

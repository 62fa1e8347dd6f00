//! Anthropic's own API, and whoever imitates it.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::setup::{address, bearer};
use super::{Endpoint, Setup};
use crate::options::sensitive;
use crate::provider::ProviderProfile;
use crate::wire::anthropic::{Anthropic, AnthropicDialect};
use crate::{ModelSetupError, Secret};

/// The version of the protocol that the wire speaks.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

pub(super) fn endpoint(setup: &mut Setup<'_, '_>) -> Result<Endpoint, ModelSetupError> {
    let provider = setup.provider;
    let profile =
        ProviderProfile::of(provider).ok_or(ModelSetupError::ProviderUnavailable { provider })?;
    let base = setup.base_url(profile);
    let token = setup.options.top_first(|read| read.text(&["authToken", "anthropicAuthToken"]))?;
    let own = setup.options.common.api_key.is_some();
    let token = token.map(Secret::new).or_else(|| {
        if own { None } else { setup.variable("ANTHROPIC_AUTH_TOKEN").map(Secret::new) }
    });
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("anthropic-version"), VERSION);
    let key = match &token {
        Some(token) => {
            headers.insert(AUTHORIZATION, bearer(token)?);
            setup.options.common.api_key.clone()
        }
        None => Some(setup.required_key(profile)?),
    };
    if let Some(key) = &key {
        headers.insert(HeaderName::from_static("x-api-key"), sensitive("apiKey", key.expose())?);
    }
    let (wire, parameters) =
        Anthropic::from_options(AnthropicDialect::ANTHROPIC, setup.options, setup.model)?;
    let base = base.as_ref().map_or(profile.base_url, Secret::expose);
    Ok(Endpoint {
        wire: Arc::new(wire),
        url: address(base, &["v1", "messages"])?,
        headers,
        authorize: None,
        parameters,
        secrets: key.into_iter().chain(token).collect(),
    })
}

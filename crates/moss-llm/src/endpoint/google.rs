//! The Gemini API, with a key.

use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName};

use super::setup::address;
use super::{Endpoint, Setup};
use crate::options::sensitive;
use crate::provider::ProviderProfile;
use crate::wire::gemini::{Gemini, parameters};
use crate::{ModelSetupError, Secret};

/// Where the key may stand, first to last.
pub(super) const KEYS: &[&str] =
    &["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"];

/// The header of the key. In the URL, where Google takes it too, logs of proxies would show it.
pub(super) const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// The version of the API whose models do all that the wire can say.
const VERSION: &str = "v1beta";

pub(super) fn endpoint(setup: &mut Setup<'_, '_>) -> Result<Endpoint, ModelSetupError> {
    let provider = setup.provider;
    let profile =
        ProviderProfile::of(provider).ok_or(ModelSetupError::ProviderUnavailable { provider })?;
    let key = setup.options.common.api_key.clone();
    let key = match key.or_else(|| setup.first_variable(KEYS).map(Secret::new)) {
        Some(key) => key,
        None => setup.required_key(profile)?,
    };
    let mut headers = HeaderMap::new();
    headers.insert(KEY, sensitive("apiKey", key.expose())?);
    let base = setup.base_url(profile);
    let base = base.as_ref().map_or(profile.base_url, Secret::expose);
    let version = setup.options.top.text(&["apiVersion", "api_version"])?;
    let mut path = Vec::new();
    // Hosts write the address with and without the version.
    if version.is_some() || !names_version(base) {
        path.push(version.unwrap_or(VERSION));
    }
    if !setup.model.contains('/') {
        path.push("models");
    }
    path.extend(setup.model.split('/'));
    Ok(Endpoint {
        wire: Arc::new(Gemini::GOOGLE),
        url: method(address(base, &path)?, setup.streaming),
        headers,
        authorize: None,
        parameters: parameters(&mut setup.options.top),
        secrets: vec![key],
    })
}

/// Whether an address ends with a version: `…/v1beta`.
fn names_version(base: &str) -> bool {
    let path = base.split(['?', '#']).next().unwrap_or(base).trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()))
}

/// The address of a model's method that generates an answer.
pub(super) fn method(mut url: Url, streaming: bool) -> Url {
    let method = if streaming { "streamGenerateContent" } else { "generateContent" };
    let path = format!("{}:{method}", url.path());
    url.set_path(&path);
    if streaming {
        url.query_pairs_mut().append_pair("alt", "sse");
    }
    url
}

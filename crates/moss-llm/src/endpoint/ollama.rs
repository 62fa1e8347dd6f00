//! Ollama, at home or in its cloud.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderMap};

use super::setup::{address, bearer};
use super::{Endpoint, Setup};
use crate::provider::ProviderProfile;
use crate::wire::ollama::{Ollama, parameters};
use crate::{ModelSetupError, Secret};

/// Where the server listens unless told otherwise.
const PORT: u16 = 11434;

/// | from | |
/// |---|---|
/// | `baseURL`, else `OLLAMA_BASE_URL`, else `OLLAMA_HOST` | where the server is; by default `http://127.0.0.1:11434` |
/// | `apiKey`, else `OLLAMA_API_KEY` | sent as a bearer's, if there is one |
pub(super) fn endpoint(setup: &mut Setup<'_, '_>) -> Result<Endpoint, ModelSetupError> {
    let provider = setup.provider;
    let profile =
        ProviderProfile::of(provider).ok_or(ModelSetupError::ProviderUnavailable { provider })?;
    let host = || setup.variable("OLLAMA_HOST").map(|host| Secret::new(url_of(&host)));
    let base = setup.base_url(profile).or_else(host);
    let base = base.as_ref().map_or(profile.base_url, Secret::expose);
    let key = setup.key(profile);
    let mut headers = HeaderMap::new();
    if let Some(key) = &key {
        headers.insert(AUTHORIZATION, bearer(key)?);
    }
    Ok(Endpoint {
        wire: Arc::new(Ollama),
        url: address(server(base), &["api", "chat"])?,
        headers,
        authorize: None,
        parameters: parameters(&mut setup.options.top)?,
        secrets: key.into_iter().collect(),
    })
}

/// The server of a base URL. Hosts often have that of Ollama's imitation of OpenAI.
fn server(base: &str) -> &str {
    let base = base.trim_end_matches('/');
    ["/v1", "/api"].iter().find_map(|path| base.strip_suffix(path)).unwrap_or(base)
}

/// The URL that `OLLAMA_HOST` stands for: a URL, a host, a host and port, or a port alone. It is the server's
/// variable, which listens at all addresses under a name at which nobody is.
fn url_of(host: &str) -> String {
    let (scheme, rest) = match host.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("http", host),
    };
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, path),
        None => (rest, ""),
    };
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => (name, Some(port)),
        _ => (authority, None),
    };
    let name = match name {
        "" | "0.0.0.0" => "127.0.0.1",
        "::" | "[::]" => "[::1]",
        name => name,
    };
    match (port, scheme) {
        (Some(port), _) => format!("{scheme}://{name}:{port}/{path}"),
        (None, "https") => format!("{scheme}://{name}/{path}"),
        (None, _) if host.contains("://") => format!("{scheme}://{name}/{path}"),
        (None, _) => format!("{scheme}://{name}:{PORT}/{path}"),
    }
}

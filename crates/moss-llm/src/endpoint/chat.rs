//! Chat completions and Responses, at whoever speaks them with a key as bearer.

use std::net::IpAddr;
use std::sync::Arc;

use moss_protocol::JsonObject;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName};

use super::responses::{Protocol, over};
use super::setup::{address, bearer};
use super::{Endpoint, Endpoints, Setup};
use crate::options::sensitive;
use crate::provider::ProviderProfile;
use crate::wire::openai_chat::{ChatDialect, OpenAiChat, cache_marks, parameters};
use crate::{ModelSetupError, Secret};

pub(super) fn endpoints(setup: &mut Setup<'_, '_>) -> Result<Endpoints, ModelSetupError> {
    let provider = setup.provider;
    let unavailable = ModelSetupError::ProviderUnavailable { provider };
    let (Some(profile), Some(mut dialect)) =
        (ProviderProfile::of(provider), ChatDialect::of(provider))
    else {
        return Err(unavailable);
    };
    let base = setup.base_url(profile);
    let key = match setup.key(profile) {
        None if base
            .as_ref()
            .is_some_and(|base| profile.key_optional_elsewhere || is_at_home(base.expose())) =>
        {
            None
        }
        _ => Some(setup.required_key(profile)?),
    };
    let base = base.as_ref().map_or(profile.base_url, Secret::expose);
    let url = address(base, &["chat", "completions"])?;
    dialect = dialect.at(url.host_str().unwrap_or_default());
    let mut headers = HeaderMap::new();
    if let Some(key) = &key {
        headers.insert(AUTHORIZATION, bearer(key)?);
    }
    let common = &setup.options.common;
    for (option, header, value) in [
        ("organization", "openai-organization", &common.organization),
        ("project", "openai-project", &common.project),
    ] {
        if let Some(value) = value {
            headers.insert(HeaderName::from_static(header), sensitive(option, value)?);
        }
    }
    dialect.cache_marks = cache_marks(&mut setup.options.top, &dialect, setup.model)?;
    let protocol = Protocol::of(setup)?;
    let chat = Endpoint {
        wire: Arc::new(OpenAiChat(dialect)),
        url,
        headers,
        authorize: None,
        parameters: match protocol {
            Protocol::Responses => JsonObject::new(),
            Protocol::Chat | Protocol::AsNeeded => {
                parameters(&mut setup.options.top, &dialect, setup.model)
            }
        },
        secrets: key.into_iter().collect(),
    };
    over(setup, chat, protocol, || address(base, &["responses"]))
}

/// Whether a URL leads to this machine, where servers ask for no key.
fn is_at_home(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

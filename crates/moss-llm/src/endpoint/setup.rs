//! What an endpoint is made from.

use moss_protocol::Provider;
use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::options::{HostOptions, sensitive};
use crate::provider::ProviderProfile;
use crate::{ModelSetupError, Secret, Transport};

/// A host's configuration of one client, while its endpoint is made.
pub(crate) struct Setup<'s, 'a> {
    pub(crate) provider: Provider,
    /// The model's name.
    pub(crate) model: &'s str,
    /// Whether the answer is to arrive in pieces.
    pub(crate) streaming: bool,
    /// The options; what is read from them is known to be followed.
    pub(crate) options: &'s mut HostOptions<'a>,
    /// For endpoints whose tokens have to be fetched.
    pub(crate) transport: &'s Transport,
    /// Looks up an environment variable.
    pub(crate) environment: &'s dyn Fn(&str) -> Option<String>,
}

impl Setup<'_, '_> {
    /// An environment variable; blank counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// The first of the variables that is set.
    pub(crate) fn first_variable(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.variable(name))
    }

    /// The key of the options, else of the provider's environment variable.
    pub(crate) fn key(&self, profile: &ProviderProfile) -> Option<Secret> {
        let own = self.options.common.api_key.clone();
        own.or_else(|| self.variable(profile.key_variable).map(Secret::new))
    }

    /// [`Self::key`], which has to be there.
    pub(crate) fn required_key(
        &self,
        profile: &ProviderProfile,
    ) -> Result<Secret, ModelSetupError> {
        self.key(profile).ok_or(ModelSetupError::MissingApiKey {
            provider: self.provider,
            variable: profile.key_variable,
        })
    }

    /// The base URL of the options, else of the environment; `None` where neither has one.
    pub(crate) fn base_url(&self, profile: &ProviderProfile) -> Option<Secret> {
        let own = self.options.common.base_url.clone();
        own.or_else(|| profile.url_variable.and_then(|name| self.variable(name)).map(Secret::new))
    }
}

/// An address: a base URL and path segments behind its own path. A query of the base URL is kept.
pub(crate) fn address(base: &str, path: &[&str]) -> Result<Url, ModelSetupError> {
    let invalid = |problem: &str| ModelSetupError::option("baseURL", problem);
    let mut url = Url::parse(base).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("is not an `http` or `https` URL"));
    }
    url.path_segments_mut()
        .map_err(|()| invalid("is not an `http` or `https` URL"))?
        .pop_if_empty()
        .extend(path);
    Ok(url)
}

/// `Bearer` and a key, as a header.
pub(crate) fn bearer(key: &Secret) -> Result<HeaderValue, ModelSetupError> {
    sensitive("apiKey", &format!("Bearer {}", key.expose()))
}

//! OpenAI's models on Azure: an address made of names, and a key of its own or a token.
//!
//! | option | environment | meaning |
//! |---|---|---|
//! | `azureOpenAIApiInstanceName` | `AZURE_OPENAI_API_INSTANCE_NAME` | the resource: `https://<instance>.openai.azure.com` |
//! | `azureOpenAIEndpoint` | `AZURE_OPENAI_ENDPOINT` | the resource's address |
//! | `azureOpenAIBasePath` | `AZURE_OPENAI_BASE_PATH` | the address up to the deployment's name |
//! | `baseURL` and its other names | | the whole address, in which `${INSTANCE_NAME}` and `${DEPLOYMENT_NAME}` stand for the names |
//! | `azureOpenAIApiDeploymentName`, `deploymentName` | `AZURE_OPENAI_API_DEPLOYMENT_NAME` | the deployment; default: the model |
//! | `azureOpenAIApiVersion`, `openAIApiVersion` | `AZURE_OPENAI_API_VERSION`, `OPENAI_API_VERSION` | `api-version` |
//! | `azureOpenAIApiKey`, `apiKey` and its other names | `AZURE_OPENAI_API_KEY` | the header `api-key` |
//! | `azureADToken`, `azureOpenAIADToken` | `AZURE_OPENAI_AD_TOKEN` | a bearer token of Entra ID, instead of a key |
//!
//! Options come before the environment; among either, `azureOpenAIBasePath` before `baseURL`, the endpoint and the
//! instance.

use std::sync::Arc;

use moss_protocol::JsonObject;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::responses::{Protocol, over};
use super::setup::{address, bearer};
use super::{Endpoint, Endpoints, Setup};
use crate::options::{Reader, sensitive};
use crate::provider::ProviderProfile;
use crate::wire::openai_chat::{ChatDialect, OpenAiChat, parameters};
use crate::{ModelSetupError, Secret};

const DEPLOYMENT: &[&str] = &[
    "azureOpenAIApiDeploymentName",
    "azure_openai_api_deployment_name",
    "deploymentName",
    "deployment_name",
];
const INSTANCE: &[&str] = &["azureOpenAIApiInstanceName", "azure_openai_api_instance_name"];
const BASE_PATH: &[&str] = &["azureOpenAIBasePath", "azure_openai_base_path"];
const ENDPOINT: &[&str] = &["azureOpenAIEndpoint", "azure_openai_endpoint", "azure_endpoint"];
const VERSION: &[&str] = &[
    "azureOpenAIApiVersion",
    "azure_openai_api_version",
    "openAIApiVersion",
    "openai_api_version",
];
const KEY: &[&str] = &["azureOpenAIApiKey", "azure_openai_api_key"];
const TOKEN: &[&str] =
    &["azureADToken", "azureOpenAIADToken", "azureOpenAIAdToken", "azure_ad_token"];

pub(super) fn endpoints(setup: &mut Setup<'_, '_>) -> Result<Endpoints, ModelSetupError> {
    let provider = setup.provider;
    let (Some(profile), Some(dialect)) = (ProviderProfile::of(provider), ChatDialect::of(provider))
    else {
        return Err(ModelSetupError::ProviderUnavailable { provider });
    };
    let protocol = Protocol::of(setup)?;
    let (header, secret) = credentials(setup, profile)?;
    let place = Place::of(setup)?;
    let chat = Endpoint {
        wire: Arc::new(OpenAiChat(dialect)),
        url: if protocol == Protocol::Responses { place.responses()? } else { place.chat()? },
        headers: HeaderMap::from_iter([header]),
        authorize: None,
        parameters: match protocol {
            Protocol::Responses => JsonObject::new(),
            Protocol::Chat | Protocol::AsNeeded => {
                parameters(&mut setup.options.top, &dialect, setup.model)
            }
        },
        secrets: vec![secret],
    };
    over(setup, chat, protocol, || place.responses())
}

/// The deployment that the options or the environment name: what the model is called where the options do not say.
pub(crate) fn deployment(
    read: &mut Reader<'_>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, ModelSetupError> {
    let own = read.text(DEPLOYMENT)?.map(str::to_owned);
    Ok(own.or_else(|| variable("AZURE_OPENAI_API_DEPLOYMENT_NAME")))
}

/// The header that proves who asks, and what is secret in it. A token of the options comes before any key.
fn credentials(
    setup: &mut Setup<'_, '_>,
    profile: &ProviderProfile,
) -> Result<((HeaderName, HeaderValue), Secret), ModelSetupError> {
    let top = &mut setup.options.top;
    let token = top.text(TOKEN)?.map(Secret::new);
    let key = top.text(KEY)?.map(Secret::new);
    let of_environment = || setup.variable("AZURE_OPENAI_AD_TOKEN").map(Secret::new);
    if token.is_none()
        && let Some(key) = key.or_else(|| setup.key(profile))
    {
        let value = sensitive("azureOpenAIApiKey", key.expose())?;
        return Ok(((HeaderName::from_static("api-key"), value), key));
    }
    let token = token.or_else(of_environment).ok_or(ModelSetupError::MissingApiKey {
        provider: setup.provider,
        variable: profile.key_variable,
    })?;
    Ok(((AUTHORIZATION, bearer(&token)?), token))
}

/// Where a deployment is.
struct Place {
    base: Url,
    deployment: String,
    version: Option<String>,
    /// Whether the host writes `api-version` itself.
    has_version: bool,
}

impl Place {
    fn of(setup: &mut Setup<'_, '_>) -> Result<Self, ModelSetupError> {
        let deployment = {
            let environment = setup.environment;
            let variable = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
            deployment(&mut setup.options.top, variable)?
        };
        let deployment = deployment.unwrap_or_else(|| setup.model.to_owned());
        let top = &mut setup.options.top;
        let own = |text: Option<&str>| text.map(str::to_owned);
        let instance = own(top.text(INSTANCE)?);
        let base_path = own(top.text(BASE_PATH)?);
        let at = own(top.text(ENDPOINT)?);
        let version = own(top.text(VERSION)?);
        let base_url = setup.options.common.base_url.as_ref().map(|url| url.expose().to_owned());
        let env = |name: &str| setup.variable(name);
        // As LangChain has it, the deployment's name follows whatever this path is.
        let of_path = |path: String| match path.contains("/deployments/") || path.ends_with("/v1") {
            true => path,
            false => format!("{}/{deployment}", path.trim_end_matches('/')),
        };
        let (path, at_endpoint) = (BASE_PATH[0], ENDPOINT[0]);
        let base = base_path
            .map(|base| (path, of_path(base)))
            .or(base_url.map(|base| ("baseURL", base)))
            .or(at.map(|base| (at_endpoint, base)))
            .or_else(|| instance.as_deref().map(of_instance))
            .or_else(|| env("AZURE_OPENAI_BASE_PATH").map(|base| (path, of_path(base))))
            .or_else(|| env("AZURE_OPENAI_ENDPOINT").map(|base| (at_endpoint, base)));
        let instance = instance.or_else(|| env("AZURE_OPENAI_API_INSTANCE_NAME"));
        let base = base.or_else(|| instance.as_deref().map(of_instance));
        let Some((option, mut base)) = base else {
            return Err(ModelSetupError::option(
                INSTANCE[0],
                "is not set. Set it to the name of the Azure OpenAI resource, or the environment variable `AZURE_OPENAI_API_INSTANCE_NAME`",
            ));
        };
        if base.contains(INSTANCE_NAME) {
            let instance = instance.ok_or_else(|| {
                let problem = format!("is not set, and `{option}` holds `{INSTANCE_NAME}`");
                ModelSetupError::option(INSTANCE[0], problem)
            })?;
            base = base.replace(INSTANCE_NAME, &instance);
        }
        let base = address(&base.replace(DEPLOYMENT_NAME, &deployment), &[]);
        let base = base.map_err(|error| match error {
            ModelSetupError::InvalidOption { problem, .. } => {
                ModelSetupError::option(option, problem)
            }
            other => other,
        })?;
        let is_version = |name: &str| name == "api-version";
        let query = &setup.options.common.query;
        let has_version = query.iter().any(|(name, _)| is_version(name))
            || base.query_pairs().any(|(name, _)| is_version(&name));
        let version = version
            .or_else(|| setup.first_variable(&["AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"]));
        Ok(Self { base, deployment, version, has_version })
    }

    /// Chat completions of the deployment. The `v1` address takes the deployment's name as the model's.
    fn chat(&self) -> Result<Url, ModelSetupError> {
        let path: Vec<&str> = self.path().collect();
        let before: &[&str] = match path[..] {
            [] => &["openai", "deployments", &self.deployment],
            [.., "openai"] => &["deployments", &self.deployment],
            [.., "deployments"] => &[&self.deployment],
            _ => &[],
        };
        let version = if self.is_v1() {
            self.version.as_deref().filter(|version| is_of_v1(version))
        } else if self.has_version {
            None
        } else {
            Some(self.version.as_deref().ok_or_else(|| {
                ModelSetupError::option(
                    VERSION[0],
                    "is not set. Set it to a version of Azure OpenAI's API such as `2024-10-21`, or the environment variable `AZURE_OPENAI_API_VERSION`",
                )
            })?)
        };
        self.url(path.len(), &[before, &["chat", "completions"]].concat(), version)
    }

    /// Responses, which belong to the resource and not to the deployment. Versions that are too old for them, and
    /// none, mean the `v1` address in its preview, as LibreChat has it.
    fn responses(&self) -> Result<Url, ModelSetupError> {
        let root = self.path().take_while(|segment| *segment != "deployments").count();
        let before: &[&str] = if root == 0 { &["openai"] } else { &[] };
        let dated = self.version.as_deref().filter(|version| is_date(version) && *version >= FIRST);
        let preview = self.version.as_deref().filter(|it| is_of_v1(it)).unwrap_or("preview");
        let (v1, version): (&[&str], &str) = match dated {
            _ if self.is_v1() => (&[], preview),
            Some(dated) => (&[], dated),
            None => (&["v1"], preview),
        };
        self.url(root, &[before, v1, &["responses"]].concat(), Some(version))
    }

    /// The first segments of the base's path, and more.
    fn url(
        &self,
        kept: usize,
        more: &[&str],
        version: Option<&str>,
    ) -> Result<Url, ModelSetupError> {
        let mut url = self.base.clone();
        url.set_path(&self.path().take(kept).collect::<Vec<_>>().join("/"));
        let mut url = address(url.as_str(), more)?;
        if let Some(version) = version.filter(|_| !self.has_version) {
            url.query_pairs_mut().append_pair("api-version", version);
        }
        Ok(url)
    }

    fn path(&self) -> impl Iterator<Item = &str> {
        self.base.path().split('/').filter(|segment| !segment.is_empty())
    }

    fn is_v1(&self) -> bool {
        self.path().last() == Some("v1")
    }
}

/// What LibreChat writes for the names.
const INSTANCE_NAME: &str = "${INSTANCE_NAME}";
const DEPLOYMENT_NAME: &str = "${DEPLOYMENT_NAME}";

/// The first dated version that has Responses.
const FIRST: &str = "2025-03-01";

/// The address of a resource, and the option that it comes from.
fn of_instance(name: &str) -> (&'static str, String) {
    (INSTANCE[0], format!("https://{name}.openai.azure.com"))
}

fn is_date(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
}

/// Versions that the `v1` address knows.
fn is_of_v1(version: &str) -> bool {
    matches!(version, "preview" | "latest")
}

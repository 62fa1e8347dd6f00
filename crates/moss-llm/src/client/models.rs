//! Which models a provider has.

mod decode;

use std::error::Error;
use std::fmt;

use moss_protocol::{JsonObject, Provider};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Request, Url};
use tokio_util::sync::CancellationToken;

use super::redact::Redactor;
use super::template::host;
use crate::endpoint::{Endpoint, Endpoints, Setup, address, append_query};
use crate::options::HostOptions;
use crate::transport::{Body, MAX_ERROR_BODY, Target, Watch};
use crate::wire::classify;
use crate::{
    DEMO_MODELS, ModelError, ModelErrorKind, ModelList, ModelSetupError, ProviderFacts,
    ProviderProfile, Secret, Transport,
};

/// A model that a provider lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// The name by which it is called.
    pub id: String,
    /// A name to show, where the provider has one.
    pub name: Option<String>,
    /// How many tokens a conversation may have, where the provider says so.
    pub context_window: Option<u64>,
}

/// A provider's models cannot be listed. Holds no secret.
#[derive(Debug)]
pub enum ModelListError {
    /// The provider has no list that a client's credentials could ask for.
    NoList {
        /// Who would be asked.
        provider: Provider,
    },
    /// What is configured cannot be used. Nothing was sent.
    Setup(ModelSetupError),
    /// The provider did not give its list.
    Model(ModelError),
}

/// More pages than any provider has.
const MOST_PAGES: usize = 32;

/// Asks a provider which models it has, with the credentials of a client: `options` and `environment` are those of
/// [`model_from_options`](crate::model_from_options), and need no model. The provider's order is kept. Nothing is repeated.
///
/// # Errors
/// [`ModelListError`].
pub async fn list_models(
    provider: Provider,
    options: &JsonObject,
    transport: &Transport,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Vec<ListedModel>, ModelListError> {
    if provider == Provider::Demo {
        return Ok(DEMO_MODELS.iter().map(|id| ListedModel::named(id)).collect());
    }
    let facts = ProviderFacts::of(provider);
    let list = facts.list.ok_or(ModelListError::NoList { provider })?;
    let asking = Asking::new(provider, list, options, transport, &environment)?;
    let mut models = Vec::new();
    let mut page = None;
    for _ in 0..MOST_PAGES {
        let answer = asking.page(page.as_deref()).await;
        let listed = answer.map_err(|error| asking.redactor.clean(error))?;
        models.extend(listed.models);
        page = listed.next;
        if page.is_none() {
            break;
        }
    }
    Ok(models)
}

/// Where the list is, and what proves that it may be asked for.
struct Asking {
    list: ModelList,
    http: reqwest::Client,
    url: Url,
    endpoint: Endpoint,
    headers: reqwest::header::HeaderMap,
    transport: Transport,
    target: Target,
    redactor: Redactor,
}

impl Asking {
    fn new(
        provider: Provider,
        list: ModelList,
        options: &JsonObject,
        transport: &Transport,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ModelSetupError> {
        let mut options = HostOptions::read(options)?;
        let profile = ProviderProfile::of(provider)
            .ok_or(ModelSetupError::ProviderUnavailable { provider })?;
        let mut setup = Setup {
            provider,
            model: "",
            streaming: false,
            options: &mut options,
            transport,
            environment,
        };
        let base = setup.base_url(profile);
        let endpoint = Endpoints::of(&mut setup)?.usual;
        let mut url = list_url(base.as_ref().map_or(profile.base_url, Secret::expose), &list)?;
        let common = &options.common;
        append_query(&mut url, &common.query);
        let mut headers = endpoint.headers.clone();
        headers.remove(CONTENT_TYPE);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(common.headers.clone());
        for name in &common.removed_headers {
            headers.remove(name);
        }
        Ok(Self {
            list,
            http: transport.client(&url, common.proxy.as_ref())?,
            target: Target { provider, host: host(&url).into() },
            redactor: Redactor::new(&endpoint.secrets, &headers, &url),
            url,
            endpoint,
            headers,
            transport: transport.clone(),
        })
    }

    /// One page of the list.
    async fn page(&self, page: Option<&str>) -> Result<decode::Page, ModelError> {
        let config = self.transport.config();
        let cancel = CancellationToken::new();
        let mut watch = Watch::new(cancel, config.idle_timeout, config.answer_timeout);
        let send = async {
            let request = self.request(page).await?;
            self.http.execute(request).await.map_err(|error| self.target.unsent(error))
        };
        let response = watch.wait(send).await.map_err(|stop| self.target.stopped(stop))??;
        let status = response.status();
        let mut body = Body::new(response, watch, self.target.clone(), config.max_body);
        if !status.is_success() {
            let body = body.beginning(MAX_ERROR_BODY).await?;
            return Err(classify(status.as_u16(), &body, self.target.provider));
        }
        let body = body.whole(config.max_body).await?;
        decode::page(self.list.form, &body).ok_or_else(|| {
            let message =
                format!("{} answered with something that is no list of models", self.target.host);
            self.target.error(ModelErrorKind::Protocol, message)
        })
    }

    async fn request(&self, page: Option<&str>) -> Result<Request, ModelError> {
        let mut url = self.url.clone();
        let query = decode::query(self.list.form, page);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.get(url).headers(self.headers.clone()).build();
        let mut request = request.map_err(|error| self.target.unmade(error))?;
        if let Some(authorize) = &self.endpoint.authorize {
            authorize.authorize(&mut request).await?;
        }
        Ok(request)
    }
}

/// The list's address. Hosts write a base URL with and without the version.
fn list_url(base: &str, list: &ModelList) -> Result<Url, ModelSetupError> {
    match list.path {
        [version, path @ ..] if base.trim_end_matches('/').ends_with(&format!("/{version}")) => {
            address(base, path)
        }
        path => address(base, path),
    }
}

impl ListedModel {
    fn named(id: &str) -> Self {
        Self { id: id.to_owned(), name: None, context_window: None }
    }
}

impl From<ModelSetupError> for ModelListError {
    fn from(error: ModelSetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<ModelError> for ModelListError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

impl fmt::Display for ModelListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoList { provider } => write!(
                f,
                "provider `{provider}` has no list of models that a client's credentials can ask for. Look into its console, and name a model of it"
            ),
            Self::Setup(error) => error.fmt(f),
            Self::Model(error) => error.fmt(f),
        }
    }
}

impl Error for ModelListError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoList { .. } => None,
            Self::Setup(error) => error.source(),
            Self::Model(error) => error.source(),
        }
    }
}

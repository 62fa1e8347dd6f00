//! Amazon Bedrock: Converse, signed with the keys of an account or shown a key of Bedrock's own.

use std::sync::Arc;
use std::time::SystemTime;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};

use super::aws::{Found, find};
use super::setup::bearer;
use super::sigv4::{Scope, SigV4};
use super::{Authorize, Endpoint, Setup};
use crate::provider::ProviderProfile;
use crate::wire::bedrock::{Bedrock, dialect, parameters};
use crate::{ModelSetupError, Secret};

/// The service that a signature is for.
const SERVICE: &str = "bedrock";

/// Beside the options of the wire and those by which [credentials](super::aws::find) are found: `region`;
/// `endpointHost`, a host in the place of Amazon's (LibreChat's variable `BEDROCK_REVERSE_PROXY`); and
/// `applicationInferenceProfile`, an ARN that is asked in the model's place.
pub(super) fn endpoint(setup: &mut Setup<'_, '_>) -> Result<Endpoint, ModelSetupError> {
    let provider = setup.provider;
    let profile =
        ProviderProfile::of(provider).ok_or(ModelSetupError::ProviderUnavailable { provider })?;
    let options = &mut setup.options.top;
    let inference_profile =
        options.text(&["applicationInferenceProfile", "application_inference_profile"])?;
    let host = options.text(&["endpointHost", "endpoint_host"])?;
    let dialect = dialect(options, setup.model)?;
    let parameters = parameters(options)?;
    let (found, region) = find(setup)?;

    let base = setup.base_url(profile).or_else(|| {
        let host = host.map(str::to_owned);
        let host = host.or_else(|| setup.variable("BEDROCK_REVERSE_PROXY"))?;
        Some(Secret::new(if host.contains("://") { host } else { format!("https://{host}") }))
    });
    // Only a key of Bedrock's own, sent elsewhere, does without a region.
    let region = match (region, &found, &base) {
        (Some(region), ..) => Some(region),
        (None, Found::Bearer(_), Some(_)) => None,
        (None, ..) => {
            let problem = "is not set. Set it, or the environment variable `AWS_REGION`";
            return Err(ModelSetupError::option("region", problem));
        }
    };
    let region = region.unwrap_or_default();
    let url = match &base {
        Some(base) => Url::parse(base.expose()).ok(),
        None => amazon(profile, &region),
    };
    let mut url = url.filter(|url| url.has_host()).ok_or_else(|| {
        let name = if base.is_some() { "endpointHost" } else { "region" };
        ModelSetupError::option(name, "does not make the address of a host")
    })?;
    let operation = if setup.streaming { "converse-stream" } else { "converse" };
    let model = encoded(inference_profile.unwrap_or(setup.model));
    let path = format!("{}/model/{model}/{operation}", url.path().trim_end_matches('/'));
    url.set_path(&path);

    let mut headers = HeaderMap::new();
    let (authorize, secrets) = match found {
        Found::Bearer(key) => {
            headers.insert(AUTHORIZATION, bearer(&key)?);
            (None, vec![key])
        }
        Found::Keys(keys) => {
            let scope = Scope { region, service: SERVICE };
            let signer: Arc<dyn Authorize> =
                Arc::new(SigV4 { keys, scope, clock: SystemTime::now });
            (Some(signer), Vec::new())
        }
    };
    Ok(Endpoint { wire: Arc::new(Bedrock(dialect)), url, headers, authorize, parameters, secrets })
}

/// Amazon's own address in a region. China's has a domain of its own.
fn amazon(profile: &ProviderProfile, region: &str) -> Option<Url> {
    let is_name = region.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    let mut url = profile.base_url.replace("{region}", region);
    if region.starts_with("cn-") {
        url.push_str(".cn");
    }
    Url::parse(&url).ok().filter(|_| is_name && !region.is_empty())
}

/// A model's id or ARN as one segment of a path.
fn encoded(model: &str) -> String {
    let mut out = String::with_capacity(model.len());
    for byte in model.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte.into());
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

//! Amazon's signatures, version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningError, SigningSettings, sign as signature,
};
use aws_sigv4::sign::v4;
use futures::future::BoxFuture;
use moss_protocol::Provider;
use reqwest::Request;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};

use super::Authorize;
use super::aws::{AwsKeys, KeySource};
use crate::{ModelError, ModelErrorKind, Secret};

/// Signs each request as it goes out.
#[derive(Debug)]
pub(super) struct SigV4 {
    pub(super) keys: KeySource,
    /// For whom: the region and the service.
    pub(super) scope: Scope,
    /// The time: a signature holds for some minutes.
    pub(super) clock: fn() -> SystemTime,
}

/// What a signature is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) region: String,
    pub(super) service: &'static str,
}

impl Authorize for SigV4 {
    fn authorize<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), ModelError>> {
        Box::pin(async move {
            let now = (self.clock)();
            let keys = self.keys.keys(now).await?;
            sign(request, &keys, &self.scope, now)
                .map_err(|error| ModelError { source: Some(error), ..unsigned() })
        })
    }

    fn secrets(&self) -> Vec<Secret> {
        self.keys.secrets()
    }
}

fn unsigned() -> ModelError {
    let message = "the request cannot be signed";
    ModelError::new(ModelErrorKind::InvalidRequest, Provider::Bedrock, message)
}

/// Adds the headers of a signature. Signed are the address, the body, the host, the content type and Amazon's own
/// headers: proxies may change the others.
fn sign(
    request: &mut Request,
    keys: &AwsKeys,
    scope: &Scope,
    now: SystemTime,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let token = keys.token.as_ref().map(|token| token.expose().to_owned());
    let secret = keys.secret.expose();
    let identity = Credentials::new(keys.id.as_str(), secret, token, None, "moss").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&scope.region)
        .name(scope.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let instructions = instructions(request, body, &params)?;
    for (name, value, is_sensitive) in instructions {
        let mut value = HeaderValue::from_str(&value)?;
        value.set_sensitive(is_sensitive);
        request.headers_mut().insert(HeaderName::from_static(name), value);
    }
    Ok(())
}

type Instruction = (&'static str, String, bool);

fn instructions(
    request: &Request,
    body: &[u8],
    params: &aws_sigv4::http_request::SigningParams<'_>,
) -> Result<Vec<Instruction>, SigningError> {
    let is_signed = |name: &HeaderName| {
        *name == CONTENT_TYPE || *name == HOST || name.as_str().starts_with("x-amz")
    };
    let headers = request.headers().iter().filter(|(name, _)| is_signed(name));
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.url().as_str(),
        headers,
        SignableBody::Bytes(body),
    )?;
    let (instructions, _) = signature(signable, params)?.into_parts();
    let (headers, _) = instructions.into_parts();
    // The signature is no secret, but it is not for logs either.
    let sensitive = |header: &str| header == "authorization" || header == "x-amz-security-token";
    Ok(headers
        .into_iter()
        .map(|header| (header.name(), header.value().to_owned(), sensitive(header.name())))
        .collect())
}

#[cfg(test)]
mod tests;

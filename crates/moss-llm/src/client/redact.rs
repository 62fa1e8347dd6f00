//! Keeps secrets that a server echoes out of errors.

use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::{ModelError, Secret};

/// Takes a client's secrets out of error texts: servers have been seen to quote the key, the headers or
/// the URL of a request that they refuse.
#[derive(Clone)]
pub(super) struct Redactor {
    /// The longest first, since one may hold another.
    secrets: Vec<String>,
}

/// Shorter values are in every text.
const SHORTEST: usize = 8;

impl Redactor {
    pub(super) fn new(own: &[Secret], headers: &HeaderMap, url: &Url) -> Self {
        let headers = headers.values().filter_map(|value| value.to_str().ok());
        // `Bearer`, then what counts.
        let headers = headers.flat_map(|value| [Some(value), value.split_once(' ').map(|v| v.1)]);
        let query: Vec<String> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
        let mut secrets: Vec<String> = headers
            .flatten()
            .chain(own.iter().map(Secret::expose))
            .chain([url.username()])
            .chain(url.password())
            .chain(url.query())
            .chain(query.iter().map(String::as_str))
            .filter(|secret| secret.len() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// For secrets that are not the same for all requests.
    pub(super) fn of(secrets: &[Secret]) -> Self {
        let secrets = secrets.iter().map(Secret::expose).filter(|it| it.len() >= SHORTEST);
        Self { secrets: secrets.map(str::to_owned).collect() }
    }

    pub(super) fn clean(&self, mut error: ModelError) -> ModelError {
        for secret in &self.secrets {
            for text in
                [Some(&mut error.message), error.provider_code.as_mut(), error.request_id.as_mut()]
            {
                if let Some(text) = text
                    && text.contains(secret.as_str())
                {
                    *text = text.replace(secret.as_str(), "[redacted]");
                }
            }
        }
        error
    }
}

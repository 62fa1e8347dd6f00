//! What proves who asks: the files that Google's tools write.

use std::fmt;

use reqwest::Url;
use serde::Deserialize;

use super::jwt::SigningKey;
use crate::Secret;

/// What proves who asks.
pub(in crate::endpoint) enum Credentials {
    /// A service account and its key.
    ServiceAccount { email: String, key: Box<SigningKey>, project: Option<String>, token_url: Url },
    /// A person who signed in with `gcloud auth application-default login`.
    User {
        client_id: String,
        client_secret: Secret,
        refresh_token: Secret,
        quota_project: Option<String>,
        token_url: Url,
    },
    /// The service account of the machine, whose metadata server gives tokens.
    Metadata { token_url: Url },
}

const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// Where the machine's metadata server is, unless the environment tells.
const METADATA_HOST: &str = "metadata.google.internal";

const METADATA_PATH: &str = "computeMetadata/v1/instance/service-accounts/default/token";

/// What a credentials file may hold.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    client_email: Option<String>,
    private_key: Option<String>,
    private_key_id: Option<String>,
    project_id: Option<String>,
    token_uri: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    quota_project_id: Option<String>,
}

impl Credentials {
    /// Reads the JSON of a credentials file.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence, and nothing of what it holds.
    pub(in crate::endpoint) fn from_json(json: &str) -> Result<Self, String> {
        // serde's own words may quote values.
        let file: File = serde_json::from_str(json)
            .map_err(|_| "is not the JSON of a Google credentials file".to_owned())?;
        let lacks = |member: &str| format!("holds Google credentials without `{member}`");
        let token_url = match &file.token_uri {
            Some(uri) => Url::parse(uri)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                .ok_or("holds Google credentials whose `token_uri` is no URL")?,
            None => fixed(TOKEN_URL)?,
        };
        match file.kind.as_deref() {
            Some("service_account") | None => Ok(Self::ServiceAccount {
                email: file.client_email.ok_or_else(|| lacks("client_email"))?,
                key: Box::new(SigningKey::from_pem(
                    &file.private_key.ok_or_else(|| lacks("private_key"))?,
                    file.private_key_id,
                )?),
                project: file.project_id,
                token_url,
            }),
            Some("authorized_user") => Ok(Self::User {
                client_id: file.client_id.ok_or_else(|| lacks("client_id"))?,
                client_secret: file
                    .client_secret
                    .map(Secret::new)
                    .ok_or_else(|| lacks("client_secret"))?,
                refresh_token: file
                    .refresh_token
                    .map(Secret::new)
                    .ok_or_else(|| lacks("refresh_token"))?,
                quota_project: file.quota_project_id,
                token_url,
            }),
            Some(_) => Err(
                "holds Google credentials of a kind that is not supported; use those of a service account or of `gcloud auth application-default login`"
                    .to_owned(),
            ),
        }
    }

    /// Those of the machine. `host` is where its metadata server is, if not at Google's address for it.
    pub(in crate::endpoint) fn of_machine(host: Option<&str>) -> Result<Self, String> {
        let host = host.unwrap_or(METADATA_HOST);
        let base = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
        let mut token_url =
            Url::parse(&base).map_err(|_| "is no host of a metadata server".to_owned())?;
        token_url.set_path(METADATA_PATH);
        Ok(Self::Metadata { token_url })
    }

    /// Where tokens come from.
    pub(super) const fn token_url(&self) -> &Url {
        match self {
            Self::ServiceAccount { token_url, .. }
            | Self::User { token_url, .. }
            | Self::Metadata { token_url } => token_url,
        }
    }

    /// The project that the credentials belong to.
    pub(in crate::endpoint) fn project(&self) -> Option<&str> {
        match self {
            Self::ServiceAccount { project, .. } => project.as_deref(),
            Self::User { quota_project, .. } => quota_project.as_deref(),
            Self::Metadata { .. } => None,
        }
    }

    pub(super) fn quota_project(&self) -> Option<&str> {
        match self {
            Self::User { quota_project, .. } => quota_project.as_deref(),
            Self::ServiceAccount { .. } | Self::Metadata { .. } => None,
        }
    }
}

fn fixed(url: &str) -> Result<Url, String> {
    Url::parse(url).map_err(|error| error.to_string())
}

impl fmt::Debug for Credentials {
    /// Shows of which kind they are, and nothing of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceAccount { .. } => "ServiceAccount(…)",
            Self::User { .. } => "User(…)",
            Self::Metadata { .. } => "Metadata",
        })
    }
}

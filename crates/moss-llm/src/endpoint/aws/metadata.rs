//! Services at link-local addresses that give keys to what runs at Amazon: those of containers (ECS, EKS), and of
//! instances (EC2, version 2 of the protocol).

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::Deserialize;

use super::AwsKeys;
use crate::Secret;

/// How long such a service may take: it is next door.
const PATIENCE: Duration = Duration::from_secs(3);

/// The longest answer, in bytes.
const MOST: usize = 64 << 10;

/// Who gives keys.
#[derive(Debug)]
pub(super) enum Metadata {
    Container(Container),
    /// The service of an instance, at its base address.
    Instance(Url),
    /// Nobody.
    None,
}

/// The service of a container.
pub(super) struct Container {
    url: Url,
    /// What proves the right to ask; the file counts first, and changes.
    file: Option<PathBuf>,
    token: Option<Secret>,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// Keys, and until when they hold.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) keys: AwsKeys,
    pub(super) expires: Option<SystemTime>,
}

impl Container {
    /// Checks the address, as Amazon's clients do: keys are not fetched from just anywhere without encryption.
    pub(super) fn new(
        url: &str,
        file: Option<PathBuf>,
        token: Option<Secret>,
    ) -> Result<Self, &'static str> {
        let url = Url::parse(url).map_err(|_| "is not a URL")?;
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        // ECS and EKS.
        let is_known = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"]
            .contains(&host.trim_matches(['[', ']']))
            || address.is_ok_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if is_known => {}
            _ => return Err("is neither an `https` URL nor that of a container's own service"),
        }
        Ok(Self { url, file, token })
    }

    async fn give(&self, client: &Client) -> Result<Given, String> {
        let mut request = client.get(self.url.clone());
        let token = match &self.file {
            Some(file) => {
                let read = fs::read_to_string(file);
                let token = read.map_err(|error| {
                    format!("the file of the container's token cannot be read: {error}")
                })?;
                Some(Secret::new(token.trim()))
            }
            None => self.token.clone(),
        };
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(token.expose())
                .map_err(|_| "the container's token is no header value".to_owned())?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        given(&answer(request).await?)
    }
}

impl Metadata {
    /// Asks for keys.
    pub(super) async fn give(&self, client: &Client) -> Result<Given, String> {
        match self {
            Self::Container(container) => container.give(client).await,
            Self::Instance(base) => instance(base, client).await,
            Self::None => Err("the instance metadata service is switched off".to_owned()),
        }
    }
}

async fn instance(base: &Url, client: &Client) -> Result<Given, String> {
    const ROLES: &str = "latest/meta-data/iam/security-credentials/";
    let at = |path: &str| {
        let mut url = base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    };
    let ask =
        client.put(at("latest/api/token")).header("x-aws-ec2-metadata-token-ttl-seconds", "21600");
    let token = text(&answer(ask).await?)?;
    let get = |path: &str| {
        let mut value = HeaderValue::from_str(token.trim()).map_err(|_| UNREADABLE.to_owned())?;
        value.set_sensitive(true);
        Ok::<_, String>(client.get(at(path)).header("x-aws-ec2-metadata-token", value))
    };
    let roles = text(&answer(get(ROLES)?).await?)?;
    let role = roles.lines().next().map(str::trim).filter(|role| !role.is_empty());
    let role = role.ok_or("the instance has no role")?;
    given(&answer(get(&format!("{ROLES}{role}"))?).await?)
}

const UNREADABLE: &str = "its answer cannot be read";

async fn answer(request: RequestBuilder) -> Result<Vec<u8>, String> {
    let response = request.timeout(PATIENCE).send().await;
    let response = response.map_err(|error| error.without_url().to_string())?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("it answered with status {}", status.as_u16()));
    }
    body(response).await
}

async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) =
        response.chunk().await.map_err(|error| error.without_url().to_string())?
    {
        if body.len() + piece.len() > MOST {
            return Err(UNREADABLE.to_owned());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn text(body: &[u8]) -> Result<String, String> {
    str::from_utf8(body).map(str::to_owned).map_err(|_| UNREADABLE.to_owned())
}

fn given(body: &[u8]) -> Result<Given, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        access_key_id: String,
        secret_access_key: String,
        token: Option<String>,
        expiration: Option<String>,
    }
    // The parser's words might quote a key.
    let answer: Answer = serde_json::from_slice(body).map_err(|_| UNREADABLE.to_owned())?;
    let expires = answer.expiration.as_deref().and_then(|time| {
        SystemTime::try_from(DateTime::from_str(time, Format::DateTime).ok()?).ok()
    });
    Ok(Given {
        keys: AwsKeys {
            id: answer.access_key_id,
            secret: Secret::new(answer.secret_access_key),
            token: answer.token.map(Secret::new),
        },
        expires,
    })
}

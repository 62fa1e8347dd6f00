//! Vertex AI: Gemini and Claude in a project of Google Cloud.
//!
//! Who asks is, first to last: the option `authOptions.credentials` or `credentials` (the JSON of a credentials
//! file, or an object), `authOptions.keyFilename`, `keyFile` and the like (its path), `apiKey` (express mode),
//! the variables of [`CREDENTIALS`], gcloud's own file, the variables of an API key, and the machine itself.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use moss_protocol::JsonObject;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::google::{KEY, KEYS, method};
use super::google_auth::{Credentials, GoogleAuth};
use super::setup::address;
use super::{Authorize, Endpoint, Setup};
use crate::options::sensitive;
use crate::wire::Wire;
use crate::wire::anthropic::{Anthropic, AnthropicDialect};
use crate::wire::gemini::{Gemini, parameters};
use crate::{ModelSetupError, Secret};

/// Variables that hold a credentials file, or name it: LibreChat's, Google's, LangChain's.
const CREDENTIALS: &[&str] = &[
    "GOOGLE_SERVICE_KEY_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_VERTEX_AI_WEB_CREDENTIALS",
];

const PROJECTS: &[&str] =
    &["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GOOGLE_VERTEX_PROJECT", "GOOGLE_PROJECT_ID"];

const LOCATIONS: &[&str] =
    &["GOOGLE_CLOUD_LOCATION", "GOOGLE_VERTEX_LOCATION", "GOOGLE_LOC", "CLOUD_ML_REGION"];

/// Where Google's own clients and LangChain's ask unless told.
const LOCATION: &str = "us-central1";

const VERSION: &str = "v1";

pub(super) fn endpoint(setup: &mut Setup<'_, '_>) -> Result<Endpoint, ModelSetupError> {
    let options = Options::read(setup)?;
    let version = setup.options.top.text(&["apiVersion", "api_version"])?.unwrap_or(VERSION);
    let access = Access::find(setup, &options)?;
    let location = location(setup)?;
    let project = options.project.clone().or_else(|| setup.first_variable(PROJECTS));
    let claude = is_claude(setup.model);
    let mut path = vec![version.to_owned()];
    match &access {
        Access::Key(_) => {}
        Access::Token(credentials) => {
            let project = project.or_else(|| credentials.project().map(str::to_owned));
            let project = project.ok_or_else(|| {
                ModelSetupError::option(
                    "projectId",
                    "is not set, and the credentials name no project either. Set it, or GOOGLE_CLOUD_PROJECT, to the id of a Google Cloud project",
                )
            })?;
            path.extend(["projects".into(), project, "locations".into(), location.clone()]);
        }
    }
    if !setup.model.contains('/') {
        let publisher = if claude { "anthropic" } else { "google" };
        path.extend(["publishers", publisher, "models"].map(str::to_owned));
    }
    path.extend(setup.model.split('/').map(str::to_owned));
    let base = match (&setup.options.common.base_url, &access) {
        (Some(base), _) => base.expose().to_owned(),
        (None, Access::Key(_)) => host("global"),
        (None, Access::Token(_)) => host(&location),
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut url = address(&base, &path)?;
    let (wire, parameters): (Arc<dyn Wire>, JsonObject) = if claude {
        let (wire, parameters) =
            Anthropic::from_options(AnthropicDialect::VERTEX, setup.options, setup.model)?;
        let predict = if setup.streaming { "streamRawPredict" } else { "rawPredict" };
        url.set_path(&format!("{}:{predict}", url.path()));
        (Arc::new(wire), parameters)
    } else {
        url = method(url, setup.streaming);
        (Arc::new(Gemini::VERTEX), parameters(&mut setup.options.top))
    };
    let mut headers = HeaderMap::new();
    let mut secrets = Vec::new();
    let authorize: Option<Arc<dyn Authorize>> = match access {
        Access::Key(key) => {
            headers.insert(KEY, sensitive("apiKey", key.expose())?);
            secrets.push(key);
            None
        }
        Access::Token(credentials) => {
            let proxy = setup.options.common.proxy.as_ref();
            Some(GoogleAuth::new(setup.provider, credentials, setup.transport, proxy)?)
        }
    };
    Ok(Endpoint { wire, url, headers, authorize, parameters, secrets })
}

/// What a host says of who asks.
struct Options {
    /// The option, and the JSON of a credentials file.
    credentials: Option<(&'static str, String)>,
    /// The option, and the path of one.
    file: Option<(&'static str, String)>,
    project: Option<String>,
}

impl Options {
    fn read(setup: &mut Setup<'_, '_>) -> Result<Self, ModelSetupError> {
        let top = &mut setup.options.top;
        let auth = top.object(&["authOptions", "auth_options"])?;
        let inner = |names: &[&str]| {
            let value = auth.and_then(|auth| names.iter().find_map(|name| auth.get(*name)));
            value.filter(|value| !value.is_null()).cloned()
        };
        let json = |option: &'static str, value: Value| match value {
            Value::String(text) => Ok((option, text)),
            Value::Object(_) => Ok((option, value.to_string())),
            _ => Err(ModelSetupError::option(option, "is neither an object nor a text")),
        };
        let text = |option: &'static str, value: Value| match value {
            Value::String(text) => Ok((option, text)),
            _ => Err(ModelSetupError::option(option, "is not a text")),
        };
        let own = top.value(&["credentials"]).map(|(_, value)| value.clone());
        let credentials = match (inner(&["credentials"]), own) {
            (Some(value), _) => Some(json("authOptions.credentials", value)?),
            (None, Some(value)) => Some(json("credentials", value)?),
            (None, None) => None,
        };
        const FILES: &[&str] = &["keyFilename", "keyFile"];
        let own = top.text(FILES)?.map(|path| ("keyFilename", path.to_owned()));
        let file = match inner(FILES) {
            Some(value) => Some(text("authOptions.keyFilename", value)?),
            None => own,
        };
        let own = top.text(&["projectId", "project_id"])?.map(str::to_owned);
        let project = match (own, inner(&["projectId"])) {
            (Some(project), _) => Some(project),
            (None, Some(value)) => Some(text("authOptions.projectId", value)?.1),
            (None, None) => setup.options.common.project.clone(),
        };
        Ok(Self { credentials, file, project })
    }
}

/// Who asks.
enum Access {
    Token(Credentials),
    /// Express mode, which has neither project nor location.
    Key(Secret),
}

impl Access {
    fn find(setup: &Setup<'_, '_>, options: &Options) -> Result<Self, ModelSetupError> {
        let read = |option: &str, json: &str| {
            let credentials = Credentials::from_json(json);
            credentials.map_err(|problem| ModelSetupError::option(option, problem))
        };
        if let Some((option, json)) = &options.credentials {
            return read(option, json).map(Self::Token);
        }
        if let Some((option, path)) = &options.file {
            return read(option, &file(option, path)?).map(Self::Token);
        }
        if let Some(key) = &setup.options.common.api_key {
            return Ok(Self::Key(key.clone()));
        }
        for name in CREDENTIALS {
            if let Some(value) = setup.variable(name) {
                return read(name, &inline_or_file(name, value)?).map(Self::Token);
            }
        }
        if let Some(json) = well_known(setup).and_then(|path| fs::read_to_string(path).ok()) {
            return read("gcloud's application default credentials", &json).map(Self::Token);
        }
        if let Some(key) = setup.first_variable(KEYS) {
            return Ok(Self::Key(Secret::new(key)));
        }
        const HOST: &str = "GCE_METADATA_HOST";
        let machine = Credentials::of_machine(setup.variable(HOST).as_deref());
        machine.map(Self::Token).map_err(|problem| ModelSetupError::option(HOST, problem))
    }
}

fn file(option: &str, path: &str) -> Result<String, ModelSetupError> {
    fs::read_to_string(path).map_err(|error| {
        let problem = format!("names a file that cannot be read: {}", error.kind());
        ModelSetupError::option(option, problem)
    })
}

/// What a variable holds: the JSON itself, the same in base64, or the path of a file.
fn inline_or_file(option: &str, value: String) -> Result<String, ModelSetupError> {
    if value.starts_with('{') {
        return Ok(value);
    }
    let decoded = STANDARD.decode(&value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.filter(|json| json.trim_start().starts_with('{')) {
        Some(json) => Ok(json),
        None => file(option, &value),
    }
}

/// Where `gcloud auth application-default login` leaves its credentials.
fn well_known(setup: &Setup<'_, '_>) -> Option<PathBuf> {
    const FILE: &str = "application_default_credentials.json";
    if let Some(folder) = setup.variable("CLOUDSDK_CONFIG") {
        return Some(PathBuf::from(folder).join(FILE));
    }
    if let Some(folder) = setup.variable("APPDATA") {
        return Some(PathBuf::from(folder).join("gcloud").join(FILE));
    }
    Some(PathBuf::from(setup.variable("HOME")?).join(".config").join("gcloud").join(FILE))
}

fn location(setup: &mut Setup<'_, '_>) -> Result<String, ModelSetupError> {
    let own = setup.options.top.text(&["location", "region"])?.map(str::to_owned);
    let location =
        own.or_else(|| setup.first_variable(LOCATIONS)).unwrap_or_else(|| LOCATION.to_owned());
    // It becomes a part of the host's name.
    let is_name = location
        .chars()
        .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-');
    if is_name {
        Ok(location)
    } else {
        Err(ModelSetupError::option(
            "location",
            "is no location of Google Cloud such as `us-central1`",
        ))
    }
}

/// The address for a location. `global`, and the regions of several countries, have addresses of their own.
fn host(location: &str) -> String {
    match location {
        "global" => "https://aiplatform.googleapis.com".to_owned(),
        "us" | "eu" => format!("https://aiplatform.{location}.rep.googleapis.com"),
        location => format!("https://{location}-aiplatform.googleapis.com"),
    }
}

fn is_claude(model: &str) -> bool {
    model.rsplit('/').next().unwrap_or(model).starts_with("claude-")
}

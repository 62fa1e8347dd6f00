//! In which order the places are searched that may hold keys.

use reqwest::Url;

use super::metadata::{Container, Metadata};
use super::profile::Profiles;
use super::{AwsKeys, Fetched, KeySource};
use crate::endpoint::Setup;
use crate::{ModelSetupError, Secret};

/// What proves that a request may be made.
#[derive(Debug)]
pub(crate) enum Found {
    /// A key of Bedrock's own, which needs no signature.
    Bearer(Secret),
    /// Keys of an account, to sign with.
    Keys(KeySource),
}

/// What LibreChat writes where its users bring their own.
const USER_PROVIDED: &str = "user_provided";

/// Finds what proves that requests may be made, and the region. The first of these counts:
///
/// 1. the options `apiKey` or `bearerToken`, `credentials`, `profile`;
/// 2. LibreChat's variables `BEDROCK_AWS_BEARER_TOKEN`, `BEDROCK_AWS_ACCESS_KEY_ID` and its companions,
///    `BEDROCK_AWS_PROFILE`;
/// 3. Amazon's: `AWS_BEARER_TOKEN_BEDROCK`, `AWS_ACCESS_KEY_ID` and its companions, `AWS_PROFILE`;
/// 4. the profile `default` of the shared files;
/// 5. what a container or an instance is given. Nothing is fetched before a request is made.
pub(crate) fn find(setup: &mut Setup<'_, '_>) -> Result<(Found, Option<String>), ModelSetupError> {
    let options = &mut setup.options.top;
    let credentials = options.object(&["credentials"])?;
    let bearer = options.text(&["bearerToken", "bearer_token"])?.map(Secret::new);
    let named = options.text(&["profile"])?.map(str::to_owned);
    let region = options.text(&["region", "regionName", "region_name"])?.map(str::to_owned);
    let api_key = setup.options.common.api_key.clone();

    let profiles = Profiles::new(setup);
    let variables = |names: &[&str]| {
        setup.first_variable(names).filter(|value| value.as_str() != USER_PROVIDED)
    };
    let region = region
        .or_else(|| variables(&["BEDROCK_AWS_DEFAULT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"]))
        .or_else(|| {
            let profile = named.clone();
            let profile = profile.or_else(|| variables(&["BEDROCK_AWS_PROFILE", "AWS_PROFILE"]));
            profiles.region(profile.as_deref().unwrap_or("default"))
        });

    if let Some(key) = api_key.or(bearer) {
        return Ok((Found::Bearer(key), region));
    }
    let known = |keys| Ok((Found::Keys(KeySource::Known(keys)), region.clone()));
    if let Some(credentials) = credentials {
        return known(of_option(credentials)?);
    }
    if let Some(name) = named {
        return known(profiles.required("profile", &name)?);
    }
    for prefix in ["BEDROCK_AWS", "AWS"] {
        let bearer = match prefix {
            "AWS" => "AWS_BEARER_TOKEN_BEDROCK",
            _ => "BEDROCK_AWS_BEARER_TOKEN",
        };
        if let Some(key) = variables(&[bearer]) {
            return Ok((Found::Bearer(Secret::new(key)), region));
        }
        let variable = |name: &str| variables(&[&format!("{prefix}_{name}")]);
        if let (Some(id), Some(secret)) = (variable("ACCESS_KEY_ID"), variable("SECRET_ACCESS_KEY"))
        {
            let token = variable("SESSION_TOKEN").map(Secret::new);
            return known(AwsKeys { id, secret: Secret::new(secret), token });
        }
        if let Some(name) = variable("PROFILE") {
            return known(profiles.required(&format!("{prefix}_PROFILE"), &name)?);
        }
    }
    if let Some(keys) = profiles.keys("profile", "default")? {
        return known(keys);
    }
    let fetched = Box::new(Fetched::new(metadata(setup)?, setup.transport)?);
    Ok((Found::Keys(KeySource::Fetched(fetched)), region))
}

fn of_option(credentials: &moss_protocol::JsonObject) -> Result<AwsKeys, ModelSetupError> {
    let text = |name: &str| {
        let value = credentials.get(name).and_then(serde_json::Value::as_str).map(str::trim);
        value.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let required = |name: &str| {
        let missing = || ModelSetupError::option(&format!("credentials.{name}"), "is not set");
        text(name).ok_or_else(missing)
    };
    Ok(AwsKeys {
        id: required("accessKeyId")?,
        secret: Secret::new(required("secretAccessKey")?),
        token: text("sessionToken").map(Secret::new),
    })
}

/// Who gives keys to what runs at Amazon.
fn metadata(setup: &Setup<'_, '_>) -> Result<Metadata, ModelSetupError> {
    let container = setup
        .variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        .map(|path| {
            let url = format!("http://169.254.170.2{path}");
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", url)
        })
        .or_else(|| {
            let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
            setup.variable(name).map(|url| (name, url))
        });
    if let Some((variable, url)) = container {
        let token = setup.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::new);
        let file = setup.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        let container = Container::new(&url, file.map(Into::into), token);
        return container
            .map(Metadata::Container)
            .map_err(|problem| ModelSetupError::option(variable, problem));
    }
    let off = setup.variable("AWS_EC2_METADATA_DISABLED");
    if off.is_some_and(|off| off.eq_ignore_ascii_case("true")) {
        return Ok(Metadata::None);
    }
    let name = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    let url = setup.variable(name).unwrap_or_else(|| "http://169.254.169.254".to_owned());
    let url = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(Metadata::Instance)
        .ok_or_else(|| ModelSetupError::option(name, "is not an `http` or `https` URL"))
}

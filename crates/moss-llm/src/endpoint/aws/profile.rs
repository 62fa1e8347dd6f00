//! Amazon's shared files: `~/.aws/credentials` and `~/.aws/config`.

use std::fs;
use std::path::PathBuf;

use super::AwsKeys;
use crate::endpoint::Setup;
use crate::{ModelSetupError, Secret};

/// The profiles of both files.
#[derive(Debug)]
pub(super) struct Profiles {
    /// The first file counts first.
    files: [Vec<Profile>; 2],
}

struct Profile {
    name: String,
    settings: Vec<(String, String)>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Settings by which a profile gets its keys from elsewhere, and what that is called.
const ELSEWHERE: &[(&str, &str)] = &[
    ("sso_session", "single sign-on"),
    ("sso_start_url", "single sign-on"),
    ("role_arn", "a role that is to be assumed"),
    ("web_identity_token_file", "a web identity"),
    ("credential_process", "`credential_process`"),
];

impl Profiles {
    /// Reads the files. One that is not there, or cannot be read, has no profiles.
    pub(super) fn new(setup: &Setup<'_, '_>) -> Self {
        let home = setup.first_variable(&["HOME", "USERPROFILE"]);
        let read = |variable: &str, file: &str| {
            let named = setup.variable(variable).map(PathBuf::from);
            let path =
                named.or_else(|| Some(PathBuf::from(home.as_ref()?).join(".aws").join(file)));
            path.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default()
        };
        Self {
            files: [
                parse(&read("AWS_SHARED_CREDENTIALS_FILE", "credentials")),
                parse(&read("AWS_CONFIG_FILE", "config")),
            ],
        }
    }

    pub(super) fn region(&self, profile: &str) -> Option<String> {
        self.setting(profile, "region").map(str::to_owned)
    }

    /// The keys of a profile; `None` where it has none.
    ///
    /// `named_by` is the option or variable by which the host named it.
    pub(super) fn keys(
        &self,
        named_by: &str,
        profile: &str,
    ) -> Result<Option<AwsKeys>, ModelSetupError> {
        let setting = |name| self.setting(profile, name);
        if let (Some(id), Some(secret)) =
            (setting("aws_access_key_id"), setting("aws_secret_access_key"))
        {
            return Ok(Some(AwsKeys {
                id: id.to_owned(),
                secret: Secret::new(secret),
                token: setting("aws_session_token").map(Secret::new),
            }));
        }
        match ELSEWHERE.iter().find(|(name, _)| setting(name).is_some()) {
            None => Ok(None),
            Some((_, what)) => {
                let problem = format!(
                    "names the profile `{profile}`, which gets its keys from {what}; that is not supported. Set the variables that `aws configure export-credentials --profile {profile} --format env` prints"
                );
                Err(ModelSetupError::option(named_by, problem))
            }
        }
    }

    /// [`Self::keys`], which have to be there.
    pub(super) fn required(
        &self,
        named_by: &str,
        profile: &str,
    ) -> Result<AwsKeys, ModelSetupError> {
        self.keys(named_by, profile)?.ok_or_else(|| {
            let known = self.files.iter().flatten().any(|it| it.name == profile);
            let problem = if known {
                format!("names the profile `{profile}`, which has no keys")
            } else {
                format!("names the profile `{profile}`, which is not in AWS' shared files")
            };
            ModelSetupError::option(named_by, problem)
        })
    }

    fn setting(&self, profile: &str, name: &str) -> Option<&str> {
        let profiles = self.files.iter().flatten().filter(|it| it.name == profile);
        let mut settings = profiles.flat_map(|profile| &profile.settings);
        settings.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a file. Sections of another kind (`[sso-session …]`) have names that no profile has.
fn parse(text: &str) -> Vec<Profile> {
    let mut profiles = Vec::new();
    for line in text.lines() {
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            let section = section.trim();
            // In `config` all but the default are written `[profile name]`.
            let name = section.strip_prefix("profile ").unwrap_or(section).trim();
            profiles.push(Profile { name: name.to_owned(), settings: Vec::new() });
            continue;
        }
        if let (false, Some(profile), Some((name, value))) =
            (is_nested, profiles.last_mut(), line.split_once('='))
        {
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            if !value.is_empty() {
                profile.settings.push((name, value.to_owned()));
            }
        }
    }
    profiles
}

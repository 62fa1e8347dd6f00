//! Who asks, at Amazon: where the keys of an account are found.

mod chain;
mod fetched;
mod metadata;
mod profile;

pub(super) use chain::{Found, find};
pub(super) use fetched::Fetched;

use std::fmt;
use std::time::SystemTime;

use crate::{ModelError, Secret};

/// The keys of an account, or of a role for some time.
#[derive(Clone, PartialEq)]
pub(super) struct AwsKeys {
    pub(super) id: String,
    pub(super) secret: Secret,
    /// What temporary keys come with.
    pub(super) token: Option<Secret>,
}

impl AwsKeys {
    /// What no error may show.
    fn secrets(&self) -> impl Iterator<Item = Secret> {
        [Some(&self.secret), self.token.as_ref()].into_iter().flatten().cloned()
    }
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsKeys(…)")
    }
}

/// Keys that are known, or that have to be fetched now and then.
#[derive(Debug)]
pub(super) enum KeySource {
    Known(AwsKeys),
    Fetched(Box<Fetched>),
}

impl KeySource {
    /// The keys that hold now.
    pub(super) async fn keys(&self, now: SystemTime) -> Result<AwsKeys, ModelError> {
        match self {
            Self::Known(keys) => Ok(keys.clone()),
            Self::Fetched(fetched) => fetched.keys(now).await,
        }
    }

    /// What no error may show.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Known(keys) => keys.secrets().collect(),
            Self::Fetched(fetched) => fetched.secrets(),
        }
    }
}

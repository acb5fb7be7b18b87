//! Which credentials of this machine to use, if the config has no access key. A profile that the environment names, or
//! half an access key, is used or is an error. The SDK's default chain would use other credentials instead, and silently
//! read the events of another account.

use super::profiles::Profiles;
use crate::failure::Failure;
use aws_config::{ConfigLoader, SdkConfig, profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig};
use aws_credential_types::{
    Credentials, credential_feature::AwsCredentialFeature as Feature, provider::SharedCredentialsProvider,
};
use aws_runtime::env_config::file::EnvConfigFiles;

/// Where the credentials come from.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    /// The config's access key.
    Key,
    /// The profile of this name, and nothing else, with the files that define profiles.
    Profile(String, EnvConfigFiles),
    /// What the SDK's default chain finds, with the files that define profiles if they matter.
    Chain(Option<EnvConfigFiles>),
}

impl Identity {
    /// The credentials of this machine that `environment` selects. Nothing is sent.
    ///
    /// # Errors
    ///
    /// The credentials that are selected don't exist, or are incomplete.
    pub(super) async fn of_machine(environment: &impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let get = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        if has_key(&get)? {
            return Ok(Self::Chain(None));
        }
        let profiles = Profiles::read(environment).await?;
        let named = get("AWS_PROFILE");
        let name = named.as_deref().unwrap_or("default");
        match (profiles.has_credentials(name), &named) {
            (Some(true), _) => Ok(Self::Profile(name.to_owned(), profiles.files)),
            (Some(false), Some(name)) => Err(Failure::config(format!(
                "The profile {name} in AWS_PROFILE has no credentials. Add an access key or a role to the profile in {files}, or unset AWS_PROFILE to use other credentials of this machine.",
                files = profiles.paths("or")
            ))),
            (None, Some(name)) => Err(Failure::config(format!(
                "The profile {name} in AWS_PROFILE does not exist in {files}. Correct AWS_PROFILE, or add the profile.",
                files = profiles.paths("or")
            ))),
            (_, None) if get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() && get("AWS_ROLE_ARN").is_none() => {
                Err(Failure::config(
                    "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN. Set both, or unset both to use other credentials of this machine.",
                ))
            }
            (_, None) => Ok(Self::Chain(Some(profiles.files))),
        }
    }

    /// Gives `loader` the files that have been read already.
    pub(super) fn load(&self, loader: ConfigLoader) -> ConfigLoader {
        match self {
            Self::Key | Self::Chain(None) => loader,
            Self::Profile(name, files) => loader.profile_files(files.clone()).profile_name(name),
            Self::Chain(Some(files)) => loader.profile_files(files.clone()),
        }
    }

    /// The provider of the credentials.
    pub(super) fn provider(&self, shared: &SdkConfig) -> Result<SharedCredentialsProvider, Failure> {
        let Self::Profile(name, files) = self else {
            return shared
                .credentials_provider()
                .ok_or_else(|| Failure::system("The AWS SDK has no credentials provider. Report this error."));
        };
        let mut config = ProviderConfig::without_region()
            .with_region(shared.region().cloned())
            .with_use_fips(shared.use_fips())
            .with_use_dual_stack(shared.use_dual_stack());
        if let Some(client) = shared.http_client() {
            config = config.with_http_client(client);
        }
        if let Some(retries) = shared.retry_config() {
            config = config.with_retry_config(retries.clone());
        }
        if let Some(timeouts) = shared.timeout_config() {
            config = config.with_timeout_config(timeouts.clone());
        }
        let builder = ProfileFileCredentialsProvider::builder().configure(&config);
        let provider = builder.profile_files(files.clone()).profile_name(name).build();
        Ok(SharedCredentialsProvider::new(provider))
    }

    /// Where `credentials` come from, in the user's words.
    pub(super) fn source(&self, credentials: &Credentials) -> String {
        let features = credentials.get_property::<Vec<Feature>>().map(Vec::as_slice).unwrap_or_default();
        match self {
            Self::Key => "the config's access key".to_owned(),
            Self::Profile(name, _) => format!("profile {name}"),
            Self::Chain(_) if features.contains(&Feature::CredentialsEnvVars) => "environment variables".to_owned(),
            Self::Chain(_) if features.contains(&Feature::CredentialsHttp) => "container".to_owned(),
            Self::Chain(_) if features.contains(&Feature::CredentialsImds) => "instance metadata".to_owned(),
            Self::Chain(_) => "web identity".to_owned(),
        }
    }
}

/// Whether the environment has an access key. The SDK also reads the secret key from `SECRET_ACCESS_KEY`.
fn has_key(get: &impl Fn(&str) -> Option<String>) -> Result<bool, Failure> {
    let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    let half = |name: &str, other: &str| {
        Err(Failure::config(format!(
            "{name} is set without {other}. Set both, or unset {name} to use other credentials of this machine."
        )))
    };
    match (get(id), get(secret), get("SECRET_ACCESS_KEY")) {
        (Some(_), Some(_), _) | (Some(_), None, Some(_)) => Ok(true),
        (Some(_), None, None) => half(id, secret),
        (None, Some(_), _) => half(secret, id),
        (None, None, _) => Ok(false),
    }
}

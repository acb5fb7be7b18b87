//! Whose credentials are meant, where the config has no key. Who names a profile, or sets half a key, means it: the
//! SDK's default chain would go on to other credentials, and another account's events would be read without a word.

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
    /// The profile of this name, and nothing else; the files of profiles.
    Profile(String, EnvConfigFiles),
    /// What the SDK's default chain finds; the files of profiles, where they matter.
    Chain(Option<EnvConfigFiles>),
}

impl Identity {
    /// Whose credentials of this machine `environment` means. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Where what is meant is not there, or not all of it.
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
                "The profile {name} in AWS_PROFILE has no credentials in it. Add an access key or a role to the profile in {}, or unset AWS_PROFILE to use other credentials of this machine.",
                profiles.places("or")
            ))),
            (None, Some(name)) => Err(Failure::config(format!(
                "The profile {name} in AWS_PROFILE doesn't exist: it is in neither {}. Correct AWS_PROFILE, or add the profile.",
                profiles.places("nor")
            ))),
            (_, None) if get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() && get("AWS_ROLE_ARN").is_none() => {
                Err(Failure::config(
                    "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN, so that the credentials of a web identity are incomplete. Set both, or unset both to use other credentials of this machine.",
                ))
            }
            (_, None) => Ok(Self::Chain(Some(profiles.files))),
        }
    }

    /// `loader`, told of the files that have been read already.
    pub(super) fn load(&self, loader: ConfigLoader) -> ConfigLoader {
        match self {
            Self::Key | Self::Chain(None) => loader,
            Self::Profile(name, files) => loader.profile_files(files.clone()).profile_name(name),
            Self::Chain(Some(files)) => loader.profile_files(files.clone()),
        }
    }

    /// What gives out the credentials; none where the SDK has nothing, which does not happen.
    pub(super) fn provider(&self, shared: &SdkConfig) -> Option<SharedCredentialsProvider> {
        let Self::Profile(name, files) = self else { return shared.credentials_provider() };
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
        Some(SharedCredentialsProvider::new(provider))
    }

    /// The source of `credentials`, in the user's words.
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

/// Whether the environment has a key. The SDK also takes the secret half from `SECRET_ACCESS_KEY`.
fn has_key(get: &impl Fn(&str) -> Option<String>) -> Result<bool, Failure> {
    let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    let half = |there: &str, missing: &str| {
        Err(Failure::config(format!(
            "{there} is set without {missing}. Set both halves of the access key, or unset {there} to use other credentials of this machine."
        )))
    };
    match (get(id), get(secret), get("SECRET_ACCESS_KEY")) {
        (Some(_), Some(_), _) | (Some(_), None, Some(_)) => Ok(true),
        (Some(_), None, None) => half(id, secret),
        (None, Some(_), _) => half(secret, id),
        (None, None, _) => Ok(false),
    }
}

//! Who signs the requests: the config's key or the machine's own credentials, by AWS's default chain, and the role that
//! they assume.
//!
//! The SDK fetches and caches credentials; this makes it renew them in good time, hides them from all output, and finds
//! out what it was when they can't be had.

use super::{causes, chain, seen};
use crate::{
    clock,
    cloudtrail::refusal::{Place, Seen, Service, Signer},
    config::{Config, Credentials},
    secrets::Mask,
};
use aws_config::{ConfigLoader, Region, SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider};
use aws_credential_types::{
    Credentials as SdkCredentials,
    provider::{self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_sts::{
    error::SdkError,
    operation::{assume_role::AssumeRoleError, assume_role_with_web_identity::AssumeRoleWithWebIdentityError},
};
use std::{
    error::Error,
    io::{self, ErrorKind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, UNIX_EPOCH},
};

/// Under which name the role's own events show this connector. Source: AssumeRole, `RoleSessionName`.
const SESSION_NAME: &str = "source-aws-cloudtrail";
/// How long before credentials expire they are renewed, at the most: as much as AWS lets a clock be off.
const MARGIN: Duration = Duration::from_mins(5);
/// How long it may take to fetch credentials.
const LOAD_TIMEOUT: Duration = Duration::from_secs(20);

/// The credentials that sign.
#[derive(Clone, Debug)]
pub(super) struct Session {
    provider: Option<SharedCredentialsProvider>,
    mask: Mask,
    /// Whether the credentials say when they expire.
    expire: Arc<AtomicBool>,
    place: Place,
    role: Option<String>,
}

impl Session {
    /// The session of `config`, with what all clients are to share. Nothing is sent yet.
    pub(super) async fn open(config: &Config, loader: ConfigLoader, mask: &Mask) -> (Self, SdkConfig) {
        let home = config.regions.first().cloned().unwrap_or_default();
        let cache = IdentityCache::lazy().buffer_time(Duration::ZERO).load_timeout(LOAD_TIMEOUT).build();
        let loader = loader.region(Region::new(home.clone())).identity_cache(cache);
        let (loader, signer) = match &config.credentials {
            Credentials::Ambient => (loader, Signer::Machine { are_renewed: false }),
            Credentials::Key(key) => {
                let token = key.session_token.as_ref().map(|token| token.expose().to_owned());
                let key = SdkCredentials::new(key.id.expose(), key.secret.expose(), token, None, "config");
                (loader.credentials_provider(key), Signer::Key)
            }
        };
        let shared = loader.load().await;
        let provider = match &config.role {
            None => shared.credentials_provider(),
            Some(role) => {
                let mut builder = AssumeRoleProvider::builder(&role.arn).session_name(SESSION_NAME).configure(&shared);
                if let Some(id) = &role.external_id {
                    builder = builder.external_id(id);
                }
                Some(SharedCredentialsProvider::new(builder.build().await))
            }
        };
        let session = Self {
            provider,
            mask: mask.clone(),
            expire: Arc::default(),
            place: Place { service: Service::Sts, region: home, endpoint_url: None, signer },
            role: config.role.as_ref().map(|role| role.arn.clone()),
        };
        // One provider for all clients, so that they share what it has fetched.
        let provider = SharedCredentialsProvider::new(session.clone());
        (session, shared.into_builder().credentials_provider(provider).build())
    }

    /// Whose credentials sign, as far as is known by now.
    pub(super) fn signer(&self) -> Signer {
        match (&self.role, &self.place.signer) {
            (Some(arn), _) => Signer::Role(arn.clone()),
            (None, Signer::Machine { .. }) => Signer::Machine { are_renewed: self.expire.load(Relaxed) },
            (None, signer) => signer.clone(),
        }
    }

    /// What was seen where, if `error` comes of credentials that could not be had.
    pub(super) fn lost(&self, error: &(dyn Error + 'static)) -> Option<(Seen, Place)> {
        let lost = chain(error).filter_map(|error| error.downcast_ref::<CredentialsError>()).last()?;
        let refused = chain(lost).find_map(|error| {
            let role = error.downcast_ref::<SdkError<AssumeRoleError>>().map(seen);
            role.or_else(|| error.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError>>().map(seen))
        });
        let seen = refused.unwrap_or_else(|| unavailable(lost));
        Some((seen, self.place.clone()))
    }

    async fn credentials(&self) -> provider::Result {
        let provider = self.provider.as_ref().ok_or_else(CredentialsError::not_loaded_no_source)?;
        let mut credentials = provider.provide_credentials().await?;
        for secret in
            [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), credentials.session_token()]
        {
            self.mask.hide(secret.unwrap_or_default());
        }
        let now = UNIX_EPOCH + Duration::from_millis(clock::epoch_millis().unsigned_abs());
        let expiry = credentials.expiry_mut();
        self.expire.store(expiry.is_some(), Relaxed);
        *expiry = expiry.map(|expiry| expiry - MARGIN.min(expiry.duration_since(now).unwrap_or_default() / 2));
        Ok(credentials)
    }
}

/// Why the machine has no credentials: told apart by the SDK's words where it has no kinds.
fn unavailable(lost: &CredentialsError) -> Seen {
    let said = lost.source().map_or_else(|| lost.to_string(), causes);
    let has = |words: &str| said.contains(words);
    match lost {
        CredentialsError::CredentialsNotLoaded(_) if has("was not defined") => {
            Seen::WrongCredentials("there is no profile of the name in AWS_PROFILE or source_profile".to_owned())
        }
        CredentialsError::CredentialsNotLoaded(_) => Seen::NoCredentials,
        CredentialsError::InvalidConfiguration(_) if has("cargo feature") => Seen::WrongCredentials(
            "the profile signs in by a browser or runs a program, which this connector does not do: export its credentials by \"aws configure export-credentials\"".to_owned(),
        ),
        CredentialsError::InvalidConfiguration(_) => Seen::WrongCredentials(said),
        _ if chain(lost).filter_map(|error| error.downcast_ref::<io::Error>()).any(is_about_a_file) => {
            Seen::WrongCredentials(format!(
                "a file that they need can't be read, such as the one in AWS_WEB_IDENTITY_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {said}"
            ))
        }
        _ => Seen::LostCredentials(said),
    }
}

/// Files are what is not found or not allowed; networks have other kinds of errors.
fn is_about_a_file(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied)
}

impl ProvideCredentials for Session {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

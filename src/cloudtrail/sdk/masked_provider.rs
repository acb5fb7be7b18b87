//! Fetches credentials by the SDK, hides them from all output, and finds out what it was when they can't be had.

use super::{causes, chain, identity::Identity, seen};
use crate::{
    cloudtrail::lookup_error::{RequestContext, Seen, Signer},
    secrets::Mask,
};
use aws_credential_types::provider::{
    self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_sdk_sts::{
    error::SdkError,
    operation::{assume_role::AssumeRoleError, assume_role_with_web_identity::AssumeRoleWithWebIdentityError},
};
use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// A provider whose credentials are hidden from all output, and of which it is known whether they expire and where they
/// come from.
#[derive(Clone, Debug)]
pub(super) struct MaskedProvider {
    /// None where the SDK has none, which it always has.
    provider: Option<SharedCredentialsProvider>,
    mask: Mask,
    identity: Identity,
    source: Arc<OnceLock<String>>,
    expire: Arc<AtomicBool>,
}

/// Credentials could not be had.
#[derive(Clone, Debug)]
pub(super) struct CredentialsUnavailable {
    /// What was seen.
    pub(super) seen: Seen,
    /// Where.
    pub(super) place: RequestContext,
    /// All that was said about it.
    pub(super) said: String,
}

impl MaskedProvider {
    /// Credentials of `provider`, which are those of `identity` or of a role that it assumes.
    pub(super) fn new(provider: Option<SharedCredentialsProvider>, identity: &Identity, mask: &Mask) -> Self {
        let (source, expire) = (Arc::default(), Arc::default());
        Self { provider, mask: mask.clone(), identity: identity.clone(), source, expire }
    }

    /// Where the credentials come from, once they have been fetched.
    pub(super) fn source(&self) -> Option<&str> {
        self.source.get().map(String::as_str)
    }

    /// Whether the credentials fetched last say when they expire.
    pub(super) fn expire(&self) -> bool {
        self.expire.load(Relaxed)
    }

    async fn credentials(&self) -> provider::Result {
        let provider = self.provider.as_ref().ok_or_else(CredentialsError::not_loaded_no_source)?;
        let credentials = provider.provide_credentials().await?;
        for secret in
            [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), credentials.session_token()]
        {
            self.mask.hide(secret.unwrap_or_default());
        }
        if credentials.access_key_id().trim().is_empty() || credentials.secret_access_key().trim().is_empty() {
            return Err(CredentialsError::invalid_configuration("a half of the access key is empty"));
        }
        self.expire.store(credentials.expiry().is_some(), Relaxed);
        self.source.get_or_init(|| self.identity.source(&credentials));
        Ok(credentials)
    }
}

impl ProvideCredentials for MaskedProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl CredentialsUnavailable {
    /// What `error` means where a role's credentials would come from `sts`, if there is `a_role`.
    pub(super) fn of(error: &CredentialsError, sts: RequestContext, a_role: bool) -> Self {
        // A role's error may be that of the credentials beneath it.
        let lost = chain(error).filter_map(|error| error.downcast_ref::<CredentialsError>()).last().unwrap_or(error);
        let by_role = chain(lost).find_map(|error| error.downcast_ref::<SdkError<AssumeRoleError>>().map(seen));
        let by_web_identity =
            chain(lost).find_map(|error| error.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError>>().map(seen));
        let said = causes(error);
        match (by_role, by_web_identity, lost) {
            (Some(seen), ..) => Self { seen, place: sts, said },
            (None, Some(seen), _) => Self { seen, place: RequestContext { signer: Signer::WebIdentity, ..sts }, said },
            (None, None, CredentialsError::ProviderTimedOut(_)) if a_role => {
                Self { seen: Seen::TimedOut, place: sts, said }
            }
            _ => Self { seen: unavailable(lost), place: sts, said },
        }
    }
}

impl fmt::Display for CredentialsUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl Error for CredentialsUnavailable {}

/// Why the machine has no credentials: told apart by the SDK's words where it has no kinds.
fn unavailable(lost: &CredentialsError) -> Seen {
    let said = lost.source().map_or_else(|| lost.to_string(), causes);
    let has = |words: &str| said.contains(words);
    match lost {
        // Such as the one that a profile's source_profile names.
        CredentialsError::CredentialsNotLoaded(_) if has("was not defined") => Seen::WrongCredentials(said),
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

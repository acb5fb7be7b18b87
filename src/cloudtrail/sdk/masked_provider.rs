//! A credentials provider whose credentials are masked in all output.

use super::identity::Identity;
use crate::secrets::Mask;
use aws_credential_types::provider::{
    self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Masks the credentials of a provider, and remembers whether they expire and where they come from.
#[derive(Clone, Debug)]
pub(super) struct MaskedProvider {
    provider: SharedCredentialsProvider,
    mask: Mask,
    identity: Identity,
    source: Arc<OnceLock<String>>,
    expire: Arc<AtomicBool>,
}

impl MaskedProvider {
    /// Masks the credentials of `provider`, which are those of `identity`.
    pub(super) fn new(provider: SharedCredentialsProvider, identity: &Identity, mask: &Mask) -> Self {
        let (source, expire) = (Arc::default(), Arc::default());
        Self { provider, mask: mask.clone(), identity: identity.clone(), source, expire }
    }

    /// Masks the credentials of `provider`, which are of a role that these credentials assume.
    pub(super) fn of_the_same_identity(&self, provider: SharedCredentialsProvider) -> Self {
        Self::new(provider, &self.identity, &self.mask)
    }

    /// Where the credentials come from; none until they are fetched.
    pub(super) fn source(&self) -> Option<&str> {
        self.source.get().map(String::as_str)
    }

    /// Whether the credentials that were fetched last have an expiration time.
    pub(super) fn expire(&self) -> bool {
        self.expire.load(Relaxed)
    }

    async fn credentials(&self) -> provider::Result {
        let credentials = self.provider.provide_credentials().await?;
        for secret in
            [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), credentials.session_token()]
        {
            self.mask.hide(secret.unwrap_or_default());
        }
        if credentials.access_key_id().trim().is_empty() || credentials.secret_access_key().trim().is_empty() {
            return Err(CredentialsError::invalid_configuration("the access key ID or the secret access key is empty"));
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

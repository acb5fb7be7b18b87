//! Who signs the requests: the config's key or the machine's own credentials, by AWS's default chain, and the role that
//! they assume.
//!
//! The SDK knows how to fetch credentials. Here they are kept, and renewed in good time and in the background: a request
//! that the pacer has let out must not wait for them, or those that wait would leave together. What goes wrong is found
//! out once, for all who wait.

use super::{
    chain,
    identity::Identity,
    masked_provider::{CredentialsUnavailable, MaskedProvider},
};
use crate::{
    clock,
    cloudtrail::lookup_error::{RequestContext, Service, Signer},
    config::{credentials::Credentials, resolved_config::Config},
    failure::Failure,
    secrets::Mask,
};
use aws_config::{ConfigLoader, Region, SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider};
use aws_credential_types::{
    Credentials as SdkCredentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, UNIX_EPOCH},
};
use tokio::time::{Instant, timeout};

/// Under which name the role's own events show this connector. Source: AssumeRole, `RoleSessionName`.
const SESSION_NAME: &str = "source-aws-cloudtrail";
/// How long before credentials expire they are renewed, at the most: as much as AWS lets a clock be off.
const MARGIN: Duration = Duration::from_mins(5);
/// How long it may take to fetch credentials: `check` is to tell within 10 s that there are none.
const FETCH_TIMEOUT: Duration = Duration::from_secs(7);
/// For how long after a failure nobody tries again, at least; after one that took long, half as long as that.
const PAUSE: Duration = Duration::from_secs(1);

/// The credentials that sign, shared by all clients.
#[derive(Clone, Debug)]
pub(super) struct Session(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    provider: MaskedProvider,
    /// Where the credentials of a role are fetched, and whose credentials sign that.
    sts: RequestContext,
    /// The credentials beneath a role, or just those that sign.
    base: MaskedProvider,
    role: Option<String>,
    held: Mutex<CachedCredentials>,
    /// Locked by the task that fetches: the others wait for its result.
    fetching: tokio::sync::Mutex<()>,
}

/// What has come of fetching credentials by now.
#[derive(Debug, Default)]
struct CachedCredentials {
    credentials: Option<SdkCredentials>,
    /// When they expire, and when to renew them, as the time since the epoch; never, where there is none.
    expire_at: Option<Duration>,
    renew_at: Option<Duration>,
    /// Until when what went wrong holds for all.
    failed: Option<(Instant, CredentialsUnavailable)>,
}

impl Session {
    /// The session of `config` in this `environment`, with what all clients are to share. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Where the environment names credentials that are not there.
    pub(super) async fn open(
        config: &Config,
        environment: &impl Fn(&str) -> Option<String>,
        loader: ConfigLoader,
        mask: &Mask,
    ) -> Result<(Self, SdkConfig), Failure> {
        let home = config.regions.first().cloned().unwrap_or_default();
        let loader = loader.region(Region::new(home.clone())).identity_cache(IdentityCache::no_cache());
        let (identity, loader, signer) = match &config.credentials {
            Credentials::Ambient => {
                let identity = Identity::of_machine(environment).await?;
                let loader = identity.load(loader);
                (identity, loader, Signer::Machine { are_renewed: false })
            }
            Credentials::Key(key) => {
                let token = key.session_token.as_ref().map(|token| token.expose().to_owned());
                let key = SdkCredentials::new(key.id.expose(), key.secret.expose(), token, None, "config");
                (Identity::Key, loader.credentials_provider(key), Signer::Key)
            }
        };
        let shared = loader.load().await;
        let base = MaskedProvider::new(identity.provider(&shared), &identity, mask);
        let provider = match &config.role {
            None => base.clone(),
            Some(role) => {
                let mut builder = AssumeRoleProvider::builder(&role.arn).session_name(SESSION_NAME).configure(&shared);
                if let Some(id) = &role.external_id {
                    builder = builder.external_id(id);
                }
                let role = builder.build_from_provider(base.clone()).await;
                MaskedProvider::new(Some(SharedCredentialsProvider::new(role)), &identity, mask)
            }
        };
        let endpoint_url = config.sts_endpoint_url.clone();
        let session = Self(Arc::new(Shared {
            provider,
            sts: RequestContext { service: Service::Sts, region: home, endpoint_url, signer },
            base,
            role: config.role.as_ref().map(|role| role.arn.clone()),
            held: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }));
        let provider = SharedCredentialsProvider::new(session.clone());
        Ok((session, shared.into_builder().credentials_provider(provider).build()))
    }

    /// Fetches the credentials, if there are none yet.
    ///
    /// # Errors
    ///
    /// What it was.
    pub(super) async fn fetch(&self) -> Result<(), CredentialsUnavailable> {
        self.credentials().await.map(|_| ())
    }

    /// Whose credentials sign, as far as is known by now.
    pub(super) fn signer(&self) -> Signer {
        match (&self.0.role, &self.0.sts.signer) {
            (Some(arn), _) => Signer::Role(arn.clone()),
            (None, Signer::Machine { .. }) => Signer::Machine { are_renewed: self.0.provider.expire() },
            (None, signer) => signer.clone(),
        }
    }

    /// Where the credentials come from, those beneath a role, as far as is known by now.
    pub(super) fn source(&self) -> Option<&str> {
        self.0.base.source()
    }

    /// Why the credentials could not be had, if that is what `error` comes of.
    pub(super) fn lost<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsUnavailable> {
        chain(error).find_map(|error| error.downcast_ref())
    }

    fn held(&self) -> MutexGuard<'_, CachedCredentials> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Credentials that are good now. They are renewed in the background while those at hand still are.
    async fn credentials(&self) -> Result<SdkCredentials, CredentialsUnavailable> {
        let (good, is_due) = self.held().good(now());
        match good {
            Some(credentials) => {
                if is_due && self.0.fetching.try_lock().is_ok() {
                    let session = self.clone();
                    tokio::spawn(async move { session.renew().await });
                }
                Ok(credentials)
            }
            None => self.renew().await,
        }
    }

    /// Fetches credentials, or waits for whoever does.
    async fn renew(&self) -> Result<SdkCredentials, CredentialsUnavailable> {
        let _turn = self.0.fetching.lock().await;
        let (good, is_due) = self.held().good(now());
        let failed = self.held().failed.clone().filter(|(until, _)| Instant::now() < *until);
        match (good, failed) {
            (Some(credentials), _) if !is_due => return Ok(credentials),
            (_, Some((_, lost))) => return Err(lost),
            _ => {}
        }
        let began = Instant::now();
        let fetched = match timeout(FETCH_TIMEOUT, self.0.provider.provide_credentials()).await {
            Ok(fetched) => fetched,
            Err(_) => Err(CredentialsError::provider_timed_out(FETCH_TIMEOUT)),
        };
        match fetched {
            Ok(credentials) => {
                *self.held() = CachedCredentials::new(credentials.clone(), now());
                Ok(credentials)
            }
            Err(error) => {
                let mut sts = self.0.sts.clone();
                if let Signer::Machine { are_renewed } = &mut sts.signer {
                    *are_renewed = self.0.base.expire();
                }
                let lost = CredentialsUnavailable::of(&error, sts, self.0.role.is_some());
                let pause = PAUSE.max(began.elapsed() / 2);
                self.held().failed = Some((Instant::now() + pause, lost.clone()));
                Err(lost)
            }
        }
    }
}

impl CachedCredentials {
    fn new(credentials: SdkCredentials, now: Duration) -> Self {
        let expire_at = credentials.expiry().map(|expiry| expiry.duration_since(UNIX_EPOCH).unwrap_or_default());
        let margin = |expire_at: Duration| MARGIN.min(expire_at.saturating_sub(now) / 2);
        let renew_at = expire_at.map(|expire_at| expire_at.saturating_sub(margin(expire_at)));
        Self { credentials: Some(credentials), expire_at, renew_at, failed: None }
    }

    /// The credentials, if they are good at `now`, and whether they are to be renewed.
    fn good(&self, now: Duration) -> (Option<SdkCredentials>, bool) {
        let is_good = self.expire_at.is_none_or(|expire_at| now < expire_at);
        let is_due = self.renew_at.is_some_and(|renew_at| renew_at <= now);
        (self.credentials.clone().filter(|_| is_good), is_due)
    }
}

/// The time since the epoch.
fn now() -> Duration {
    Duration::from_millis(clock::epoch_millis().unsigned_abs())
}

impl ProvideCredentials for Session {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.credentials().await.map_err(CredentialsError::provider_error) })
    }
}

#[cfg(test)]
mod tests;

//! The credentials that sign the requests: the config's access key or what the default credentials chain finds, and the
//! roles that they assume.
//!
//! The SDK fetches credentials. Here they are cached, and renewed in the background well before they expire: a request that
//! the pacer has allowed must not wait for them, because requests that wait would be sent together. An error is found once,
//! for all requests that wait.

use super::{errors::CredentialsUnavailable, identity::Identity, masked_provider::MaskedProvider, sts_rate::StsRate};
use crate::{
    clock,
    cloudtrail::lookup_error::{
        context::{CredentialsSource, RequestContext, Service},
        error::Remedy,
    },
    config::{credentials::Credentials, resolved_config::Config},
    failure::Failure,
    secrets::Mask,
};
use aws_config::{ConfigLoader, Region, SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider};
use aws_credential_types::{
    Credentials as SdkCredentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_cloudtrail::config::SharedHttpClient;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, UNIX_EPOCH},
};
use tokio::time::{Instant, timeout};

/// The name of this connector in the events of the role. Source: AssumeRole, `RoleSessionName`.
const SESSION_NAME: &str = "source-aws-cloudtrail";
/// How long before their expiration credentials are renewed, at most: as far as AWS allows a clock to be off.
const RENEWAL_MARGIN: Duration = Duration::from_mins(5);
/// How long it may take to fetch credentials: `check` must report within 10 s that there are none.
const FETCH_TIMEOUT: Duration = Duration::from_secs(7);
/// The same for one of many roles: the SDK retries while AWS STS throttles.
const MEMBER_FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an error is cached, at least; one that took long is cached for half of that time.
const ERROR_CACHED: Duration = Duration::from_secs(1);
/// How long an error is cached that a retry can't help, such as that of a role which does not exist: all Regions of the
/// role's account ask for the same credentials.
const FINAL_ERROR_CACHED: Duration = Duration::from_hours(1);

/// The credentials that sign, shared by all clients.
#[derive(Clone, Debug)]
pub(crate) struct Session(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The credentials that sign requests to CloudTrail.
    provider: MaskedProvider,
    /// The credentials that assume the role; without a role, the same.
    base: MaskedProvider,
    /// The ARN of the role.
    role: Option<String>,
    /// The request that assumes the role.
    sts: RequestContext,
    /// How often AWS STS may be asked, if there are many such sessions.
    rate: Option<StsRate>,
    cache: Mutex<CachedCredentials>,
    /// Locked by the task that fetches; the others wait for its result.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct CachedCredentials {
    credentials: Option<SdkCredentials>,
    /// When they expire and when to renew them, as the time since the epoch; none if they don't expire.
    expire_at: Option<Duration>,
    renew_at: Option<Duration>,
    /// The last error, and until when it stands.
    error: Option<(Instant, CredentialsUnavailable)>,
}

impl Session {
    /// The session of `config` in this `environment`, and the settings that all clients share. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The credentials that the environment selects don't exist, or are incomplete.
    pub(super) async fn open(
        config: &Config,
        environment: &impl Fn(&str) -> Option<String>,
        loader: ConfigLoader,
        pool: SharedHttpClient,
        mask: &Mask,
    ) -> Result<(Self, SdkConfig), Failure> {
        let region = config.regions[0].clone();
        let loader = loader.region(Region::new(region.clone())).identity_cache(IdentityCache::no_cache());
        let (identity, loader, credentials) = match &config.credentials {
            Credentials::Ambient => {
                let identity = Identity::of_machine(environment).await?;
                let loader = identity.load(loader);
                (identity, loader, CredentialsSource::Machine { are_renewed: false })
            }
            Credentials::Key(key) => {
                let token = key.session_token.as_ref().map(|token| token.expose().to_owned());
                let key = SdkCredentials::new(key.id.expose(), key.secret.expose(), token, None, "config");
                (Identity::Key, loader.credentials_provider(key), CredentialsSource::Config)
            }
        };
        let shared = loader.load().await;
        let base = MaskedProvider::new(identity.provider(&shared)?, &identity, mask);
        let shared = shared.into_builder().http_client(pool).build();
        let provider = match &config.role {
            None => base.clone(),
            Some(role) => {
                let external_id = role.external_id.as_deref();
                base.of_the_same_identity(assume(&role.arn, external_id, base.clone(), &shared).await)
            }
        };
        let endpoint_url = config.sts_endpoint_url.clone();
        let session = Self(Arc::new(Shared {
            provider,
            base,
            role: config.role.as_ref().map(|role| role.arn.clone()),
            sts: RequestContext { service: Service::Sts, region, endpoint_url, credentials },
            rate: None,
            cache: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }));
        let provider = SharedCredentialsProvider::new(session.clone());
        Ok((session, shared.into_builder().credentials_provider(provider).build()))
    }

    /// The session of the role with this `arn`, which the credentials of this session assume. AWS STS is asked for its
    /// credentials when they are used, at `rate`.
    pub(super) async fn assume(&self, arn: &str, external_id: Option<&str>, shared: &SdkConfig, rate: StsRate) -> Self {
        let base = self.0.base.clone();
        Self(Arc::new(Shared {
            provider: base.of_the_same_identity(assume(arn, external_id, self.clone(), shared).await),
            base,
            role: Some(arn.to_owned()),
            sts: RequestContext { credentials: self.credentials_source(), ..self.0.sts.clone() },
            rate: Some(rate),
            cache: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }))
    }

    /// Fetches the credentials, if there are none yet.
    pub(super) async fn fetch(&self) -> Result<(), CredentialsUnavailable> {
        self.credentials().await.map(|_| ())
    }

    /// Where the credentials that sign requests to CloudTrail come from.
    pub(super) fn credentials_source(&self) -> CredentialsSource {
        match &self.0.role {
            Some(arn) => CredentialsSource::Role(arn.clone()),
            None => self.0.base_source(),
        }
    }

    /// Where the credentials come from, or those that assume the role, in the user's words; none until they are fetched.
    pub(super) fn source_name(&self) -> Option<&str> {
        self.0.base.source()
    }

    fn cache(&self) -> MutexGuard<'_, CachedCredentials> {
        self.0.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Credentials that are valid now. They are renewed in the background as soon as that is due.
    async fn credentials(&self) -> Result<SdkCredentials, CredentialsUnavailable> {
        let (valid, is_due) = self.cache().valid(now());
        match valid {
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

    /// Fetches credentials, or waits for the task that does.
    async fn renew(&self) -> Result<SdkCredentials, CredentialsUnavailable> {
        let _turn = self.0.fetching.lock().await;
        let (valid, is_due) = self.cache().valid(now());
        let error = self.cache().error.clone().filter(|(until, _)| Instant::now() < *until);
        match (valid, error) {
            (Some(credentials), _) if !is_due => return Ok(credentials),
            (_, Some((_, unavailable))) => return Err(unavailable),
            _ => {}
        }
        if let Some(rate) = &self.0.rate {
            rate.next_turn().await;
        }
        let (began, limit) = (Instant::now(), self.0.rate.as_ref().map_or(FETCH_TIMEOUT, |_| MEMBER_FETCH_TIMEOUT));
        let fetched = match timeout(limit, self.0.provider.provide_credentials()).await {
            Ok(fetched) => fetched,
            Err(_) => Err(CredentialsError::provider_timed_out(limit)),
        };
        match fetched {
            Ok(credentials) => {
                *self.cache() = CachedCredentials::new(credentials.clone(), now());
                Ok(credentials)
            }
            Err(error) => {
                let sts = RequestContext { credentials: self.0.base_source(), ..self.0.sts.clone() };
                let unavailable = CredentialsUnavailable::new(error, sts, self.0.role.is_some());
                let cached = match unavailable.lookup_error().remedy(true) {
                    // A renewal that fails is tried again while the credentials are still valid.
                    Remedy::Stop if self.cache().credentials.is_none() => FINAL_ERROR_CACHED,
                    _ => ERROR_CACHED.max(began.elapsed() / 2),
                };
                self.cache().error = Some((Instant::now() + cached, unavailable.clone()));
                Err(unavailable)
            }
        }
    }
}

impl Shared {
    /// Where the credentials come from that assume the role, or that sign if there is no role.
    fn base_source(&self) -> CredentialsSource {
        match &self.sts.credentials {
            CredentialsSource::Machine { .. } => CredentialsSource::Machine { are_renewed: self.base.expire() },
            source => source.clone(),
        }
    }
}

impl CachedCredentials {
    fn new(credentials: SdkCredentials, now: Duration) -> Self {
        // A time before the epoch has passed, too.
        let expire_at = credentials.expiry().map(|expiry| expiry.duration_since(UNIX_EPOCH).unwrap_or_default());
        let margin = |expire_at: Duration| RENEWAL_MARGIN.min(expire_at.saturating_sub(now) / 2);
        let renew_at = expire_at.map(|expire_at| expire_at.saturating_sub(margin(expire_at)));
        Self { credentials: Some(credentials), expire_at, renew_at, error: None }
    }

    /// The credentials, if they are valid at `now`, and whether their renewal is due.
    fn valid(&self, now: Duration) -> (Option<SdkCredentials>, bool) {
        let is_valid = self.expire_at.is_none_or(|expire_at| now < expire_at);
        let is_due = self.renew_at.is_some_and(|renew_at| renew_at <= now);
        (self.credentials.clone().filter(|_| is_valid), is_due)
    }
}

/// The provider of the credentials of the role with this `arn`, which those of `base` assume.
async fn assume(
    arn: &str,
    external_id: Option<&str>,
    base: impl ProvideCredentials + 'static,
    shared: &SdkConfig,
) -> SharedCredentialsProvider {
    let mut builder = AssumeRoleProvider::builder(arn).session_name(SESSION_NAME).configure(shared);
    if let Some(id) = external_id {
        builder = builder.external_id(id);
    }
    SharedCredentialsProvider::new(builder.build_from_provider(base).await)
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

//! A session with a provider that counts how often it is asked for credentials.

use super::*;
use crate::cloudtrail::lookup_error::error::Remedy;
use futures_util::future::join_all;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::{sync::Semaphore, task::yield_now};

/// Provides numbered credentials, or none, each time that it is allowed to.
#[derive(Debug)]
struct Source {
    asked: AtomicUsize,
    allowed: Semaphore,
    has_any: bool,
}

impl ProvideCredentials for &'static Source {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let number = self.asked.fetch_add(1, Relaxed);
            self.allowed.acquire().await.unwrap().forget();
            if !self.has_any {
                return Err(CredentialsError::not_loaded_no_source());
            }
            let expiry = UNIX_EPOCH + now() + Duration::from_hours(1);
            Ok(SdkCredentials::new(format!("{number}"), "secret", None, Some(expiry), "test"))
        })
    }
}

fn source(has_any: bool) -> &'static Source {
    Box::leak(Box::new(Source { asked: AtomicUsize::new(0), allowed: Semaphore::new(1), has_any }))
}

fn session(source: &'static Source) -> Session {
    let provider = SharedCredentialsProvider::new(source);
    let provider = MaskedProvider::new(provider, &Identity::Chain(None), &Mask::default());
    let credentials = CredentialsSource::Machine { are_renewed: false };
    Session(Arc::new(Shared {
        provider: provider.clone(),
        base: provider,
        role: None,
        sts: RequestContext { service: Service::Sts, region: "us-east-1".to_owned(), endpoint_url: None, credentials },
        rate: None,
        cache: Mutex::default(),
        fetching: tokio::sync::Mutex::default(),
    }))
}

async fn key(session: &Session) -> String {
    session.credentials().await.unwrap().access_key_id().to_owned()
}

#[tokio::test]
async fn no_request_waits_for_a_renewal_while_the_credentials_are_valid() {
    let source = source(true);
    let session = session(source);
    assert_eq!(key(&session).await, "0");
    session.cache().renew_at = Some(now());
    for _ in 0..20 {
        assert_eq!(key(&session).await, "0");
        yield_now().await;
    }
    assert_eq!(source.asked.load(Relaxed), 2, "one renewal at a time");
    source.allowed.add_permits(1);
    while key(&session).await == "0" {
        yield_now().await;
    }
    assert_eq!((key(&session).await.as_str(), source.asked.load(Relaxed)), ("1", 2));
}

#[tokio::test]
async fn requests_wait_for_a_renewal_once_the_credentials_have_expired() {
    let source = source(true);
    let session = session(source);
    assert_eq!(key(&session).await, "0");
    let expired = SdkCredentials::new("0", "secret", None, Some(UNIX_EPOCH + now()), "test");
    *session.cache() = CachedCredentials::new(expired, now());
    source.allowed.add_permits(1);
    assert_eq!(join_all((0..20).map(|_| key(&session))).await, ["1"; 20]);
}

#[tokio::test]
async fn all_requests_that_wait_share_one_error() {
    let source = source(false);
    let session = session(source);
    let all = join_all((0..20).map(|_| session.fetch())).await;
    assert!(all.into_iter().all(|ended| ended.unwrap_err().lookup_error().remedy(false) == Remedy::Stop));
    assert_eq!(source.asked.load(Relaxed), 1);
}

/// So that `check`, which retries for some seconds, does not wait for the same timeout again.
#[tokio::test(start_paused = true)]
async fn a_timeout_is_not_retried_at_once() {
    let source = source(true);
    source.allowed.forget_permits(1);
    let session = session(source);
    for (wait, asked) in [(0, 1), (3, 1), (2, 2)] {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        assert!(session.fetch().await.is_err());
        assert_eq!(source.asked.load(Relaxed), asked);
    }
}

#[test]
fn credentials_are_renewed_halfway_but_at_most_five_minutes_before_they_expire() {
    for (left, margin) in [(4, 2), (600, 300), (3_600, 300)] {
        let (now, left) = (now(), Duration::from_secs(left));
        let cached = CachedCredentials::new(
            SdkCredentials::new("0", "secret", None, Some(UNIX_EPOCH + now + left), "test"),
            now,
        );
        assert_eq!(cached.renew_at, Some((now + left).saturating_sub(Duration::from_secs(margin))));
    }
    let cached = CachedCredentials::new(SdkCredentials::new("0", "secret", None, None, "test"), now());
    assert_eq!(cached.renew_at, None);
}

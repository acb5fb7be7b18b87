//! The one pool of connections of all clients. By default, each client of the SDK has a pool of its own, and there is a client
//! for each Region of each account.

use super::proxies;
use aws_sdk_cloudtrail::config::SharedHttpClient;
use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector, http_client_fn};
use std::time::Duration;

/// How long a connection may take: `check` must report within 10 s that there is none.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// How long an answer may take. The slowest seen took 35 s.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(75);
/// How many idle connections each host keeps. With those of 34 Regions and the requests in flight, there are fewer than
/// 1,024 connections, which is how many files a process may have open on most systems.
const MAX_IDLE_PER_HOST: usize = 16;
/// How long an idle connection is kept, which is longer than the pacer waits between requests.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// A client that uses one pool, through the proxies that `environment` names.
pub(super) fn pool(environment: &impl Fn(&str) -> Option<String>) -> SharedHttpClient {
    let proxies = if proxies::is_bypassed(environment) { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
    let timeouts = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT);
    let connector = Connector::builder()
        .connector_settings(timeouts.build())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
        .proxy_config(proxies)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

//! What all requests of a command share: the settings, the connections, and the credentials of the config.
//!
//! The SDK's retries are off for CloudTrail, because they make requests that no pacer sees. The requests that find out which
//! accounts and Regions there are, and those for the credentials of their roles, use them.

use super::{
    client::CloudTrail,
    connections::{self, CONNECT_TIMEOUT, READ_TIMEOUT},
    interceptors::LimitAnswer,
    proxies,
    session::Session,
    sts_rate::StsRate,
};
use crate::{
    airbyte::stream::Stream,
    cloudtrail::lookup_error::{
        context::{RequestContext, Service},
        error::{Evidence, Remedy},
    },
    config::{filter::Filter, resolved_config::Config},
    failure::Failure,
    input::environment,
    partition::Partition,
    secrets::Mask,
};
use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_cloudtrail::{
    config::SharedHttpClient,
    types::{EventCategory, LookupAttribute, LookupAttributeKey},
};
use std::time::Duration;

/// How long a page may take, from the first byte sent to the last byte received.
const PAGE_TIMEOUT: Duration = Duration::from_mins(2);
/// How long an answer may stall. It is the SDK's own limit.
const STALLED_AFTER: Duration = Duration::from_secs(5);
/// How often a request to a service without a pacer is sent, at most. The waits between four of them take at most 7 s:
/// `check` must report within 10 s that there is no network.
const MAX_ATTEMPTS: u32 = 4;

/// What all requests of a command share.
#[derive(Debug)]
pub(crate) struct Aws {
    shared: SdkConfig,
    /// The same, for the clients that retry.
    retrying: SdkConfig,
    session: Session,
    filter: Option<LookupAttribute>,
    /// The Region of AWS STS.
    region: String,
    /// The Region of AWS Organizations and AWS Account Management. With the clients' own one, the SDK would look for their
    /// dual-stack endpoints there.
    central_region: String,
    cloudtrail_url: Option<String>,
    organizations_url: Option<String>,
    account_url: Option<String>,
    sts_url: Option<String>,
    sts_rate: StsRate,
}

impl Aws {
    /// Fetches the credentials of `config`; those of its role, if it has one. `mask` learns them.
    ///
    /// # Errors
    ///
    /// There are no credentials, and a retry can't help; or the environment names credentials or a proxy that can't be
    /// used.
    pub(crate) async fn connect(config: &Config, mask: &Mask) -> Result<Self, Failure> {
        Self::through(connections::pool(&environment), config, mask).await
    }

    /// The same, with the connections of `pool`.
    pub(super) async fn through(pool: SharedHttpClient, config: &Config, mask: &Mask) -> Result<Self, Failure> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .operation_timeout(PAGE_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .retry_config(RetryConfig::disabled())
            // The user has to set a wrong clock: the answer that would correct it may not be from AWS.
            .disable_clock_skew_correction(true)
            .stalled_stream_protection(
                // A request has a few hundred bytes. To see whether they move, the SDK would wake up ten times a second for
                // each request until its answer arrives; `READ_TIMEOUT` ends it if they don't.
                StalledStreamProtectionConfig::enabled().upload_enabled(false).grace_period(STALLED_AFTER).build(),
            )
            .timeout_config(timeouts);
        if let Some(client) = proxies::client(&environment)? {
            loader = loader.http_client(client);
        }
        let (session, shared) = Session::open(config, &environment, loader, pool, mask).await?;
        if let Err(unavailable) = session.fetch().await {
            let error = unavailable.lookup_error();
            if error.remedy(false) == Remedy::Stop {
                return Err(error.into_failure(Evidence::default()));
            }
        }
        let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
        Ok(Self {
            retrying: shared.to_builder().retry_config(retries).build(),
            shared,
            session,
            filter: config.filter.as_ref().map(lookup_attribute).transpose()?,
            region: config.regions[0].clone(),
            central_region: config.central_region().to_owned(),
            cloudtrail_url: config.endpoint_url.clone(),
            organizations_url: config.organizations_endpoint_url.clone(),
            account_url: config.account_endpoint_url.clone(),
            sts_url: config.sts_endpoint_url.clone(),
            sts_rate: StsRate::default(),
        })
    }

    /// Where the credentials of the config come from, such as "profile prod"; none until they are fetched.
    #[must_use]
    pub(crate) fn credentials_source_name(&self) -> Option<&str> {
        self.session.source_name()
    }

    /// The credentials of the config; those of its role, if it has one.
    #[must_use]
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The credentials of the role with this `arn`, which those of the config assume. They are fetched when they are used.
    pub(crate) async fn assume(&self, arn: &str, external_id: Option<&str>) -> Session {
        self.session.assume(arn, external_id, &self.retrying, self.sts_rate.clone()).await
    }

    /// CloudTrail in the Region of `partition`, for the events of `stream`, with the credentials of `session`.
    #[must_use]
    pub(crate) fn cloudtrail(&self, session: &Session, partition: &Partition, stream: Stream) -> CloudTrail {
        let mut builder = aws_sdk_cloudtrail::config::Builder::from(&self.shared)
            .region(Region::new(partition.region.clone()))
            .credentials_provider(session.clone())
            .interceptor(LimitAnswer);
        // Even if there is none: an endpoint in a profile is not part of this connector's configuration.
        builder.set_endpoint_url(self.cloudtrail_url.clone());
        CloudTrail {
            client: aws_sdk_cloudtrail::Client::from_conf(builder.build()),
            partition: partition.clone(),
            category: category(stream),
            filter: self.filter.clone(),
            endpoint_url: self.cloudtrail_url.clone(),
            session: session.clone(),
        }
    }

    /// AWS Organizations, with the credentials of the config.
    pub(super) fn organizations(&self) -> aws_sdk_organizations::Client {
        let mut builder = aws_sdk_organizations::config::Builder::from(&self.retrying)
            .region(Region::new(self.central_region.clone()));
        builder.set_endpoint_url(self.organizations_url.clone());
        aws_sdk_organizations::Client::from_conf(builder.build())
    }

    /// AWS Account Management, with the credentials of `session`.
    pub(super) fn account_management(&self, session: &Session) -> aws_sdk_account::Client {
        let mut builder = aws_sdk_account::config::Builder::from(&self.retrying)
            .region(Region::new(self.central_region.clone()))
            .credentials_provider(session.clone());
        builder.set_endpoint_url(self.account_url.clone());
        aws_sdk_account::Client::from_conf(builder.build())
    }

    /// AWS STS, with the credentials of the config.
    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        let mut builder = aws_sdk_sts::config::Builder::from(&self.retrying);
        builder.set_endpoint_url(self.sts_url.clone());
        aws_sdk_sts::Client::from_conf(builder.build())
    }

    /// The context of a request to `service`, which is not CloudTrail, with the credentials of `session`.
    pub(super) fn context(&self, service: Service, session: &Session) -> RequestContext {
        let (region, endpoint_url) = match service {
            Service::CloudTrail => (&self.region, &self.cloudtrail_url),
            Service::Organizations => (&self.central_region, &self.organizations_url),
            Service::AccountManagement => (&self.central_region, &self.account_url),
            Service::Sts => (&self.region, &self.sts_url),
        };
        RequestContext {
            service,
            region: region.clone(),
            endpoint_url: endpoint_url.clone(),
            credentials: session.credentials_source(),
        }
    }
}

/// Without a category, LookupEvents returns management events.
fn category(stream: Stream) -> Option<EventCategory> {
    match stream {
        Stream::ManagementEvents => None,
        Stream::InsightEvents => Some(EventCategory::Insight),
    }
}

fn lookup_attribute(filter: &Filter) -> Result<LookupAttribute, Failure> {
    let key = LookupAttributeKey::from(filter.key.as_str());
    LookupAttribute::builder().attribute_key(key).attribute_value(&filter.value).build().map_err(|error| {
        Failure::system("The AWS SDK rejected lookup_attributes_filter. Report this error.").with_source(error)
    })
}

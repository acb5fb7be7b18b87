//! A client of CloudTrail for each Region.
//!
//! The SDK's retries are off, because they make requests that no pacer sees. Its paginator isn't used, because it takes a
//! repeated token for the end of the data.

use super::{
    errors::{self, CredentialsUnavailable},
    interceptors::{DateOfAnswer, LimitAnswer},
    proxies, retry_after,
    session::Session,
};
use crate::{
    airbyte::stream::Stream,
    clock,
    cloudtrail::{
        lookup::{Event, LookupEvents, Page, Query, Resource},
        lookup_error::{
            context::{RequestContext, Service},
            error::{Evidence, LookupError, Remedy},
            kind::NoAnswer,
        },
    },
    config::{filter::Filter, resolved_config::Config},
    failure::Failure,
    input::environment,
    secrets::Mask,
};
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_cloudtrail::{
    Client,
    config::http::HttpResponse,
    error::SdkError,
    operation::{
        RequestId,
        lookup_events::{LookupEventsError, LookupEventsOutput},
    },
    primitives::DateTime as SdkTime,
    types::{Event as SdkEvent, EventCategory, LookupAttribute, LookupAttributeKey, Resource as SdkResource},
};
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer may take. The slowest seen took 35 s.
const READ_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a page may take, from the first byte sent to the last byte received.
const PAGE_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a connection may take: `check` must report within 10 s that there is none.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// CloudTrail in one Region.
#[derive(Clone, Debug)]
pub(crate) struct CloudTrail {
    client: Client,
    region: String,
    category: Option<EventCategory>,
    endpoint_url: Option<String>,
    session: Session,
    filter: Option<LookupAttribute>,
}

impl CloudTrail {
    /// CloudTrail in each Region of `config`, in its order. The credentials are fetched now, and `mask` learns them.
    ///
    /// # Errors
    ///
    /// There are no credentials, and a retry can't help; or the environment names credentials or a proxy that can't be
    /// used.
    pub(crate) async fn connect(config: &Config, mask: &Mask) -> Result<Vec<Self>, Failure> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .operation_timeout(PAGE_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .retry_config(RetryConfig::disabled())
            // The user has to set a wrong clock: the answer that would correct it may not be from AWS.
            .disable_clock_skew_correction(true)
            .timeout_config(timeouts);
        if let Some(client) = proxies::client(&environment)? {
            loader = loader.http_client(client);
        }
        let (session, shared) = Session::open(config, &environment, loader, mask).await?;
        if let Err(unavailable) = session.fetch().await {
            let error = unavailable.lookup_error();
            if error.remedy(false) == Remedy::Stop {
                return Err(error.into_failure(Evidence::default()));
            }
        }
        let filter = config.filter.as_ref().map(lookup_attribute).transpose()?;
        let connect = |region: &String| {
            let mut builder = aws_sdk_cloudtrail::config::Builder::from(&shared)
                .region(Region::new(region.clone()))
                .interceptor(LimitAnswer);
            // Even if there is none: an endpoint in a profile is not part of this connector's configuration.
            builder.set_endpoint_url(config.endpoint_url.clone());
            Self {
                client: Client::from_conf(builder.build()),
                region: region.clone(),
                category: None,
                endpoint_url: config.endpoint_url.clone(),
                session: session.clone(),
                filter: filter.clone(),
            }
        };
        Ok(config.regions.iter().map(connect).collect())
    }
}

fn lookup_attribute(filter: &Filter) -> Result<LookupAttribute, Failure> {
    let key = LookupAttributeKey::from(filter.key.as_str());
    LookupAttribute::builder().attribute_key(key).attribute_value(&filter.value).build().map_err(|error| {
        Failure::system("The AWS SDK rejected lookup_attributes_filter. Report this error.").with_source(error)
    })
}

impl LookupEvents for CloudTrail {
    fn region(&self) -> &str {
        &self.region
    }

    async fn lookup(&self, query: Query) -> Result<Page, LookupError> {
        let date = DateOfAnswer::default();
        let sent = Instant::now();
        let answer = self
            .client
            .lookup_events()
            .set_event_category(self.category.clone())
            .set_lookup_attributes(self.filter.clone().map(|filter| vec![filter]))
            .set_start_time(query.seconds.map(|seconds| SdkTime::from_secs(seconds.first())))
            .set_end_time(query.seconds.map(|seconds| SdkTime::from_secs(seconds.last())))
            .set_next_token(query.token)
            .max_results(query.page_size)
            .customize()
            .interceptor(date.clone())
            .send()
            .await;
        match answer {
            Ok(output) => self.page(output, date.when_asked(sent.elapsed())),
            Err(error) => Err(self.lookup_error(error)),
        }
    }
}

impl CloudTrail {
    /// The same, for the events of `stream`. Without a category, LookupEvents returns management events.
    #[must_use]
    pub(crate) fn reading(&self, stream: Stream) -> Self {
        let category = match stream {
            Stream::ManagementEvents => None,
            Stream::InsightEvents => Some(EventCategory::Insight),
        };
        Self { category, ..self.clone() }
    }

    /// Where the credentials come from, such as "profile prod", or those that assume a role; none until they are fetched.
    #[must_use]
    pub(crate) fn credentials_source_name(&self) -> Option<&str> {
        self.session.source_name()
    }

    /// The page in `output`. A body with neither `Events` nor a token, such as an empty one, is not a page: CloudTrail
    /// sends `[]` if there are no events, and events would be lost if it were taken for the last page.
    fn page(&self, output: LookupEventsOutput, asked_at: Option<i64>) -> Result<Page, LookupError> {
        let next_token = output.next_token.as_ref().filter(|token| !token.is_empty()).cloned();
        if output.events.is_none() && next_token.is_none() {
            let id = output.request_id().unwrap_or("unknown");
            let source = anyhow::anyhow!("no Events in the body, request ID {id}");
            return Err(LookupError::new(NoAnswer::Garbled, self.context()).with_source(source));
        }
        Ok(Page { events: output.events.into_iter().flatten().map(event).collect(), next_token, asked_at })
    }

    fn context(&self) -> RequestContext {
        RequestContext {
            service: Service::CloudTrail,
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            credentials: self.session.credentials_source(),
        }
    }

    fn lookup_error(&self, error: SdkError<LookupEventsError>) -> LookupError {
        if let Some(unavailable) = CredentialsUnavailable::find(&error) {
            return unavailable.lookup_error();
        }
        let context = self.context();
        let kind = errors::kind(&error, &context);
        // Not the body, which may be from anyone and contain anything.
        let status = error.raw_response().map(|response| response.status().as_u16());
        let retry_after = error.raw_response().and_then(retry_after);
        let id = error.request_id().unwrap_or("unknown").to_owned();
        let source = anyhow::Error::new(error);
        let source = match status {
            Some(status) => source.context(format!("HTTP status {status}, request ID {id}")),
            None => source,
        };
        LookupError::new(kind, context).with_source(source).with_retry_after(retry_after)
    }
}

/// How long the answer asks to wait, if it has a status that makes it a reason to.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    if !matches!(response.status().as_u16(), 429 | 503) {
        return None;
    }
    let header = |name| response.headers().get(name);
    retry_after::wait(header("retry-after")?, header("date"), clock::epoch_seconds())
}

fn event(event: SdkEvent) -> Event {
    let resource = |resource: SdkResource| Resource {
        resource_name: resource.resource_name,
        resource_type: resource.resource_type,
    };
    Event {
        access_key_id: event.access_key_id,
        cloud_trail_event: event.cloud_trail_event,
        event_id: event.event_id,
        event_name: event.event_name,
        event_source: event.event_source,
        event_time: event.event_time.map(|time| time.secs()),
        read_only: event.read_only,
        resources: event.resources.map(|resources| resources.into_iter().map(resource).collect()),
        username: event.username,
    }
}

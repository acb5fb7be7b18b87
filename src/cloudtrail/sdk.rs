//! CloudTrail by the AWS SDK: the only module that names it.
//!
//! Retries of the SDK are off, because they make requests that no pacer sees; so is its paginator, which takes a
//! repeated token for the end of the data.

use super::{
    Event, LookupEvents, Page, Query, Refusal, Resource,
    refusal::{Place, Seen},
};
use crate::{clock, config::Config};
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_cloudtrail::{
    Client,
    config::{
        ConfigBag, Credentials, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::{BoxError, DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::{
        RequestId,
        lookup_events::{LookupEventsError, LookupEventsOutput},
    },
    primitives::DateTime as SdkTime,
    types::{Event as SdkEvent, LookupAttribute, LookupAttributeKey},
};
use chrono::DateTime;
use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How long an answer may take: the slowest seen took 35 s.
const READ_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a whole page may take, from the first byte sent to the last one received.
const PAGE_TIMEOUT: Duration = Duration::from_mins(2);
/// How long it may take until there is a connection; `check` promises an answer within 10 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// CloudTrail in one Region.
#[derive(Debug)]
pub struct CloudTrail {
    client: Client,
    place: Place,
    filter: Option<LookupAttribute>,
}

impl CloudTrail {
    /// The CloudTrail that `config` names. Nothing is sent yet.
    pub async fn connect(config: &Config) -> Self {
        let credentials = &config.credentials;
        let session_token = credentials.session_token.as_ref().map(|token| token.expose().to_owned());
        let key = Credentials::new(
            credentials.key_id.expose(),
            credentials.secret_key.expose(),
            session_token,
            None,
            "config",
        );
        let shared = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(config.region.clone()))
            .credentials_provider(key)
            .load()
            .await;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .operation_timeout(PAGE_TIMEOUT)
            .build();
        let mut builder = aws_sdk_cloudtrail::config::Builder::from(&shared)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        if let Some(url) = &config.endpoint_url {
            builder = builder.endpoint_url(url);
        }
        let filter = config.filter.as_ref().and_then(|filter| {
            let key = LookupAttributeKey::from(filter.key.as_str());
            LookupAttribute::builder().attribute_key(key).attribute_value(&filter.value).build().ok()
        });
        let named = ["AWS_ENDPOINT_URL_CLOUDTRAIL", "AWS_ENDPOINT_URL"].map(|name| std::env::var(name).ok());
        let endpoint_url = config.endpoint_url.clone().or_else(|| named.into_iter().flatten().next());
        let place = Place { region: config.region.clone(), endpoint_url };
        Self { client: Client::from_conf(builder.build()), place, filter }
    }
}

impl LookupEvents for CloudTrail {
    async fn lookup(&self, query: Query) -> Result<Page, Refusal> {
        let clock = ClockWatch::default();
        let sent = clock::epoch_seconds();
        let answer = self
            .client
            .lookup_events()
            .set_lookup_attributes(self.filter.clone().map(|filter| vec![filter]))
            .set_start_time(query.seconds.map(|seconds| SdkTime::from_secs(seconds.first())))
            .set_end_time(query.seconds.map(|seconds| SdkTime::from_secs(seconds.last())))
            .set_next_token(query.token)
            .max_results(query.page_size)
            .customize()
            .interceptor(clock.clone())
            .send()
            .await;
        match answer {
            Ok(output) => self.page(output, clock.ahead(sent)),
            Err(error) => Err(self.refusal(&error)),
        }
    }
}

impl CloudTrail {
    /// A page; a body without any `Events`, such as an empty one, is none: CloudTrail writes `[]` where it has none.
    fn page(&self, output: LookupEventsOutput, clock_ahead: i64) -> Result<Page, Refusal> {
        let internal = || format!("no Events in the body; request id {}", output.request_id().unwrap_or("unknown"));
        let garbled = || Refusal::classify(&Seen::Garbled, &self.place, internal());
        let events = output.events.as_ref().ok_or_else(garbled)?.len();
        let mut page = Page {
            events: Vec::with_capacity(events),
            next_token: output.next_token.filter(|token| !token.is_empty()),
            clock_ahead,
        };
        page.events.extend(output.events.into_iter().flatten().map(event));
        Ok(page)
    }

    fn refusal(&self, error: &SdkError<LookupEventsError>) -> Refusal {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let seen = match error {
            SdkError::ServiceError(_) if status < 300 => Seen::Garbled,
            SdkError::ServiceError(refused) => {
                let code = refused.err().code().map(str::to_owned);
                Seen::Answer { code, message: refused.err().message().unwrap_or_default().to_owned(), status }
            }
            SdkError::TimeoutError(_) => Seen::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Seen::TimedOut,
            SdkError::ResponseError(_) => Seen::Garbled,
            _ => Seen::Nothing(causes(error)),
        };
        let internal = match error.request_id() {
            Some(id) => format!("{}; request id {id}", DisplayErrorContext(error)),
            None => DisplayErrorContext(error).to_string(),
        };
        Refusal::classify(&seen, &self.place, internal)
    }
}

fn event(event: SdkEvent) -> Event {
    let resource = |resource: aws_sdk_cloudtrail::types::Resource| Resource {
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

/// What an error and all its causes say.
fn causes(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

/// Compares the local clock with the service's, by the `Date` of one answer.
#[derive(Clone, Debug, Default)]
struct ClockWatch(Arc<OnceLock<Dated>>);

/// When an answer was made, by the service's clock, and when it arrived, by the local one.
#[derive(Debug)]
struct Dated {
    served: i64,
    arrived: i64,
}

impl ClockWatch {
    /// How far the local clock is ahead, at the most, where it is so for certain: where the request was answered
    /// before it was `sent`. All in seconds.
    fn ahead(&self, sent: i64) -> i64 {
        self.0.get().filter(|dated| sent > dated.served).map_or(0, |dated| dated.arrived - dated.served)
    }
}

impl Intercept for ClockWatch {
    fn name(&self) -> &'static str {
        "ClockWatch"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(served) = context.response().headers().get("date").and_then(http_date) {
            self.0.get_or_init(|| Dated { served, arrived: clock::epoch_seconds() });
        }
        Ok(())
    }
}

fn http_date(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc2822(text).ok().map(|time| time.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_from_the_past_proves_that_the_clock_is_ahead() {
        for (sent, served, arrived, expected) in [(100, 100, 135, 0), (100, 104, 104, 0), (100, 70, 104, 34)] {
            let clock = ClockWatch::default();
            clock.0.set(Dated { served, arrived }).unwrap();
            assert_eq!(clock.ahead(sent), expected);
        }
        assert_eq!(ClockWatch::default().ahead(100), 0);
    }

    #[test]
    fn reads_the_date_of_an_answer() {
        assert_eq!(http_date("Sun, 22 Nov 2026 14:34:05 GMT"), Some(1_795_358_045));
    }
}

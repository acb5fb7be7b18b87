//! CloudTrail by the AWS SDK: this and what is in `sdk/` are the only modules that name it.
//!
//! Retries of the SDK are off, because they make requests that no pacer sees; so is its paginator, which takes a
//! repeated token for the end of the data.

mod identity;
mod interceptors;
mod masked_provider;
mod profiles;
mod proxies;
mod retry_after;
mod session;

use super::sdk::interceptors::{DateOfAnswer, LimitAnswer};
use super::sdk::session::Session;
use super::{
    lookup::{Event, LookupEvents, Page, Query, Resource},
    lookup_error::{LookupError, Remedy, RequestContext, Seen, Service},
};
use crate::{clock, config::resolved_config::Config, failure::Failure, secrets::Mask};
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_cloudtrail::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        RequestId,
        lookup_events::{LookupEventsError, LookupEventsOutput},
    },
    primitives::DateTime as SdkTime,
    types::{Event as SdkEvent, LookupAttribute, LookupAttributeKey},
};
use std::{env, error::Error, time::Duration};
use tokio::time::Instant;

/// How long an answer may take: the slowest seen took 35 s.
const READ_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a whole page may take, from the first byte sent to the last one received.
const PAGE_TIMEOUT: Duration = Duration::from_mins(2);
/// How long it may take until there is a connection: `check` is to tell within 10 s that there is none.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// CloudTrail in one Region.
#[derive(Debug)]
pub(crate) struct CloudTrail {
    client: Client,
    region: String,
    endpoint_url: Option<String>,
    session: Session,
    filter: Option<LookupAttribute>,
}

impl CloudTrail {
    /// CloudTrail in each of the Regions that `config` names, in its order, and the credentials for it, which are fetched
    /// now. `mask` learns the secrets in them.
    ///
    /// # Errors
    ///
    /// Where there are no credentials, or others than the environment names, and trying again can't help; where it names a
    /// proxy that is none.
    pub(crate) async fn connect(config: &Config, mask: &Mask) -> Result<Vec<Self>, Failure> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .operation_timeout(PAGE_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .retry_config(RetryConfig::disabled())
            // A clock that is wrong is for the user to set, not for answers of who knows whom to correct.
            .disable_clock_skew_correction(true)
            .timeout_config(timeouts);
        if let Some(client) = proxies::client(&environment)? {
            loader = loader.http_client(client);
        }
        let (session, shared) = Session::open(config, &environment, loader, mask).await?;
        if let Err(lost) = session.fetch().await {
            let refusal = LookupError::classify(&lost.seen, &lost.place, lost.said);
            if matches!(refusal.remedy, Remedy::Stop | Remedy::StopAtFirst) {
                return Err(refusal.failure);
            }
        }
        let filter = config.filter.as_ref().and_then(|filter| {
            let key = LookupAttributeKey::from(filter.key.as_str());
            LookupAttribute::builder().attribute_key(key).attribute_value(&filter.value).build().ok()
        });
        let connect = |region: &String| {
            let mut builder = aws_sdk_cloudtrail::config::Builder::from(&shared)
                .region(Region::new(region.clone()))
                .interceptor(LimitAnswer);
            // Also where there is none: what a profile says of endpoints is no part of this connector's configuration.
            builder.set_endpoint_url(config.endpoint_url.clone());
            Self {
                client: Client::from_conf(builder.build()),
                region: region.clone(),
                endpoint_url: config.endpoint_url.clone(),
                session: session.clone(),
                filter: filter.clone(),
            }
        };
        Ok(config.regions.iter().map(connect).collect())
    }
}

/// A variable of the environment. One that is not text is not taken for absent.
fn environment(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
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
            Err(error) => Err(self.refusal(&error)),
        }
    }
}

impl CloudTrail {
    /// Where the credentials come from, such as "profile prod"; those beneath a role. None until they are fetched.
    #[must_use]
    pub(crate) fn credentials_source(&self) -> Option<&str> {
        self.session.source()
    }

    /// A page; a body with neither `Events` nor a token, such as an empty one, is none: CloudTrail writes `[]` where it
    /// has no events, and to take it for the last page would lose some.
    fn page(&self, output: LookupEventsOutput, asked_at: Option<i64>) -> Result<Page, LookupError> {
        let internal = || format!("no Events in the body; request id {}", output.request_id().unwrap_or("unknown"));
        let next_token = output.next_token.as_ref().filter(|token| !token.is_empty()).cloned();
        if output.events.is_none() && next_token.is_none() {
            return Err(LookupError::classify(&Seen::Garbled, &self.place(), internal()));
        }
        Ok(Page { events: output.events.into_iter().flatten().map(event).collect(), next_token, asked_at })
    }

    fn place(&self) -> RequestContext {
        RequestContext {
            service: Service::CloudTrail,
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            signer: self.session.signer(),
        }
    }

    fn refusal(&self, error: &SdkError<LookupEventsError>) -> LookupError {
        if let Some(lost) = Session::lost(error) {
            return LookupError::classify(&lost.seen, &lost.place, lost.said.clone());
        }
        // Not the body: it may be of anybody, and say anything.
        let status = error.raw_response().map(|response| format!("; HTTP status {}", response.status().as_u16()));
        let id = error.request_id().map(|id| format!("; request id {id}"));
        let internal = format!("{}{}{}", causes(error), status.unwrap_or_default(), id.unwrap_or_default());
        let refusal = LookupError::classify(&seen(error), &self.place(), internal);
        LookupError { retry_after: error.raw_response().and_then(retry_after), ..refusal }
    }
}

/// How long whoever answered wants to be left alone, where that is a reason for this status.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    if !matches!(response.status().as_u16(), 429 | 503) {
        return None;
    }
    let header = |name| response.headers().get(name);
    retry_after::wait(header("retry-after")?, header("date"), clock::epoch_seconds())
}

/// What is behind an error of any service.
fn seen<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> Seen {
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    match error {
        SdkError::ServiceError(_) if status < 300 => Seen::Garbled,
        SdkError::ServiceError(refused) => {
            let code = refused.err().code().map(str::to_owned);
            Seen::Answer { code, message: refused.err().message().unwrap_or_default().to_owned(), status }
        }
        SdkError::TimeoutError(_) => Seen::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Seen::TimedOut,
        SdkError::ResponseError(_) => Seen::Garbled,
        SdkError::ConstructionFailure(_) => Seen::Unsendable,
        SdkError::DispatchFailure(failure) if failure.is_user() => Seen::Unsendable,
        _ => Seen::Nothing(causes(error)),
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

/// An error and all its causes.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What an error and all its causes say.
fn causes(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

//! CloudTrail with canned answers, for the fuzz targets: all but the network is real.

#![allow(clippy::expect_used, reason = "only tests and fuzz targets use it")]

use super::aws::Aws;
use crate::{
    airbyte::stream::Stream,
    cloudtrail::{
        lookup::{Event, LookupEvents, Page, Query, Resource},
        lookup_error::error::{Evidence, LookupError},
        sdk::client::CloudTrail,
    },
    config::resolved_config::Config,
    coverage::seconds::SecondRange,
    failure::Failure,
    partition::Partition,
    secrets::Mask,
};
use aws_sdk_cloudtrail::types::{Event as SdkEvent, Resource as SdkResource};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// An HTTP response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names and values. One that can't be a header is left out.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A successful one.
    pub(crate) fn with_body(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }
}

/// A client, and the answer that it gets.
struct Service {
    runtime: Runtime,
    client: CloudTrail,
    answer: CannedAnswer,
}

thread_local! {
    static SERVICE: Service = {
        let config = json!({"aws_key_id": "AKIDEXAMPLE", "aws_secret_key": "secret", "aws_region_name": "us-east-1"});
        let config = Config::resolve(&config, |_| None).expect("a valid config");
        Service::new(&config).expect("nothing is sent")
    };
}

/// What becomes of a request to which CloudTrail gives this `answer`.
pub(crate) fn lookup(answer: Answer) -> Result<Page, LookupError> {
    SERVICE.with(|service| service.lookup(answer))
}

/// The page in this `answer` as the SDK itself reads it, without the time of the answer; none if it can't. To the SDK, a
/// missing page is one without events, and an empty token is a token.
pub(crate) fn lookup_by_the_sdk(answer: Answer) -> Option<Page> {
    SERVICE.with(|service| {
        let client = &service.client.client;
        let output = service.answer(answer).block_on(client.lookup_events().send()).ok()?;
        let events = output.events.into_iter().flatten().map(event).collect();
        Some(Page { events, next_token: output.next_token, asked_at: None })
    })
}

/// The same with the `config` of a user, which has an access key and no role.
pub(crate) fn lookup_with(config: &Config, answer: Answer) -> Result<Page, Failure> {
    Service::new(config)?.lookup(answer).map_err(|error| error.into_failure(Evidence::default()))
}

impl Service {
    fn new(config: &Config) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime");
        let answer = CannedAnswer::default();
        let connector = SharedHttpConnector::new(answer.clone());
        let pool = http_client_fn(move |_, _| connector.clone());
        let aws = runtime.block_on(Aws::through(pool, config, &Mask::default()))?;
        let region = config.regions.first().cloned().unwrap_or_default();
        let client = aws.cloudtrail(aws.session(), &Partition { account: None, region }, Stream::ManagementEvents);
        Ok(Self { runtime, client, answer })
    }

    /// From here on, requests get this `answer`. Returns what runs them.
    fn answer(&self, answer: Answer) -> &Runtime {
        *self.answer.0.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        &self.runtime
    }

    fn lookup(&self, answer: Answer) -> Result<Page, LookupError> {
        let query = Query { seconds: SecondRange::new(1_795_000_000, 1_795_350_000), token: None, page_size: 50 };
        self.answer(answer).block_on(self.client.lookup(query))
    }
}

fn event(event: SdkEvent) -> Event {
    let string = |text: Option<String>| Some(text?.as_str().into());
    let resource = |resource: SdkResource| Resource {
        resource_name: string(resource.resource_name),
        resource_type: string(resource.resource_type),
    };
    Event {
        access_key_id: string(event.access_key_id),
        cloud_trail_event: string(event.cloud_trail_event),
        event_id: string(event.event_id),
        event_name: string(event.event_name),
        event_source: string(event.event_source),
        event_time: event.event_time.map(|time| time.secs()),
        read_only: string(event.read_only),
        resources: event.resources.map(|resources| resources.into_iter().map(resource).collect()),
        username: string(event.username),
    }
}

/// Answers each request with the same.
#[derive(Clone, Debug, Default)]
struct CannedAnswer(Arc<Mutex<Answer>>);

impl HttpConnector for CannedAnswer {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let Answer { status, headers, body } = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut response = http::Response::new(SdkBody::from(body));
        if let Ok(status) = http::StatusCode::from_u16(status) {
            *response.status_mut() = status;
        }
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), http::HeaderValue::from_bytes(&value)) {
                response.headers_mut().append(name, value);
            }
        }
        // As the SDK's own connector does it.
        let response = HttpResponse::try_from(response);
        HttpConnectorFuture::ready(response.map_err(|error| ConnectorError::other(error.into(), None)))
    }
}

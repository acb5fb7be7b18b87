//! A client of CloudTrail in one Region of one account.
//!
//! The SDK's paginator isn't used, because it takes a repeated token for the end of the data.

use super::{errors, interceptors::DateOfAnswer, session::Session};
use crate::{
    cloudtrail::{
        lookup::{Event, LookupEvents, Page, Query, Resource},
        lookup_error::{
            context::{RequestContext, Service},
            error::LookupError,
            kind::NoAnswer,
        },
    },
    partition::Partition,
};
use aws_sdk_cloudtrail::{
    Client,
    operation::{RequestId, lookup_events::LookupEventsOutput},
    primitives::DateTime as SdkTime,
    types::{Event as SdkEvent, EventCategory, LookupAttribute, Resource as SdkResource},
};
use tokio::time::Instant;

/// CloudTrail in one Region of one account.
#[derive(Clone, Debug)]
pub(crate) struct CloudTrail {
    pub(super) client: Client,
    pub(super) partition: Partition,
    pub(super) category: Option<EventCategory>,
    pub(super) filter: Option<LookupAttribute>,
    pub(super) endpoint_url: Option<String>,
    pub(super) session: Session,
}

impl LookupEvents for CloudTrail {
    fn partition(&self) -> &Partition {
        &self.partition
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
            Err(error) => Err(errors::lookup_error(error, self.context())),
        }
    }
}

impl CloudTrail {
    /// The same without a filter, for all management events.
    #[must_use]
    pub(crate) fn of_all_events(&self) -> Self {
        Self { category: None, filter: None, ..self.clone() }
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
            region: self.partition.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            credentials: self.session.credentials_source(),
        }
    }
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

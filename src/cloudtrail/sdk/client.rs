//! A client of CloudTrail in one Region of one account.
//!
//! The SDK's paginator isn't used, because it takes a repeated token for the end of the data.

use super::{errors, interceptors::DateOfAnswer, page_reader::PageReader, session::Session};
use crate::{
    cloudtrail::{
        lookup::{LookupEvents, Page, Query},
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
    primitives::DateTime as SdkTime,
    types::{EventCategory, LookupAttribute},
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
        let (date, page) = (DateOfAnswer::default(), PageReader::default());
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
            .interceptor(page.clone())
            .send()
            .await;
        match answer {
            Ok(_) => match page.take() {
                Some(page) => Ok(Page { asked_at: date.when_asked(sent.elapsed()), ..page }),
                None => Err(LookupError::new(NoAnswer::Garbled, self.context())),
            },
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

    fn context(&self) -> RequestContext {
        RequestContext {
            service: Service::CloudTrail,
            region: self.partition.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            credentials: self.session.credentials_source(),
        }
    }
}

//! Reads the pages of LookupEvents, in place of the SDK's own deserializer, which takes several times as long. Error answers
//! are left to the SDK.
//!
//! The SDK checks nothing else in an answer: LookupEvents has neither checksums nor signatures of responses.

use crate::{
    cloudtrail::lookup::{Event, Page, Resource},
    json::{scanner::Scanner, string::JsonString},
};
use anyhow::anyhow;
use aws_sdk_cloudtrail::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextMut},
    error::BoxError,
    operation::lookup_events::LookupEventsOutput,
    primitives::DateTime,
};
use aws_smithy_runtime_api::client::{
    interceptors::context::{Error, Output},
    orchestrator::{HttpResponse, OrchestratorError},
    ser_de::{DeserializeResponse, SharedResponseDeserializer},
};
use serde::de::IgnoredAny;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads the page that answers one request.
#[derive(Clone, Debug, Default)]
pub(super) struct PageReader(Arc<Mutex<Option<Page>>>);

impl PageReader {
    /// The page, once the request has succeeded.
    pub(super) fn take(&self) -> Option<Page> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for PageReader {
    fn name(&self) -> &'static str {
        "PageReader"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().is_success() {
            config.interceptor_state().store_put(SharedResponseDeserializer::new(self.clone()));
        }
        Ok(())
    }
}

impl DeserializeResponse for PageReader {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().unwrap_or_default();
        let page = page(body).map_err(|error| OrchestratorError::response(error.into()))?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
        Ok(Output::erase(LookupEventsOutput::builder().build()))
    }
}

/// The page in `body`. A body with neither `Events` nor a token, such as an empty one, is not a page: CloudTrail sends `[]`
/// if there are no events, and events would be lost if it were taken for the last page.
///
/// Source: AWS CloudTrail API Reference, LookupEvents, "Response Elements".
fn page(body: &[u8]) -> anyhow::Result<Page> {
    let body: Arc<str> = str::from_utf8(body)?.into();
    let mut reader = BodyReader { scanner: Scanner::new(&body), body: &body };
    let (mut events, mut next_token) = (None, None);
    let read = reader.members(|reader, name| match name {
        "Events" => reader.items(&mut events, BodyReader::event),
        "NextToken" => reader.string(&mut next_token),
        _ => reader.skip(),
    });
    if read.is_none() || reader.scanner.next_byte().is_some() {
        // Without its text, which may be from anyone.
        return Err(anyhow!("the body is not a page, from byte {} on", reader.scanner.position()));
    }
    let next_token = next_token.map(|token| token.text().into_owned()).filter(|token| !token.is_empty());
    if events.is_none() && next_token.is_none() {
        return Err(anyhow!("no Events in the body"));
    }
    Ok(Page { events: events.unwrap_or_default(), next_token, asked_at: None })
}

/// Reads the values in a body. All of its methods return none where the body is not a page.
struct BodyReader<'a> {
    scanner: Scanner<'a>,
    body: &'a Arc<str>,
}

impl BodyReader<'_> {
    fn event(&mut self) -> Option<Event> {
        let mut event = Event::default();
        self.members(|reader, name| match name {
            "AccessKeyId" => reader.string(&mut event.access_key_id),
            "CloudTrailEvent" => reader.string(&mut event.cloud_trail_event),
            "EventId" => reader.string(&mut event.event_id),
            "EventName" => reader.string(&mut event.event_name),
            "EventSource" => reader.string(&mut event.event_source),
            "EventTime" => reader.seconds(&mut event.event_time),
            "ReadOnly" => reader.string(&mut event.read_only),
            "Resources" => reader.items(&mut event.resources, Self::resource),
            "Username" => reader.string(&mut event.username),
            _ => reader.skip(),
        })?;
        Some(event)
    }

    fn resource(&mut self) -> Option<Resource> {
        let mut resource = Resource::default();
        self.members(|reader, name| match name {
            "ResourceName" => reader.string(&mut resource.resource_name),
            "ResourceType" => reader.string(&mut resource.resource_type),
            _ => reader.skip(),
        })?;
        Some(resource)
    }

    fn members(&mut self, mut each: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.scanner.open(b'{')?;
        while self.scanner.has_next(b'}')? {
            let name = self.scanner.name()?.text()?;
            each(self, &name)?;
        }
        Some(())
    }

    /// An array, or null.
    fn items<T>(&mut self, field: &mut Option<Vec<T>>, read: impl Fn(&mut Self) -> Option<T>) -> Option<()> {
        *field = None;
        if self.is_null()? {
            return Some(());
        }
        let items = field.insert(Vec::new());
        self.scanner.open(b'[')?;
        while self.scanner.has_next(b']')? {
            items.push(read(self)?);
        }
        Some(())
    }

    /// A string, or null.
    fn string(&mut self, field: &mut Option<JsonString>) -> Option<()> {
        *field = if self.is_null()? { None } else { Some(JsonString::new(self.body, self.scanner.string()?)?) };
        Some(())
    }

    /// The whole seconds of a time, which may have a fraction, or null.
    fn seconds(&mut self, field: &mut Option<i64>) -> Option<()> {
        *field = if self.is_null()? { None } else { Some(whole_seconds(self.scanner.value()?)?) };
        Some(())
    }

    /// Whether there is a null, which is read.
    fn is_null(&mut self) -> Option<bool> {
        if self.scanner.next_byte()? != b'n' {
            return Some(false);
        }
        self.scanner.value().filter(|value| *value == "null").map(|_| true)
    }

    fn skip(&mut self) -> Option<()> {
        serde_json::from_str::<IgnoredAny>(self.scanner.value()?).ok().map(drop)
    }
}

fn whole_seconds(number: &str) -> Option<i64> {
    let time: f64 = number.parse().ok()?;
    let is_number = number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) && time.is_finite();
    is_number.then(|| DateTime::from_secs_f64(time).secs())
}

#[cfg(test)]
mod tests;

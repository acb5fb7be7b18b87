//! Interceptors of the SDK, which run before it reads an answer: one takes the service's time from it, one limits its size.

use aws_sdk_cloudtrail::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{BeforeDeserializationInterceptorContextMut, BeforeDeserializationInterceptorContextRef},
    },
    error::BoxError,
};
use aws_smithy_types::body::SdkBody;
use chrono::DateTime;
use http_body_util::Limited;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How large an answer may be, in bytes. The largest page has about 13 MB: 50 events of 256 KB, with escapes.
const LARGEST_ANSWER: usize = 32 << 20;

/// The `Date` of one answer: the service's time, whatever the local clock shows.
#[derive(Clone, Debug, Default)]
pub(super) struct DateOfAnswer(Arc<OnceLock<i64>>);

impl DateOfAnswer {
    /// The earliest time at which the request can have left, if the answer `took` so long. In seconds since the epoch.
    pub(super) fn when_asked(&self, took: Duration) -> Option<i64> {
        let took = i64::try_from(took.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
        self.0.get().map(|date| date.saturating_sub(took))
    }
}

impl Intercept for DateOfAnswer {
    fn name(&self) -> &'static str {
        "DateOfAnswer"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date").and_then(http_date) {
            self.0.get_or_init(|| date);
        }
        Ok(())
    }
}

/// The time in an HTTP header, in seconds since the epoch.
pub(super) fn http_date(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc2822(text).ok().map(|time| time.timestamp())
}

/// Cuts off an answer that is larger than any page, so that it does not fill the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitAnswer;

impl Intercept for LimitAnswer {
    fn name(&self) -> &'static str {
        "LimitAnswer"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        let limited = Limited::new(response.take_body(), LARGEST_ANSWER);
        *response.body_mut() = SdkBody::from_body_1_x(limited);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_leaves_before_its_answer_is_dated() {
        let date = DateOfAnswer::default();
        assert_eq!(date.when_asked(Duration::ZERO), None);
        date.0.set(1_000).unwrap();
        assert_eq!(date.when_asked(Duration::from_millis(34_900)), Some(965));
    }

    #[test]
    fn an_http_date_is_parsed() {
        assert_eq!(http_date("Sun, 22 Nov 2026 14:34:05 GMT"), Some(1_795_358_045));
    }
}

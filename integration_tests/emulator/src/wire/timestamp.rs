//! Times as whole seconds since the Unix epoch, and the formats that the protocols have for them.

use chrono::{DateTime, NaiveDateTime, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// The format of `X-Amz-Date`, such as `20150830T123600Z`.
pub(crate) fn amz_date(second: i64) -> String {
    format(second, "%Y%m%dT%H%M%SZ")
}

/// ISO 8601, such as `2015-08-30T12:36:00Z`.
pub(crate) fn iso_8601(second: i64) -> String {
    format(second, "%Y-%m-%dT%H:%M:%SZ")
}

/// The format of dates inside CloudTrail records, such as `Aug 30, 2015, 12:36:00 PM`.
pub(crate) fn long_date(second: i64) -> String {
    format(second, "%b %-d, %Y, %-I:%M:%S %p")
}

/// The format of the `Date` header, such as `Sun, 30 Aug 2015 12:36:00 GMT`.
pub(crate) fn http_date(second: i64) -> String {
    format(second, "%a, %d %b %Y %H:%M:%S GMT")
}

/// The second of an `X-Amz-Date`.
pub(crate) fn parse_amz_date(text: &str) -> Option<i64> {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok().map(|time| time.and_utc().timestamp())
}

/// The second of a system time, rounded down.
pub(crate) fn unix_second(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_secs().cast_signed()
}

/// The second of a time in JSON, which may have a fraction, rounded down.
#[expect(clippy::cast_possible_truncation, reason = "a time out of range becomes the nearest one in range")]
pub(crate) fn whole_second(time: f64) -> i64 {
    time.floor() as i64
}

fn format(second: i64, pattern: &str) -> String {
    DateTime::<Utc>::from_timestamp(second, 0).unwrap_or_default().format(pattern).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_is_written_in_every_format() {
        let second = 1_440_938_160;
        assert_eq!(amz_date(second), "20150830T123600Z");
        assert_eq!(iso_8601(second), "2015-08-30T12:36:00Z");
        assert_eq!(long_date(second), "Aug 30, 2015, 12:36:00 PM");
        assert_eq!(http_date(second), "Sun, 30 Aug 2015 12:36:00 GMT");
        assert_eq!(parse_amz_date("20150830T123600Z"), Some(second));
    }

    #[test]
    fn an_invalid_date_is_rejected() {
        for text in ["", "20150830", "20150830T123600", "2015-08-30T12:36:00Z", "20151330T123600Z"] {
            assert_eq!(parse_amz_date(text), None, "{text}");
        }
    }
}

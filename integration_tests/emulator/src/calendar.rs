//! Moments in the notations of the protocol: `X-Amz-Date`, the HTTP `Date` header, ISO 8601.

use chrono::{DateTime, NaiveDateTime, Utc};

/// `20150830T123600Z`
pub(crate) fn amz_date(second: i64) -> String {
    format(second, "%Y%m%dT%H%M%SZ")
}

/// `2015-08-30T12:36:00Z`
pub(crate) fn iso_8601(second: i64) -> String {
    format(second, "%Y-%m-%dT%H:%M:%SZ")
}

/// `Sun, 30 Aug 2015 12:36:00 GMT`
pub(crate) fn http_date(second: i64) -> String {
    format(second, "%a, %d %b %Y %H:%M:%S GMT")
}

/// The second that an `X-Amz-Date` names.
pub(crate) fn parse_amz_date(text: &str) -> Option<i64> {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok().map(|moment| moment.and_utc().timestamp())
}

fn format(second: i64, pattern: &str) -> String {
    DateTime::<Utc>::from_timestamp(second, 0).unwrap_or_default().format(pattern).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_in_every_notation() {
        let second = 1_440_938_160;
        assert_eq!(amz_date(second), "20150830T123600Z");
        assert_eq!(iso_8601(second), "2015-08-30T12:36:00Z");
        assert_eq!(http_date(second), "Sun, 30 Aug 2015 12:36:00 GMT");
        assert_eq!(parse_amz_date("20150830T123600Z"), Some(second));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "20150830", "20150830T123600", "2015-08-30T12:36:00Z", "20151330T123600Z"] {
            assert_eq!(parse_amz_date(text), None, "{text}");
        }
    }
}

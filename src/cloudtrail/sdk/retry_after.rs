//! How long an answer asks to wait before the next request: its `Retry-After`, in seconds or as a date.
//!
//! Source: RFC 9110, section 10.2.3. CloudTrail sends none, but proxies and load balancers do.

use super::interceptors::http_date;
use std::time::Duration;

/// The longest wait, whatever the answer asks for.
const LONGEST: Duration = Duration::from_mins(1);

/// The wait that `value` asks for from the `date` of the answer on, or else from `now`, in seconds since the epoch; none if
/// it asks for none.
pub(super) fn wait(value: &str, date: Option<&str>, now: i64) -> Option<Duration> {
    let value = value.trim();
    let until = || Some(http_date(value)?.saturating_sub(date.and_then(http_date).unwrap_or(now)));
    // A number that is too large for the type is a long time.
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if is_number { value.parse().unwrap_or(i64::MAX) } else { until()? };
    let wait = Duration::from_secs(u64::try_from(seconds).ok()?).min(LONGEST);
    (!wait.is_zero()).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_parsed_and_the_wait_is_at_most_a_minute() {
        let date = Some("Wed, 25 Nov 2026 03:00:00 GMT");
        let at_three = http_date("Wed, 25 Nov 2026 03:00:00 GMT").unwrap();
        for (value, date, now, seconds) in [
            ("7", None, 0, Some(7)),
            (" 7 ", date, 0, Some(7)),
            ("0", None, 0, None),
            ("3600", None, 0, Some(60)),
            ("99999999999999999999999", None, 0, Some(60)),
            ("-1", None, 0, None),
            ("soon", None, 0, None),
            ("", None, 0, None),
            // By the service's clock, if the answer has its time.
            ("Wed, 25 Nov 2026 03:00:20 GMT", date, 0, Some(20)),
            ("Wed, 25 Nov 2026 03:00:20 GMT", None, at_three + 5, Some(15)),
            ("Wed, 25 Nov 2026 03:00:20 GMT", Some("soon"), at_three, Some(20)),
            ("Wed, 25 Nov 2026 04:00:00 GMT", date, 0, Some(60)),
            ("Wed, 25 Nov 2026 02:00:00 GMT", date, 0, None),
        ] {
            assert_eq!(wait(value, date, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}

//! How long an answer asks not to be asked again: its `Retry-After`, in seconds or as a date.
//!
//! Source: RFC 9110, section 10.2.3. CloudTrail sends none; proxies and load balancers on the way do.

use super::interceptors::http_date;
use std::time::Duration;

/// How long is waited at the most, whatever is asked for.
const LONGEST: Duration = Duration::from_mins(1);

/// The wait that `value` asks for, where the answer was made at `date`, or else now it is `now`, in seconds since the
/// epoch. None where it asks for none.
pub(super) fn wait(value: &str, date: Option<&str>, now: i64) -> Option<Duration> {
    let value = value.trim();
    let until = || Some(http_date(value)?.saturating_sub(date.and_then(http_date).unwrap_or(now)));
    // More digits than a number takes are a long time.
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if is_number { value.parse().unwrap_or(i64::MAX) } else { until()? };
    let wait = Duration::from_secs(u64::try_from(seconds).ok()?).min(LONGEST);
    (!wait.is_zero()).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_read_in_both_forms_and_is_a_minute_at_the_most() {
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
            // By the service's clock, if it says what that is.
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

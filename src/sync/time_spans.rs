//! Time spans as people read them in LOG lines and beside the progress bar. Pure.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `time` in its two largest units, without a second one that would be zero: `90 days`, `3 h 20 min`, `59 s`.
pub(super) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (large, large_unit, small, small_unit) = match seconds {
        0..MINUTE => return format!("{seconds} s"),
        MINUTE..HOUR => (seconds / MINUTE, "min", seconds % MINUTE, "s"),
        HOUR..DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        DAY.. => (seconds / DAY, if seconds < 2 * DAY { "day" } else { "days" }, seconds % DAY / HOUR, "h"),
    };
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}

/// A remaining time, in words no finer than it can be known: `about 5 min left`.
pub(super) fn about(left: Duration) -> String {
    match left.as_secs() {
        0..MINUTE => "less than a minute left".to_owned(),
        seconds @ MINUTE..5_400 => format!("about {} min left", seconds / MINUTE),
        seconds => format!("about {} h left", seconds.div_ceil(HOUR)),
    }
}

/// A remaining time, as a countdown shows it: `0:24`, `3:00:00`.
pub(super) fn countdown(left: Duration) -> String {
    let seconds = left.as_secs();
    let (hours, minutes, seconds) = (seconds / HOUR, seconds / MINUTE % 60, seconds % MINUTE);
    if hours == 0 { format!("{minutes}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_units_that_fit_the_length() {
        for (seconds, words, left, clock) in [
            (0, "0 s", "less than a minute left", "0:00"),
            (59, "59 s", "less than a minute left", "0:59"),
            (60, "1 min", "about 1 min left", "1:00"),
            (605, "10 min 5 s", "about 10 min left", "10:05"),
            (5_399, "1 h 29 min", "about 89 min left", "1:29:59"),
            (12_000, "3 h 20 min", "about 4 h left", "3:20:00"),
            (86_400 + 7_200, "1 day 2 h", "about 26 h left", "26:00:00"),
            (90 * 86_400 + 1, "90 days", "about 2161 h left", "2160:00:01"),
        ] {
            let time = Duration::from_secs(seconds);
            assert_eq!((in_words(time).as_str(), about(time).as_str(), countdown(time).as_str()), (words, left, clock));
        }
    }
}

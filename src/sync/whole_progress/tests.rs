//! What people read about the read of many Regions.

use super::*;
use crate::pace::pacer::FULL_PACE;
use proptest::prelude::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(second: u64) -> Elapsed {
    Elapsed::START + seconds(second)
}

/// The read of so many Regions, `r0` and so on, each with 1,000 s to read.
fn whole(count: usize) -> WholeProgress {
    let regions = (0..count).map(|nth| (format!("r{nth}"), seconds(1_000)));
    WholeProgress::new(format!("{count} Regions"), regions)
}

/// The same, where as many as there are `parts` are being read since the start, each with so much read of its 1,000 s.
fn being_read(count: usize, parts: &[u64]) -> WholeProgress {
    let mut whole = whole(count);
    for (number, part) in parts.iter().enumerate() {
        whole.turn_began(number, Elapsed::START, FULL_PACE);
        whole.advanced(number, 0, seconds(1_000 - part), 0);
    }
    whole
}

#[test]
fn the_line_tells_of_the_whole_then_of_the_slowest_then_of_what_failed() {
    let mut whole = whole(1_700);
    (0..10).for_each(|number| whole.turn_began(number, Elapsed::START, FULL_PACE));
    (0..120).for_each(|_| whole.request_sent());
    whole.throttled();
    whole.advanced(0, 5_000, Duration::ZERO, 0);
    whole.ended(0, at(10), End::Read(0));
    whole.ended(1, at(10), End::Failed);
    whole.advanced(2, 300, seconds(900), 0);
    (3..9).for_each(|number| whole.advanced(number, 10, seconds(500), 0));
    whole.advanced(9, 40, seconds(500), 0);
    assert_eq!(
        whole.snapshot(at(60)).line,
        "1700 Regions: 1 read, 8 being read, 1,690 waiting. 5,400 events, 90 events/s with 2.0 requests/s, about 10 h left, 1 throttled. Slowest: r2, 10% of its time span read, about 9 min left. 1 Region failed so far."
    );
}

#[test]
fn what_there_is_none_of_is_left_out() {
    let mut whole = being_read(9, &[0; 9]);
    let line = "9 Regions: 0 read, 9 being read. 0 events, 0 events/s with 0.0 requests/s, 0 throttled.";
    assert_eq!(whole.snapshot(at(20)).line, line);
}

#[test]
fn the_short_line_fits_beside_a_bar() {
    let mut whole = being_read(1_700, &[500; 8]);
    whole.advanced(0, 1_234_567, seconds(500), 0);
    whole.turn_began(8, Elapsed::START, FULL_PACE);
    whole.ended(8, at(1), End::Failed);
    let snapshot = whole.snapshot(at(200));
    assert_eq!(snapshot.short, "0/1700 Regions, 1234567 events, 6173/s, 23:32:30 left, 1 failed");
    assert!(snapshot.short.len() <= 67);
    (0..3).for_each(|_| whole.throttled());
    assert!(whole.snapshot(at(200)).short.ends_with("1 failed, 3 throttled"));
}

#[test]
fn the_bar_advances_within_regions_and_reaches_the_end_also_if_some_fail() {
    let mut whole = being_read(4, &[500, 0, 0, 0]);
    let part = |whole: &mut WholeProgress| (whole.snapshot(at(60)).part_read * 1_000.0).round();
    assert!((part(&mut whole) - 125.0).abs() < 0.1);
    whole.ended(1, at(60), End::Failed);
    assert!((part(&mut whole) - 375.0).abs() < 0.1);
    for number in [0, 2, 3] {
        whole.ended(number, at(60), End::Read(0));
    }
    assert!((part(&mut whole) - 1_000.0).abs() < 0.1);
}

/// It has been read in part, and it keeps what it has, but it is not read.
#[test]
fn a_region_that_waits_for_another_turn_is_waiting() {
    let mut whole = being_read(9, &[250]);
    whole.turn_ended(0, at(600));
    let line = whole.snapshot(at(900)).line;
    assert!(line.starts_with("9 Regions: 0 read, 0 being read, 9 waiting."), "{line}");
    assert!(!line.contains("left") && !line.contains("Slowest"), "nothing is being read: {line}");
    // Its 300 s of waiting do not count.
    whole.turn_began(0, at(900), FULL_PACE);
    let line = whole.snapshot(at(900)).line;
    assert!(line.ends_with("Slowest: r0, 25% of its time span read, about 30 min left."), "{line}");
    whole.advanced(0, 0, seconds(500), 0);
    let line = whole.snapshot(at(1_500)).line;
    assert!(line.ends_with("Slowest: r0, 50% of its time span read, about 20 min left."), "{line}");
}

#[test]
fn the_slowest_has_the_most_time_left_or_gets_nowhere() {
    let slowest = |parts: &[u64]| being_read(9, parts).slowest(at(60)).unwrap();
    assert!(slowest(&[400, 100, 200]).starts_with("r1, 10% "));
    assert_eq!(slowest(&[400, 0, 200, 0]), "r1, 0% of its time span read, time left unknown");
    let mut whole = being_read(9, &[400]);
    whole.turn_began(1, at(50), FULL_PACE);
    assert!(whole.slowest(at(60)).unwrap().starts_with("r0, "), "the other one has just begun");
}

#[test]
fn the_time_left_is_left_out_where_it_can_not_be_told() {
    assert_eq!(whole(9).time_left(at(60)), None, "nothing is being read");
    assert_eq!(being_read(9, &[0, 0]).time_left(at(20)), None, "nothing has been read");
    assert_eq!(being_read(9, &[500; 7]).time_left(at(60)), None, "too few tell how long the others take");
    assert!(being_read(9, &[500; 8]).time_left(at(60)).is_some(), "there are enough");
    let one_without = [500, 500, 500, 500, 500, 500, 500, 500, 0];
    assert!(being_read(9, &one_without).time_left(at(20)).is_some(), "the last one has just begun");
    assert_eq!(being_read(9, &one_without).time_left(at(60)), None, "it gets nowhere");
}

proptest! {
    /// Regions that are read at constant speeds, all at once, take as long as the slowest of them: from any time on.
    #[test]
    fn without_any_that_wait_the_time_left_is_that_of_the_slowest(
        needs in prop::collection::vec(100_u32..10_000, 9..40),
        share in 0.1_f64..0.9,
    ) {
        let (longest, mut whole) = (*needs.iter().max().unwrap(), whole(needs.len()));
        let now = Elapsed::START + Duration::from_secs(u64::from(longest)).mul_f64(share);
        for (number, need) in needs.iter().enumerate() {
            whole.turn_began(number, Elapsed::START, FULL_PACE);
            let part = now.since_start().as_secs_f64() / f64::from(*need);
            if part >= 1.0 {
                whole.ended(number, now, End::Read(0));
            } else {
                whole.advanced(number, 0, seconds(1_000).mul_f64(1.0 - part), 0);
            }
        }
        let left = whole.time_left(now).unwrap().as_secs_f64();
        let truth = f64::from(longest) * (1.0 - share);
        prop_assert!((left - truth).abs() < 0.01 * truth, "{left} s instead of {truth} s");
    }

    /// If all Regions need the same time and wait their turn, the estimate is off by no more than what one of them needs.
    #[test]
    fn with_many_that_wait_each_is_taken_to_need_the_average(
        count in 9_u32..400,
        at_a_time in LEAST_SAMPLE..64,
        need in 60_u32..1_000,
        rounds in 0_u32..20,
        part in 0.1_f64..0.9,
    ) {
        let all_rounds = count.div_ceil(at_a_time);
        let round = rounds % all_rounds;
        let mut whole = whole(usize::try_from(count).unwrap());
        let need_time = Duration::from_secs(u64::from(need));
        let now = Elapsed::START + need_time.mul_f64(f64::from(round) + part);
        for number in 0..count.min((round + 1) * at_a_time) {
            let (index, began) = (usize::try_from(number).unwrap(), Elapsed::START + need_time * (number / at_a_time));
            whole.turn_began(index, began, FULL_PACE);
            if number / at_a_time < round {
                whole.ended(index, began + need_time, End::Read(0));
            } else {
                whole.advanced(index, 0, seconds(1_000).mul_f64(1.0 - part), 0);
            }
        }
        let left = whole.time_left(now).unwrap().as_secs_f64();
        let truth = f64::from(need) * (f64::from(all_rounds - round) - part);
        prop_assert!((left - truth).abs() <= 1.01 * f64::from(need), "{left} s instead of {truth} s");
    }

    /// Whatever happens, each Region is counted once, and the bar never leaves its bounds.
    #[test]
    fn each_region_is_counted_once(
        events in prop::collection::vec((0_usize..9, 0_u8..6, 0_u64..=1_000), 0..100),
    ) {
        let mut whole = whole(9);
        let mut records = 0;
        for (second, (number, event, amount)) in (0..).zip(events) {
            match event {
                0 | 1 => whole.turn_began(number, at(second), FULL_PACE),
                2 => {
                    records += amount;
                    whole.advanced(number, amount, seconds(amount), 0);
                }
                3 => whole.turn_ended(number, at(second)),
                4 => drop(whole.ended(number, at(second), End::Read(0))),
                _ => drop(whole.ended(number, at(second), if amount % 2 == 0 { End::Failed } else { End::Limited })),
            }
            let stages: [fn(&Region) -> bool; 5] =
                [Region::is_waiting, Region::is_being_read, Region::is_read, Region::has_failed, Region::is_limited];
            prop_assert_eq!(stages.map(|is_in| whole.count(is_in)).into_iter().sum::<u64>(), 9);
            let snapshot = whole.snapshot(at(second));
            prop_assert!((0.0..=1.0).contains(&snapshot.part_read), "{}", snapshot.part_read);
            let told = format!(" {} events,", in_groups(records));
            prop_assert!(snapshot.line.contains(&told), "{}", snapshot.line);
        }
    }
}

#[test]
fn the_summary_counts_all_and_tells_up_to_when_all_have_been_read() {
    let mut whole = being_read(3, &[0, 0, 0]);
    (0..3_400).for_each(|_| whole.request_sent());
    whole.advanced(0, 54_000, Duration::ZERO, 0);
    for (number, up_to) in [(0, 1_795_350_060), (1, 1_795_350_000), (2, 1_795_350_120)] {
        whole.ended(number, at(100), End::Read(up_to));
    }
    let counts = "54,000 records from 3,400 requests in 3 min 20 s, 0 throttled.";
    let all = format!("3 Regions: 3 read. {counts} All events up to 2026-11-22T12:20:00Z have been read.");
    assert_eq!(whole.summary(at(200)), (Level::Info, all));
    whole.ended(1, at(100), End::Failed);
    let but_one = format!(
        "3 Regions: 2 read, 1 failed. {counts} Except in the Regions that failed, all events up to 2026-11-22T12:21:00Z have been read."
    );
    assert_eq!(whole.summary(at(200)), (Level::Warn, but_one));
    whole.ended(1, at(100), End::Limited);
    let limited = format!("3 Regions: 2 read, 1 stopped at records_limit. {counts}");
    assert_eq!(whole.summary(at(200)), (Level::Info, limited));
}

#[test]
fn one_line_tells_of_all_from_which_no_page_arrives() {
    let mut whole = being_read(9, &[0, 0, 0]);
    assert_eq!(whole.silence(at(60)), None);
    whole.no_page(1, at(70), seconds(30), None);
    let one = "r1: no page for 60 seconds. Requests are waiting for an answer.";
    assert_eq!(whole.silence(at(100)), Some(one.to_owned()));
    whole.no_page(0, at(60), seconds(60), Some("It is down."));
    whole.no_page(2, at(90), seconds(30), None);
    let three =
        "9 Regions: 3 have sent no page for 30 seconds or more. The longest wait is 100 seconds, for r0. It is down.";
    assert_eq!(whole.silence(at(100)), Some(three.to_owned()));
    whole.page_arrived(0, 50);
    whole.turn_ended(2, at(100));
    assert_eq!(whole.silence(at(100)), Some(one.to_owned()));
    whole.ended(1, at(100), End::Failed);
    assert_eq!(whole.silence(at(100)), None);
}

/// Each turn meets them again.
#[test]
fn events_that_are_held_back_in_many_regions_have_one_warning_and_count_once() {
    let mut whole = being_read(9, &[0; 9]);
    assert_eq!(whole.held_back_warning(), None);
    whole.advanced(0, 0, seconds(1), 7);
    whole.turn_ended(0, at(600));
    whole.turn_began(0, at(600), FULL_PACE);
    whole.advanced(0, 0, seconds(1), 3);
    let one = whole.held_back_warning().unwrap();
    assert!(one.starts_with("r0: 7 events from within the lookback window are held back, because"), "{one}");
    (1..5).for_each(|number| whole.advanced(number, 0, seconds(1), 1_000));
    let many = whole.held_back_warning().unwrap();
    let start =
        "4,007 events from within the lookback window are held back in 5 Regions (r0, r1, r2 and 2 more), because";
    assert!(many.starts_with(start), "{many}");
}

/// The time that it waits is not time that its read takes.
#[test]
fn a_region_keeps_up_if_its_turns_are_short_however_long_it_waits() {
    for (second_turn, warns) in [(10, false), (1_000, true)] {
        let mut whole = whole(9);
        whole.turn_began(0, Elapsed::START, FULL_PACE);
        whole.page_arrived(0, 95_000);
        whole.turn_ended(0, at(10));
        whole.turn_began(0, at(50_000), FULL_PACE);
        let warning = whole.ended(0, at(50_000 + second_turn), End::Read(0));
        assert_eq!(warning.is_some_and(|warning| warning.starts_with("r0: this sync can't keep up")), warns);
    }
}

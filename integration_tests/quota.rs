//! Requests: never more than CloudTrail's quota, and none without need.

use crate::connector::{Connector, emulator, events};
use cloudtrail_emulator::{Emulator, Entry, Fault, Latency, Outcome, Settings};
use std::time::Duration;

#[test]
fn an_idle_account_costs_one_request_and_so_does_a_sync_with_nothing_new() {
    let emulator = emulator(vec![]);
    let connector = Connector::new(&emulator);
    let run = connector.read(None).succeeded();
    assert_eq!(emulator.journal().len(), 1);
    assert_eq!((run.states().count(), run.statuses()), (1, vec!["STARTED", "COMPLETE"]));
    connector.read(run.last_state()).succeeded();
    assert_eq!(emulator.journal().len(), 2);
}

#[test]
fn seconds_that_were_read_are_not_requested_again() {
    let emulator = emulator(events(2_000, 80, 2));
    let connector = Connector::new(&emulator);
    let run = connector.read(None).succeeded();
    let asked = emulator.journal().len();
    connector.read(run.last_state()).succeeded();
    // One finds out whether the state is that of the credentials' account, and one reads what is new.
    assert_eq!(emulator.journal().len(), asked + 2);
}

/// The emulator has the limit of AWS: no fourth request in a second, no 22nd in ten. Retries count, too, and so do
/// requests of several slices at once.
#[test]
fn the_default_pace_is_never_throttled() {
    let latency = Latency { mean: 2.0, sigma: 0.8 };
    let faults = [7, 8, 9, 15].map(|nth| (nth, Fault::Status503)).to_vec();
    let settings = Settings { events: events(1_500, 80, 1), latency, faults, ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let run = Connector::new(&emulator).at_the_real_pace().read(None).succeeded();
    assert_eq!(run.records().count(), 1_500);
    let journal = emulator.journal();
    let is_expected = |entry: &Entry| matches!(entry.outcome, Outcome::Page { .. }) || entry.fault.is_some();
    assert!(journal.iter().all(is_expected), "{journal:?}");
    for (requests, seconds) in [(4, 1), (22, 10)] {
        let is_spaced = |some: &[Entry]| some[requests - 1].arrived >= some[0].arrived + Duration::from_secs(seconds);
        assert!(journal.windows(requests).all(is_spaced), "{requests} requests within {seconds} s");
    }
}

#[test]
fn throttles_at_random_lose_no_event_and_do_not_end_the_read() {
    let settings = Settings { events: events(2_000, 80, 3), rate: None, random_throttles: 0.25, ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let run = Connector::new(&emulator).read(None).succeeded();
    assert_eq!(run.records().count(), 2_000);
    assert!(emulator.journal().iter().any(|entry| entry.error() == Some("ThrottlingException")));
}

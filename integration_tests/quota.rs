//! Requests: never more than CloudTrail's quota, and none in vain.

use crate::connector::{Connector, emulator, events};
use cloudtrail_emulator::{Emulator, Outcome, Settings};

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
fn what_was_read_is_not_asked_for_again() {
    let emulator = emulator(events(2_000, 80, 2));
    let connector = Connector::new(&emulator);
    let run = connector.read(None).succeeded();
    let asked = emulator.journal().len();
    assert!(asked <= 2_000 / 50 + 8, "{asked} requests");
    connector.read(run.last_state()).succeeded();
    assert_eq!(emulator.journal().len(), asked + 1);
}

/// The emulator's own rule is AWS's: never a fourth request in a second, never a 22nd in ten.
#[test]
fn the_real_pace_is_never_throttled() {
    let emulator = Emulator::start(Settings { events: events(500, 80, 1), ..Settings::default() }).unwrap();
    let run = Connector::new(&emulator).at_the_real_pace().read(None).succeeded();
    assert_eq!(run.records().count(), 500);
    let journal = emulator.journal();
    assert!(journal.iter().all(|entry| matches!(entry.outcome, Outcome::Page { .. })), "{journal:?}");
}

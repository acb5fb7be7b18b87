//! How signals end a read: at once, whatever it waits for. Tests with the image run it as the first process of a
//! container.

use crate::connector::{Connector, emulator, events};
use cloudtrail_emulator::{Emulator, Fault, Settings};

#[test]
fn a_signal_ends_a_read_that_waits_for_a_response_or_for_stdout() {
    let silent = Emulator::start(Settings { faults: vec![(0, Fault::Hang)], ..Settings::default() }).unwrap();
    let full = emulator(events(2_000, 80, 1));
    for emulator in [&silent, &full] {
        for signal in [15, 2] {
            // A script that runs these tests in the background ignores SIGINT.
            let connector = Connector::new(emulator).started_by(&["env", "--default-signal=INT"]);
            let mut running = connector.start_reading(None);
            running.wait_for_lines(1);
            assert_eq!(running.end_by(&[signal]), Some(signal));
        }
    }
}

/// Shells start background processes with SIGINT ignored. If it were not ignored, it would end the read before SIGTERM.
#[test]
fn a_signal_that_was_ignored_from_the_start_stays_ignored() {
    let silent = Emulator::start(Settings { faults: vec![(0, Fault::Hang)], ..Settings::default() }).unwrap();
    let connector = Connector::new(&silent).started_by(&["sh", "-c", r#"trap "" INT; exec "$@""#, "sh"]);
    let mut running = connector.start_reading(None);
    running.wait_for_lines(1);
    assert_eq!(running.end_by(&[2, 15]), Some(15));
}

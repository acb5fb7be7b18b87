//! How a read that goes on is stopped: at once, whatever it waits for. As the first process of a container it is tried
//! with the image.

use crate::connector::{Connector, emulator, events};
use cloudtrail_emulator::{Emulator, Fault, Settings};

#[test]
fn a_signal_ends_it_also_while_an_answer_or_stdout_is_waited_for() {
    let silent = Emulator::start(Settings { faults: vec![(0, Fault::Hang)], ..Settings::default() }).unwrap();
    let full = emulator(events(2_000, 80, 1));
    for emulator in [&silent, &full] {
        for signal in [15, 2] {
            // Also where these tests themselves run in the background of a script, which ignores SIGINT.
            let connector = Connector::new(emulator).started_by(&["env", "--default-signal=INT"]);
            let mut running = connector.start_reading(None);
            running.wait_for_lines(1);
            assert_eq!(running.signals(&[signal]), Some(signal));
        }
    }
}

/// As a shell does with SIGINT for what runs in the background. A SIGINT that counted would end it before the SIGTERM.
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_ignored() {
    let silent = Emulator::start(Settings { faults: vec![(0, Fault::Hang)], ..Settings::default() }).unwrap();
    let connector = Connector::new(&silent).started_by(&["sh", "-c", r#"trap "" INT; exec "$@""#, "sh"]);
    let mut running = connector.start_reading(None);
    running.wait_for_lines(1);
    assert_eq!(running.signals(&[2, 15]), Some(15));
}

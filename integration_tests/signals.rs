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
            let mut running = Connector::new(emulator).start_reading(None);
            running.wait_for_lines(1);
            assert_eq!(running.signal(signal), Some(signal));
        }
    }
}

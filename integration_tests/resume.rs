//! A sync that is killed at any time and resumed from its last STATE: each event is read once.

use crate::connector::{Connector, assert_each_once, emulator, events};
use cloudtrail_emulator::{Emulator, Latency, Settings};
use serde_json::Value;

#[test]
fn fifty_kills_lose_nothing_and_repeat_nothing() {
    let seed = 2026;
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let data = events(8_000, 80, seed);
    // Slow enough for many slices to be in flight: some dozen requests, with one every half millisecond.
    let latency = Latency { mean: 0.008, sigma: 0.8 };
    let settings = Settings { events: data.clone(), rate: None, latency, ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let connector = Connector::new(&emulator);
    let mut kills = 0;
    while kills < 50 {
        let mut committed: Vec<Value> = Vec::new();
        let mut state: Option<Value> = None;
        loop {
            let mut running = connector.start_reading(state.as_ref());
            running.wait_for_lines(random.usize(..7_000));
            let run = running.kill();
            kills += 1;
            committed.extend(run.records_up_to_state().cloned());
            state = run.last_state().cloned().or(state);
            if random.usize(..3) == 0 {
                break;
            }
        }
        let run = connector.read(state.as_ref()).succeeded();
        assert_each_once(committed.iter().chain(run.records()), &data);
    }
}

#[test]
fn a_read_resumes_exactly_after_each_state() {
    let data = events(10_000, 80, 7);
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator);
    let whole = connector.read(None).succeeded();
    let at: Vec<usize> = (0..whole.lines.len()).filter(|at| whole.lines[*at]["type"] == "STATE").collect();
    assert!(at.len() >= 3, "{} states", at.len());
    for end in at {
        let before = whole.lines[..end].iter().filter(|line| line["type"] == "RECORD");
        let after = connector.read(Some(&whole.lines[end]["state"])).succeeded();
        assert_each_once(before.map(|line| &line["record"]["data"]).chain(after.records()), &data);
    }
}

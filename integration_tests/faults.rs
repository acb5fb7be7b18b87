//! What the network and the service do to a read: it gets through, or says why not with a STATE to go on from.

use crate::connector::{Connector, DAY, REGION, assert_each_once, emulator, events, now};
use cloudtrail_emulator::{
    Emulator, Event, Fault, Generator, Latency, RandomFaults, Settings, Shape, TokenKind, generate,
};
use serde_json::{Value, json};
use std::time::Duration;

const PASSING: [Fault; 9] = [
    Fault::Status500,
    Fault::Status503,
    Fault::Status502Html,
    Fault::Reset,
    Fault::Truncated,
    Fault::NotJson,
    Fault::Throttled,
    Fault::InvalidNextToken,
    Fault::EmptyPageWithToken,
];

#[test]
fn every_passing_fault_is_got_over() {
    let data = events(1_000, 80, 1);
    for fault in PASSING.into_iter().chain([Fault::RepeatedToken, Fault::Slow(Duration::from_millis(50))]) {
        println!("fault {}", fault.name());
        let emulator = emulator(data.clone());
        emulator.set_faults([0, 1, 4, 5, 9, 13].map(|nth| (nth, fault.clone())).to_vec());
        let run = Connector::new(&emulator).read(None).succeeded();
        assert_each_once(run.records(), &data);
        let met = emulator.journal().iter().filter(|entry| entry.fault == Some(fault.name())).count();
        assert!(met >= 4, "{} met {met} requests", fault.name());
    }
}

/// Everything mixed at random, two hundred times: a read gets through, or fails in a way that says what to do and goes
/// on from its last STATE. The emulator's own seed decides what happens.
#[test]
fn two_hundred_reads_through_all_faults_lose_nothing_and_repeat_nothing() {
    let data = events(900, 80, 5);
    let mut failed = 0;
    for seed in 0..200 {
        println!("seed {seed}");
        let more = [Fault::RepeatedToken, Fault::ExpiredToken, Fault::Slow(Duration::from_millis(3))];
        let faults = PASSING.into_iter().chain(more).collect();
        let tokens = if seed % 2 == 0 { TokenKind::ByPosition } else { TokenKind::ByOffset };
        let emulator = Emulator::start(Settings {
            events: data.clone(),
            rate: None,
            latency: Latency { mean: 0.002, sigma: 0.8 },
            tokens,
            random_faults: Some(RandomFaults { seed, probability: 0.2, faults }),
            seed,
            ..Settings::default()
        })
        .unwrap();
        let connector = Connector::new(&emulator);
        let mut committed: Vec<Value> = Vec::new();
        let mut state: Option<Value> = None;
        loop {
            let run = connector.read(state.as_ref());
            committed.extend(run.records().cloned());
            assert_eq!(run.records_up_to_state().count(), run.records().count(), "the last STATE tells of all");
            state = run.last_state().cloned().or(state);
            if run.code == Some(0) {
                break;
            }
            failed += 1;
            let [error] = run.errors()[..] else { panic!("{:?}", run.errors()) };
            assert!(error["message"].as_str().unwrap().contains("have expired"), "{error}");
        }
        assert_each_once(&committed, &data);
    }
    assert!(failed > 0, "not one read was cut off: the faults are too few");
}

fn with_each_answer(fault: Fault, events: Vec<Event>) -> Emulator {
    let random_faults = Some(RandomFaults { seed: 8, probability: 1.0, faults: vec![fault] });
    Emulator::start(Settings { events, rate: None, random_faults, ..Settings::default() }).unwrap()
}

#[test]
fn tokens_in_a_circle_are_got_over_where_the_pages_make_progress() {
    let data = events(600, 80, 8);
    let emulator = with_each_answer(Fault::TokenCircle, data.clone());
    assert_each_once(Connector::new(&emulator).read(None).succeeded().records(), &data);
}

#[test]
fn a_chain_that_does_not_end_is_given_up() {
    let second = now() - 40 * DAY;
    let one_second = Generator { count: 600, seed: 8, shape: Shape::OneSecond, ..Generator::new(second, second) };
    for (fault, data) in [(Fault::TokenCircle, generate(&one_second)), (Fault::EmptyPageWithToken, vec![])] {
        println!("fault {}", fault.name());
        let emulator = with_each_answer(fault, data);
        let run = Connector::new(&emulator).read(None);
        assert_eq!(run.code, Some(1));
        assert!(run.errors()[0]["message"].as_str().unwrap().contains("page tokens that repeat or do not end"));
        assert_eq!(run.errors()[0]["failure_type"], "transient_error");
        assert!(emulator.journal().len() < 300, "{} requests", emulator.journal().len());
    }
}

/// Not taken into memory, but cut off and asked for again.
#[test]
fn an_answer_larger_than_any_page_is_not_read_to_its_end() {
    let data = events(600, 80, 7);
    let emulator = emulator(data.clone());
    emulator.set_faults(vec![(3, Fault::Oversized(33 << 20)), (5, Fault::Oversized(64 << 20))]);
    let run = Connector::new(&emulator).with_environment("LOG_LEVEL", "DEBUG").read(None).succeeded();
    assert_each_once(run.records(), &data);
    assert_eq!(run.logs().filter(|line| line.contains("larger than any page")).count(), 2);
}

/// The SDK has no time-out of its own for this.
#[test]
fn an_answer_that_never_comes_is_asked_for_again() {
    let data = events(600, 80, 6);
    let emulator = emulator(data.clone());
    emulator.set_faults(vec![(3, Fault::Hang)]);
    let run = Connector::new(&emulator).read(None).succeeded();
    assert_each_once(run.records(), &data);
    assert!(emulator.journal().iter().any(|entry| entry.fault == Some("Hang")));
}

#[test]
fn a_service_that_stays_away_ends_the_read_with_what_was_seen() {
    for (fault, says) in [
        (Fault::Status503, "HTTP status 503"),
        (Fault::Throttled, "another reader is using this account's 2 requests per second in us-east-1"),
        (Fault::Reset, "can't be reached"),
    ] {
        let data = events(3_000, 80, 2);
        let emulator = emulator(data.clone());
        let connector = Connector::new(&emulator);
        emulator.set_faults((15..2_000).map(|nth| (nth, fault.clone())).collect());
        let run = connector.read(None);
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
        let [error] = run.errors()[..] else { panic!("{:?}", run.errors()) };
        assert_eq!(
            (&error["failure_type"], &error["stream_descriptor"]["name"]),
            (&json!("transient_error"), &json!("management_events"))
        );
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert_eq!(run.statuses().last(), Some(&"INCOMPLETE"));
        assert_eq!(run.records_up_to_state().count(), run.records().count(), "the last STATE tells of every record");
        assert!(run.records().count() > 0);

        emulator.set_faults(vec![]);
        let rest = connector.read(run.last_state()).succeeded();
        assert_each_once(run.records().chain(rest.records()), &data);
    }
}

#[test]
fn what_only_the_user_can_mend_ends_the_read_at_once() {
    let data = events(1_000, 80, 3);
    let emulator = emulator(data.clone());
    let connector = Connector::new(&emulator);
    emulator.set_faults(vec![(7, Fault::ExpiredToken)]);
    let run = connector.read(None);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.errors()[0]["failure_type"], "config_error");
    let rest = connector.read(run.last_state()).succeeded();
    assert_each_once(run.records().chain(rest.records()), &data);

    let run = connector.with("aws_secret_key", "wrong").read(None);
    assert_eq!((run.code, run.statuses()), (Some(1), vec!["STARTED", "INCOMPLETE"]));
    assert!(run.errors()[0]["message"].as_str().unwrap().contains("check aws_secret_key"));
}

/// An unknown host is a mistake in the config, unless pages have come from it before.
#[test]
fn an_endpoint_that_is_not_there_is_told_apart() {
    let run = Connector::at("http://no-such-host.invalid").read(None);
    assert_eq!(run.errors()[0]["failure_type"], "config_error");
    let run = Connector::at("http://127.0.0.1:1").read(None);
    assert_eq!(run.errors()[0]["failure_type"], "transient_error");
}

/// With the local clock ahead, seconds that have not ended yet look as if they had.
#[test]
fn a_clock_that_is_ahead_settles_less() {
    let settings =
        Settings { events: events(100, 80, 4), rate: None, clock_offset_seconds: -240, ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let run = Connector::new(&emulator).read(None).succeeded();
    let watermark =
        run.last_state().unwrap()["stream"]["stream_state"]["regions"][REGION]["EventTime"].as_i64().unwrap();
    let age = crate::connector::now() - watermark;
    assert!((900 + 240..900 + 300).contains(&age), "watermark {age} seconds ago");
}

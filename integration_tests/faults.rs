//! Faults of the network and the service: a read completes, or it says why not and leaves a STATE to resume from.

use crate::connector::{Connector, DAY, REGION, assert_each_once, emulator, events, now};
use cloudtrail_emulator::{
    Emulator, Event, Fault, Generator, Latency, RandomFaults, Settings, Shape, TokenKind, generate,
};
use serde_json::{Value, json};
use std::time::Duration;

const TRANSIENT: [Fault; 9] = [
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
fn a_read_completes_despite_transient_faults() {
    let data = events(1_000, 80, 1);
    for fault in TRANSIENT.into_iter().chain([Fault::RepeatedToken, Fault::Slow(Duration::from_millis(50))]) {
        println!("fault {}", fault.name());
        let emulator = emulator(data.clone());
        emulator.set_faults([0, 1, 4, 5, 9, 13].map(|nth| (nth, fault.clone())).to_vec());
        let run = Connector::new(&emulator).read(None).succeeded();
        assert_each_once(run.records(), &data);
        let seen = emulator.journal().iter().filter(|entry| entry.fault == Some(fault.name())).count();
        assert!(seen >= 4, "only {seen} requests had the fault {}", fault.name());
    }
}

/// All faults mixed at random, two hundred times: a read completes, or it fails with a message that says what to do, and
/// resumes from its last STATE. The emulator's seed decides what happens.
#[test]
fn two_hundred_reads_with_all_faults_lose_nothing_and_repeat_nothing() {
    let data = events(900, 80, 5);
    let mut failed = 0;
    for seed in 0..200 {
        println!("seed {seed}");
        let more = [Fault::RepeatedToken, Fault::ExpiredToken, Fault::Slow(Duration::from_millis(3))];
        let faults = TRANSIENT.into_iter().chain(more).collect();
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
            assert_eq!(run.records_up_to_state().count(), run.records().count(), "the last STATE covers all");
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
    assert!(failed > 0, "no read failed: there are too few faults");
}

fn with_each_answer(fault: Fault, events: Vec<Event>) -> Emulator {
    let random_faults = Some(RandomFaults { seed: 8, probability: 1.0, faults: vec![fault] });
    Emulator::start(Settings { events, rate: None, random_faults, ..Settings::default() }).unwrap()
}

#[test]
fn a_read_completes_despite_tokens_in_a_circle_if_its_pages_make_progress() {
    let data = events(600, 80, 8);
    let emulator = with_each_answer(Fault::TokenCircle, data.clone());
    assert_each_once(Connector::new(&emulator).read(None).succeeded().records(), &data);
}

/// The tokens lead back by more events than are remembered of a chain, to seconds whose events have all been written.
#[test]
fn tokens_that_lead_back_over_many_pages_repeat_nothing() {
    let second = now() - 40 * DAY;
    let data = generate(&Generator { count: 4_000, seed: 9, ..Generator::new(second - 1, second) });
    let emulator = emulator(data.clone());
    emulator.set_faults([44, 56, 68].map(|request| (request, Fault::TokenCircle)).to_vec());
    // So slow that an answer arrives before the next request is due: the plan has no reason for more than a few chains.
    let run = Connector::new(&emulator).at_pace("60").read(None).succeeded();
    assert_each_once(run.records(), &data);
}

#[test]
fn a_chain_of_pages_that_does_not_end_fails() {
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

/// It is not read into memory, but cut off and requested again.
#[test]
fn an_answer_larger_than_any_page_is_not_read_to_its_end() {
    let data = events(600, 80, 7);
    let emulator = emulator(data.clone());
    emulator.set_faults(vec![(3, Fault::Oversized(33 << 20)), (5, Fault::Oversized(64 << 20))]);
    let run = Connector::new(&emulator).with_environment("LOG_LEVEL", "DEBUG").read(None).succeeded();
    assert_each_once(run.records(), &data);
    assert_eq!(run.logs().filter(|line| line.contains("larger than any page")).count(), 2);
}

/// The SDK has no timeout of its own for this.
#[test]
fn a_request_that_is_never_answered_is_retried() {
    let data = events(600, 80, 6);
    let emulator = emulator(data.clone());
    emulator.set_faults(vec![(3, Fault::Hang)]);
    let run = Connector::new(&emulator).read(None).succeeded();
    assert_each_once(run.records(), &data);
    assert!(emulator.journal().iter().any(|entry| entry.fault == Some("Hang")));
}

#[test]
fn a_fault_that_stays_ends_the_read_with_its_cause() {
    for (fault, says) in [
        (Fault::Status503, "HTTP status 503"),
        (Fault::Throttled, "another reader uses this account's 2 requests per second in us-east-1"),
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
        assert_eq!(run.records_up_to_state().count(), run.records().count(), "the last STATE covers every record");
        assert!(run.records().count() > 0);

        emulator.set_faults(vec![]);
        let rest = connector.read(run.last_state()).succeeded();
        assert_each_once(run.records().chain(rest.records()), &data);
    }
}

#[test]
fn a_fault_that_only_the_user_can_fix_ends_the_read_at_once() {
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
    assert!(run.errors()[0]["message"].as_str().unwrap().contains("Check aws_secret_key"));
}

/// A host that does not resolve is a config error, unless pages have come from it before.
#[test]
fn an_unknown_host_is_a_config_error_and_a_refused_connection_is_transient() {
    let run = Connector::at("http://no-such-host.invalid").read(None);
    assert_eq!(run.errors()[0]["failure_type"], "config_error");
    let run = Connector::at("http://127.0.0.1:1").read(None);
    assert_eq!(run.errors()[0]["failure_type"], "transient_error");
}

/// With a local clock that is ahead, seconds that have not ended yet look as if they had.
#[test]
fn with_a_clock_that_is_ahead_only_seconds_that_have_ended_are_covered() {
    let settings =
        Settings { events: events(100, 80, 4), rate: None, clock_offset_seconds: -240, ..Settings::default() };
    let emulator = Emulator::start(settings).unwrap();
    let run = Connector::new(&emulator).read(None).succeeded();
    let watermark =
        run.last_state().unwrap()["stream"]["stream_state"]["regions"][REGION]["EventTime"].as_i64().unwrap();
    let age = crate::connector::now() - watermark;
    assert!((900 + 240..900 + 300).contains(&age), "watermark {age} seconds ago");
}

//! Several Regions in one sync, read side by side and independent of each other.

use crate::connector::{Connector, DAY, Run, assert_each_once, now};
use cloudtrail_emulator::{Caller, Emulator, Event, Fault, Generator, Settings, generate};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ELSEWHERE: &str = "eu-west-1";

fn events(region: &str, count: usize, seed: u64) -> Vec<Event> {
    let generator = Generator::new(now() - 80 * DAY, now() - 1);
    generate(&Generator { region: region.to_owned(), count, seed, ..generator })
}

fn emulator(events: Vec<Event>, disabled: &[&str]) -> Emulator {
    let disabled_regions = disabled.iter().map(|region| (*region).to_owned()).collect();
    Emulator::start(Settings {
        events,
        disabled_regions,
        callers: Caller::examples(),
        rate: None,
        ..Settings::default()
    })
    .unwrap()
}

/// The error messages of a read that failed.
#[track_caller]
fn failures(run: &Run) -> Vec<&str> {
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert_eq!(run.statuses().last(), Some(&"INCOMPLETE"));
    run.errors().iter().map(|error| error["message"].as_str().unwrap()).collect()
}

#[test]
fn every_region_is_read_and_has_a_state_of_its_own() {
    let (here, there) = (events("us-east-1", 700, 1), events(ELSEWHERE, 400, 2));
    let emulator = emulator([here.clone(), there.clone()].concat(), &[]);
    let connector = Connector::new(&emulator).with("additional_regions", json!([ELSEWHERE]));
    let run = connector.read(None).succeeded();
    assert_each_once(run.records(), &[here, there].concat());
    let state = &run.last_state().unwrap()["stream"]["stream_state"];
    let cursors = ["us-east-1", ELSEWHERE].map(|region| state["regions"][region]["EventTime"].as_i64().unwrap());
    assert_eq!(state["EventTime"].as_i64(), cursors.into_iter().min());
    assert!(cursors.iter().all(|cursor| *cursor > now() - DAY), "{state}");
    let again = connector.read(run.last_state()).succeeded();
    assert_eq!(again.records().count(), 0);
}

#[test]
fn a_region_that_is_added_starts_from_its_start_and_one_that_returns_resumes() {
    let (here, there) = (events("us-east-1", 300, 3), events(ELSEWHERE, 300, 4));
    let emulator = emulator([here.clone(), there.clone()].concat(), &[]);
    let alone = Connector::new(&emulator).read(None).succeeded();
    let both = Connector::new(&emulator).with("additional_regions", json!([ELSEWHERE]));
    let run = both.read(alone.last_state()).succeeded();
    assert_each_once(run.records(), &there);
    let of_both = |run: &Run| run.last_state().unwrap()["stream"]["stream_state"]["regions"].clone();
    let late = events(ELSEWHERE, 20, 5);
    emulator.add(late.iter().cloned().map(|event| Event { second: now(), ..event }).collect());
    let without = Connector::new(&emulator).read(run.last_state()).succeeded();
    assert_eq!(of_both(&without)[ELSEWHERE], of_both(&run)[ELSEWHERE]);
    let returned = both.read(without.last_state()).succeeded();
    assert_eq!(returned.records().count(), late.len());
}

/// The old connectors had one Region: their cursor says nothing about others.
#[test]
fn an_old_state_belongs_to_the_first_region() {
    let (here, there) = (events("us-east-1", 100, 6), events(ELSEWHERE, 100, 7));
    let emulator = emulator([here, there.clone()].concat(), &[]);
    let connector = Connector::new(&emulator).with("additional_regions", json!([ELSEWHERE]));
    let old = json!({"management_events": {"EventTime": now()}}).to_string();
    let run = connector.read_with_state_file(&old).succeeded();
    let there: BTreeSet<&str> = there.iter().map(|event| event.id().unwrap()).collect();
    let read: BTreeSet<&str> = run.records().map(|record| record["EventId"].as_str().unwrap()).collect();
    assert!(read.is_superset(&there) && read.len() < 150, "{} were read", read.len());
}

#[test]
fn a_region_that_fails_does_not_stop_the_others() {
    let (here, there) = (events("us-east-1", 500, 8), events(ELSEWHERE, 500, 9));
    let emulator = emulator([here.clone(), there.clone()].concat(), &["me-south-1"]);
    let connector = |regions: Value| Connector::new(&emulator).with("additional_regions", regions);
    let run = connector(json!(["me-south-1", ELSEWHERE])).read(None);
    let [message] = failures(&run)[..] else { panic!("expected one failure: {:?}", run.errors()) };
    assert!(message.starts_with("The Region me-south-1 is not enabled in the account"), "{message}");
    assert_each_once(run.records(), &[here, there].concat());
    let again = connector(json!([ELSEWHERE])).read(run.last_state()).succeeded();
    assert_eq!(again.records().count(), 0);
}

#[test]
fn a_key_that_no_region_knows_is_reported_once() {
    let emulator = emulator(vec![], &["me-south-1"]);
    let connector = Connector::new(&emulator).with("additional_regions", json!([ELSEWHERE, "me-south-1"]));
    let run = connector.with("aws_key_id", "AKIAWRONG").read(None);
    let [message] = failures(&run)[..] else { panic!("expected one failure: {:?}", run.errors()) };
    assert!(
        message.contains("AWS does not know the access key") && !message.contains("is not enabled in the account"),
        "{message}"
    );
}

#[test]
fn check_reports_each_region_that_fails() {
    let emulator = emulator(vec![], &["me-south-1", "ap-east-1"]);
    let check = |regions: Value| Connector::new(&emulator).with("additional_regions", regions).check();
    let run = check(json!([ELSEWHERE]));
    assert_eq!(run.lines[0]["connectionStatus"], json!({"status": "SUCCEEDED"}));
    assert_eq!(emulator.journal().len(), 2);
    let run = check(json!([ELSEWHERE, "me-south-1", "ap-east-1"]));
    let status = &run.lines[0]["connectionStatus"];
    assert_eq!((status["status"].as_str(), run.lines.len()), (Some("FAILED"), 1));
    for region in ["me-south-1", "ap-east-1"] {
        let says = format!("The Region {region} is not enabled in the account");
        assert!(status["message"].as_str().unwrap().contains(&says), "{status}");
    }
    assert!(!status["message"].as_str().unwrap().contains(ELSEWHERE), "{status}");
}

/// Faults and kills at random, from seeds, until everything is read.
#[test]
fn each_event_of_seventeen_regions_is_read_once_although_syncs_are_killed() {
    let names = (1..=17).map(|number| format!("us-region-{number}"));
    let regions: Vec<String> = names.collect();
    let data: Vec<Event> = (0..).zip(&regions).flat_map(|(seed, region)| events(region, 300, 100 + seed)).collect();
    for seed in 0..3 {
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let emulator = emulator(data.clone(), &[]);
        emulator.set_faults([3, 30, 60, 90].map(|nth| (nth, Fault::Reset)).to_vec());
        let connector = Connector::new(&emulator)
            .with("aws_region_name", regions[0].as_str())
            .with("additional_regions", regions[1..].to_vec());
        let mut committed: Vec<Value> = Vec::new();
        let mut state: Option<Value> = None;
        for _ in 0..6 {
            let mut running = connector.start_reading(state.as_ref());
            running.wait_for_lines(random.usize(..5_000));
            let run = running.kill();
            committed.extend(run.records_up_to_state().cloned());
            state = run.last_state().cloned().or(state);
        }
        let run = connector.read(state.as_ref()).succeeded();
        committed.extend(run.records().cloned());
        assert_each_once(&committed, &data);
        let mut asked = BTreeMap::<String, usize>::new();
        for entry in emulator.journal() {
            *asked.entry(entry.region.unwrap()).or_default() += 1;
        }
        assert_eq!(asked.len(), 17);
    }
}

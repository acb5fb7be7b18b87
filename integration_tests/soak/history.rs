//! One history: its events, the emulator that has them, and the syncs that read them.

use crate::{
    destination::{Destination, Line, STREAMS},
    process::{Process, Sample, Signal, assert_flat},
    service::{self, ROLE, SPEED},
    tally::Tally,
};
use cloudtrail_emulator::{Emulator, Event, Generator, Organization, Shape, generate};
use fastrand::Rng;
use serde_json::{Value, json};
use std::{fs, os::unix::process::ExitStatusExt};
use tempfile::TempDir;

const DAY: i64 = 86_400;
/// How many days the events go back.
const DAYS: i64 = 85;
/// The Regions, each with its share of the events.
const REGIONS: [(&str, f64); 5] =
    [("us-east-1", 0.4), ("eu-west-1", 0.25), ("us-west-2", 0.15), ("eu-central-1", 0.1), ("ap-southeast-1", 0.1)];
/// The share of the events that each account has.
const ACCOUNTS: [f64; 2] = [0.6, 0.4];
/// The share of the events that each stream has.
const SHARES: [f64; 2] = [0.96, 0.04];
/// How many events of each account and Region appear late at a time, by stream.
const LATE: [usize; 2] = [9, 1];
/// After how many records events appear late, on average.
const RECORDS_PER_LATE: usize = 5_000;
/// How many syncs are killed before one may end.
const KILLS: usize = 5;
/// How many more syncs follow, before and during which events appear late.
const FURTHER_SYNCS: usize = 2;
/// How many syncs in a row may fail with a transient error.
const MAX_FAILED: usize = 10;

/// A history, and what was read of it.
pub(crate) struct History {
    random: Rng,
    /// The accounts and Regions.
    places: Vec<(String, String)>,
    emulator: Emulator,
    /// The connector's files.
    files: TempDir,
    lookback_minutes: i64,
    destination: Destination,
    late: usize,
}

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Complete,
    Failed,
    Killed,
}

impl History {
    /// A history of about `count` events, most of them older than the lookback window. It is for the long read if it
    /// `is_long`.
    pub(crate) fn begin(mut random: Rng, count: usize, is_long: bool) -> Self {
        let organization = Organization::new(random.u64(..), ACCOUNTS.len());
        let is_listed = random.bool();
        let accounts = if is_listed {
            let management_account = &organization.management_account;
            json!({"mode": "organization", "role_name": ROLE, "excluded_account_ids": [management_account]})
        } else {
            let arns: Vec<String> = organization.roles(ROLE).into_iter().map(|role| role.arn).collect();
            json!({"mode": "roles", "role_arns": arns})
        };
        let members = &organization.account_ids()[1..];
        let places = members.iter().flat_map(|id| REGIONS.map(|(region, _)| (id.clone(), region.to_owned())));
        let places: Vec<(String, String)> = places.collect();
        let shape = random.choice([Shape::Uniform, Shape::Bursty, Shape::Office, Shape::Old]).unwrap_or_default();
        let now = source_aws_cloudtrail::clock::epoch_seconds();
        let generator = Generator { shape, ..Generator::new(now - DAYS * DAY, now - 1) };
        let counts = ACCOUNTS.iter().flat_map(|account| REGIONS.map(|(_, region)| count as f64 * account * region));
        let counts: Vec<[usize; 2]> = counts.map(|count| SHARES.map(|share| (count * share).ceil() as usize)).collect();
        let events = generate_all(&mut random, &places, &counts, &generator);
        let lookback_minutes = random.choice([15, 30, 60]).unwrap_or_default();
        println!("{} events, {shape:?}, accounts {accounts}, lookback of {lookback_minutes} min", events.len());

        let mut destination = Destination::new(places.clone());
        destination.expect(&events);
        let settings = service::settings(&mut random, (count, is_long), events, organization, is_listed);
        let emulator = Emulator::start(settings).unwrap();
        let files = tempfile::tempdir().unwrap();
        let config = json!({
            "aws_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_region_name": REGIONS[0].0,
            "additional_regions": REGIONS[1..].iter().map(|(region, _)| *region).collect::<Vec<_>>(),
            "accounts": accounts,
            "lookback_window_minutes": lookback_minutes,
        });
        fs::write(files.path().join("config.json"), config.to_string()).unwrap();
        fs::write(files.path().join("catalog.json"), catalog().to_string()).unwrap();
        Self { random, places, emulator, files, lookback_minutes, destination, late: 0 }
    }

    /// Reads it in one long sync, whose memory and open files have to be flat.
    pub(crate) fn read_at_once(&mut self, tally: &mut Tally) {
        let samples = self.sync_to_the_end(true, tally);
        tally.tenths = assert_flat(&samples);
    }

    /// Reads it in syncs that are killed.
    pub(crate) fn read_with_kills(&mut self, tally: &mut Tally) {
        let mut kills = 0;
        // A sync that is left with few events may end before it is killed.
        while kills < KILLS && self.destination.missing() > 0 {
            let after = self.random.usize(..self.destination.missing());
            kills += usize::from(self.sync(Some(after), true, tally).0 == Ended::Killed);
        }
        self.sync_to_the_end(true, tally);
    }

    /// Reads the events that go on to appear, and checks that each event was committed once.
    pub(crate) fn end(mut self, tally: &mut Tally) {
        for _ in 0..FURTHER_SYNCS {
            for _ in 0..self.random.usize(1..5) {
                self.add_late_events();
            }
            let kill_after = Some(self.random.usize(..400)).filter(|_| self.random.bool());
            self.sync(kill_after, true, tally);
            self.sync_to_the_end(true, tally);
        }
        self.sync_to_the_end(false, tally);
        self.destination.assert_complete();
        tally.events += self.destination.expected();
        tally.late += self.late;
        tally.add_requests(&self.emulator);
    }

    /// Repeats a sync that is not killed until it completes. Returns what the last process had.
    fn sync_to_the_end(&mut self, has_late: bool, tally: &mut Tally) -> Vec<Sample> {
        for _ in 0..MAX_FAILED {
            if let (Ended::Complete, samples) = self.sync(None, has_late, tally) {
                return samples;
            }
        }
        panic!("{MAX_FAILED} syncs in a row failed with a transient error");
    }

    /// Runs a sync, which is killed after so many lines if it has not ended before. Events appear during it if it
    /// `has_late` ones. Returns how it ended, and what its process had.
    fn sync(&mut self, kill_after: Option<usize>, has_late: bool, tally: &mut Tally) -> (Ended, Vec<Sample>) {
        let mut arguments = vec!["read", "--config", "config.json", "--catalog", "catalog.json"];
        if let Some(states) = self.destination.states() {
            fs::write(self.files.path().join("state.json"), states).unwrap();
            arguments.extend(["--state", "state.json"]);
        }
        let rate = (SPEED / 0.505).to_string();
        arguments.extend(["--requests-per-second", &rate]);
        let mut process = Process::start(self.files.path(), &arguments, &self.emulator.url());
        let (mut line, mut lines, mut records, mut next_late) = (Vec::new(), 0, 0, self.next_late());
        let (mut errors, mut killed_by) = (Vec::new(), None);
        while process.next_line(&mut line) {
            lines += 1;
            match self.destination.receive(&line) {
                Line::Record => {
                    records += 1;
                    process.record_received();
                }
                Line::Error { failure_type, message } => errors.push((failure_type, message)),
                Line::Other => {}
            }
            if has_late && records == next_late {
                self.add_late_events();
                next_late += self.next_late();
            }
            if kill_after.is_some_and(|after| lines == after + 1) {
                let signal = if self.random.bool() { Signal::Kill } else { Signal::Term };
                process.send(signal);
                killed_by = Some(signal);
                // The platform may also read what the process has written before it was killed.
                if self.random.bool() {
                    break;
                }
            }
        }
        let (status, samples) = process.wait();
        let uncommitted = self.destination.discard_uncommitted();
        let is_transient = errors.iter().all(|(failure_type, _)| failure_type == "transient_error");
        let ended = match (killed_by, status.code()) {
            // It may have ended before the signal arrived, also because its output was not read any more.
            (Some(signal), code) if is_transient => {
                let is_expected = matches!(code, Some(0 | 1)) || status.signal() == Some(signal as i32);
                assert!(is_expected, "{status} after {signal:?}");
                *tally.kills.entry(signal.name()).or_default() += 1;
                tally.discarded += uncommitted;
                Ended::Killed
            }
            (None, Some(0)) if errors.is_empty() => Ended::Complete,
            (None, Some(1)) if is_transient => {
                println!("A sync failed: {errors:?}");
                tally.failed += 1;
                Ended::Failed
            }
            _ => panic!("a sync ended with {status}: {errors:#?}"),
        };
        assert!(ended == Ended::Killed || uncommitted == 0, "{uncommitted} records after the last STATE");
        tally.syncs += 1;
        tally.records += records;
        tally.add_samples(&samples);
        (ended, samples)
    }

    fn next_late(&mut self) -> usize {
        self.random.usize(1..2 * RECORDS_PER_LATE)
    }

    /// Adds events whose seconds have passed, but are within the lookback window.
    fn add_late_events(&mut self) {
        let now = source_aws_cloudtrail::clock::epoch_seconds();
        let generator = Generator::new(now - self.lookback_minutes * 60 + 10, now);
        let events = generate_all(&mut self.random, &self.places, &vec![LATE; self.places.len()], &generator);
        self.destination.expect(&events);
        self.late += events.len();
        self.emulator.add(events);
    }
}

/// So many events of each account and Region, by stream.
fn generate_all(
    random: &mut Rng,
    places: &[(String, String)],
    counts: &[[usize; 2]],
    generator: &Generator,
) -> Vec<Event> {
    let mut events = Vec::new();
    for ((account, region), counts) in places.iter().zip(counts) {
        for ((_, category), count) in STREAMS.into_iter().zip(*counts) {
            let (seed, account, region) = (random.u64(..), account.clone(), region.clone());
            events.extend(generate(&Generator { seed, count, account, region, category, ..generator.clone() }));
        }
    }
    events
}

/// The configured catalog with both streams.
fn catalog() -> Value {
    let mut catalog: Value = serde_json::from_str(include_str!("../configured_catalog.json")).unwrap();
    let stream = catalog["streams"][0].clone();
    catalog["streams"] = STREAMS
        .map(|(name, _)| {
            let mut stream = stream.clone();
            stream["stream"]["name"] = json!(name);
            stream
        })
        .to_vec()
        .into();
    catalog
}

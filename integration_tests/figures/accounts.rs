//! What it costs to read many accounts: the Regions of an organization's accounts, idle or with events, at AWS's rate.

use crate::read::{DAY, DAYS, Written, follow};
use cloudtrail_emulator::{Emulator, Generator, Latency, Organization, Settings, Shape, generate_each};
use serde_json::json;
use std::{
    fs,
    io::BufReader,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How many Regions of accounts are read at a time. Source: `sync/turns.rs`.
const AT_A_TIME: usize = 64;
const LATENCY: f64 = 0.3;
const ROLE: &str = "cloudtrail-reader";

/// Accounts with so many Regions each, every `busy_each`th of which has events.
struct Accounts {
    count: usize,
    regions: usize,
    busy_each: usize,
    events: usize,
}

/// Each member account with each Region.
fn histories(organization: &Organization, regions: &[String]) -> Vec<(String, String)> {
    let members = organization.account_ids().into_iter().filter(|id| *id != organization.management_account);
    members.flat_map(|account| regions.iter().map(move |region| (account.clone(), region.clone()))).collect()
}

impl Accounts {
    fn measure(&self) {
        let organization = Organization::new(1, self.count);
        let regions: Vec<String> = (1..=self.regions).map(|number| format!("us-region-{number}")).collect();
        let all = histories(&organization, &regions);
        let busy: Vec<(String, String)> = all.iter().step_by(self.busy_each).cloned().collect();
        let now = source_aws_cloudtrail::clock::epoch_seconds();
        let generator = Generator::new(now - DAYS * DAY, now - DAY);
        let generator = Generator { count: self.events, shape: Shape::Uniform, ..generator };
        let events = if self.events == 0 { Vec::new() } else { generate_each(&busy, &generator) };
        let config = json!({
            "aws_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_region_name": regions[0],
            "additional_regions": regions[1..],
            "accounts": {
                "mode": "organization",
                "role_name": ROLE,
                "excluded_account_ids": [organization.management_account],
            },
        });
        let latency = Latency { mean: LATENCY, sigma: 0.3 };
        let count = events.len();
        let emulator =
            Emulator::start(Settings { events, latency, ..Settings::of_organization(organization, ROLE) }).unwrap();
        let (took, written) = run(&emulator, &config.to_string());
        assert_eq!(written.records, count, "records");
        let journal = emulator.journal();
        let throttled = journal.iter().filter(|entry| entry.error() == Some("ThrottlingException")).count();
        let seconds = took.as_secs_f64();
        let share = 100.0 * written.state_bytes as f64 / written.record_bytes as f64;
        let share = if count == 0 { "-".to_owned() } else { format!("{share:.1} %") };
        println!(
            "| {} x {} | {count} | {} | {} | {throttled} | {seconds:.1} s | {:.2} | {:.0} | {:.1} MB | {} KiB | {share} |",
            self.count,
            self.regions,
            journal.len(),
            emulator.sessions().len(),
            seconds / self.least(),
            count as f64 / seconds,
            written.max_memory as f64 / 1e6,
            written.largest_state / 1024,
        );
    }

    /// The least time in seconds if so many Regions are read at a time, each at 2 requests a second.
    fn least(&self) -> f64 {
        let pages = self.events.div_ceil(50).max(1) as f64;
        let rounds = (self.count * self.regions).div_ceil(self.busy_each).div_ceil(AT_A_TIME) as f64;
        rounds * ((pages - 1.0) / 2.0 + LATENCY)
    }
}

/// Reads everything from `emulator`. Returns how long it took, and what was written.
fn run(emulator: &Emulator, config: &str) -> (Duration, Written) {
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("config.json"), config).unwrap();
    fs::write(files.path().join("catalog.json"), include_str!("../configured_catalog.json")).unwrap();
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_source-aws-cloudtrail"))
        .args(["read", "--config", "config.json", "--catalog", "catalog.json"])
        .env("AWS_ENDPOINT_URL", emulator.url())
        .current_dir(files.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let written = follow(BufReader::new(child.stdout.take().unwrap()), child.id(), Duration::ZERO);
    assert!(child.wait().unwrap().success());
    (began.elapsed(), written)
}

/// Prints a row for each kind of organization.
pub(crate) fn accounts() {
    println!(
        "\n| Accounts x Regions | Events | LookupEvents | AssumeRole | Throttled | Time | Time / least | Events/s | Maximum \
         memory | Largest STATE | STATE / RECORD |\n\
         | :-- | :-- | :-- | :-- | :-- | :-- | :-- | :-- | :-- | :-- | :-- |"
    );
    for accounts in [
        Accounts { count: 100, regions: 17, busy_each: 1, events: 0 },
        Accounts { count: 100, regions: 3, busy_each: 1, events: 500 },
        Accounts { count: 64, regions: 1, busy_each: 1, events: 5_000 },
        Accounts { count: 100, regions: 17, busy_each: 20, events: 500 },
        Accounts { count: 1_000, regions: 17, busy_each: 1, events: 0 },
    ] {
        accounts.measure();
    }
}

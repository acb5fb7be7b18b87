//! What the soak has seen, as a table.

use crate::{process::Sample, service::AWS_RATE};
use cloudtrail_emulator::Emulator;
use std::{
    collections::BTreeMap,
    fmt::{Display, Write},
    time::Duration,
};

/// What the soak has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) events: usize,
    /// How many of them appeared late.
    pub(crate) late: usize,
    pub(crate) records: usize,
    /// How many of the records were discarded, because a sync was killed after its last STATE.
    pub(crate) discarded: usize,
    pub(crate) syncs: usize,
    /// How many of the syncs ended with a transient error.
    pub(crate) failed: usize,
    /// By the name of the signal.
    pub(crate) kills: BTreeMap<&'static str, usize>,
    /// The maximum of all processes.
    pub(crate) max: Sample,
    /// The median memory in the fifth and in the last tenth of the long read, in bytes.
    pub(crate) tenths: (u64, u64),
    sessions: usize,
    throttled_sessions: usize,
    requests: usize,
    throttled: usize,
    /// How many requests had a session that had expired.
    expired: usize,
    faults: BTreeMap<&'static str, usize>,
    /// How long the requests of the busiest Region of each history take at AWS's rate, in seconds.
    service_seconds: f64,
}

impl Tally {
    /// Counts what a process had.
    pub(crate) fn add_samples(&mut self, samples: &[Sample]) {
        for sample in samples {
            self.max.max_memory = self.max.max_memory.max(sample.max_memory);
            self.max.files = self.max.files.max(sample.files);
        }
    }

    /// Counts the requests that `emulator` got.
    pub(crate) fn add_requests(&mut self, emulator: &Emulator) {
        let mut served = BTreeMap::<_, usize>::new();
        for entry in emulator.journal() {
            self.requests += 1;
            match (entry.fault, entry.error()) {
                (Some(fault), _) => *self.faults.entry(fault).or_default() += 1,
                (None, Some("ThrottlingException")) => self.throttled += 1,
                (None, Some("ExpiredTokenException")) => self.expired += 1,
                (None, Some(error)) => panic!("a request got {error}: {entry:?}"),
                (None, None) => {}
            }
            if entry.error() != Some("ThrottlingException") {
                *served.entry((entry.account, entry.region)).or_default() += 1;
            }
        }
        self.service_seconds += served.into_values().max().unwrap_or_default() as f64 / AWS_RATE;
        for session in emulator.sessions() {
            self.sessions += 1;
            match session.outcome.as_ref().map_err(String::as_str) {
                Ok(_) => {}
                Err("Throttling") => self.throttled_sessions += 1,
                Err(error) => panic!("a request for a session got {error}: {session:?}"),
            }
        }
    }

    /// What it has seen in this time.
    pub(crate) fn table(&self, took: Duration) -> String {
        let mut table = "| | |\n| :-- | :-- |\n".to_owned();
        let mut row = |name: &str, value: &dyn Display| {
            let _ = writeln!(table, "| {name} | {value} |");
        };
        let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
        row("Events, each committed once", &self.events);
        row("Events that appeared late", &self.late);
        row("Records received", &self.records);
        row("Records discarded after a kill", &self.discarded);
        row("Syncs", &self.syncs);
        row("Syncs that failed with a transient error", &self.failed);
        for (signal, count) in &self.kills {
            row(&format!("Syncs killed with {signal}"), count);
        }
        row("Requests for events", &self.requests);
        row("Throttled by the quota", &self.throttled);
        for (fault, count) in &self.faults {
            row(&format!("Fault {fault}"), count);
        }
        row("Requests with an expired session", &self.expired);
        row("Requests for sessions", &self.sessions);
        row("Throttled requests for sessions", &self.throttled_sessions);
        row("Real time", &format!("{:.1} min", took.as_secs_f64() / 60.0));
        row("Least time at AWS's rate", &format!("{:.1} h", self.service_seconds / 3_600.0));
        row("Maximum memory", &megabytes(self.max.max_memory));
        row("Memory in the fifth tenth of the long read", &megabytes(self.tenths.0));
        row("Memory in the last tenth of the long read", &megabytes(self.tenths.1));
        row("Maximum of open files", &self.max.files);
        table
    }
}

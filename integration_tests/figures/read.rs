//! One read that is measured: its emulator, its processes, and their time and memory.

use cloudtrail_emulator::{Emulator, Event, Generator, Latency, Settings, Shape, generate};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A day, in seconds.
pub(crate) const DAY: i64 = 86_400;
/// How many days contain the events by default.
pub(crate) const DAYS: i64 = 89;

/// A read to be measured.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) shape: Shape,
    pub(crate) count: usize,
    /// How many seconds before now the oldest event can be.
    pub(crate) span: i64,
    /// How many days before today `start_date` is.
    pub(crate) start: Option<i64>,
    /// The mean latency in seconds, and the deviation of its logarithm.
    pub(crate) latency: (f64, f64),
    /// How many Regions there are, each with `count` events.
    pub(crate) regions: usize,
    pub(crate) lookback_minutes: i64,
    /// How many times faster than AWS the emulator is.
    pub(crate) speed: f64,
    /// For how long stdout is not read.
    pub(crate) pause: Duration,
    /// How many connectors read everything concurrently.
    pub(crate) readers: usize,
    /// How the emulator throttles.
    pub(crate) throttling: Settings,
    /// The connector.
    pub(crate) binary: PathBuf,
    /// The `cloudtrail_event_format` of the config.
    pub(crate) format: &'static str,
}

/// What one read took. With several readers: the sum of their requests, and the maximum of their times and memory.
pub(crate) struct Cost {
    pub(crate) requests: usize,
    pub(crate) took: Duration,
    pub(crate) throttled: usize,
    pub(crate) written: Written,
}

/// What a connector wrote, in bytes, and its maximum memory.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) records: usize,
    pub(crate) record_bytes: usize,
    pub(crate) state_bytes: usize,
    pub(crate) largest_state: usize,
    pub(crate) max_memory: u64,
}

impl Read {
    pub(crate) fn new(shape: Shape, count: usize, latency: (f64, f64)) -> Self {
        Self {
            shape,
            count,
            span: DAYS * DAY,
            start: None,
            latency,
            regions: 1,
            lookback_minutes: 15,
            speed: 1.0,
            pause: Duration::ZERO,
            readers: 1,
            throttling: Settings::default(),
            binary: env!("CARGO_BIN_EXE_source-aws-cloudtrail").into(),
            format: "string",
        }
    }

    fn regions(&self) -> Vec<String> {
        (1..=self.regions).map(|number| format!("us-region-{number}")).collect()
    }

    fn events(&self, region: &str, seed: u64) -> Vec<Event> {
        let now = source_aws_cloudtrail::clock::epoch_seconds();
        let generator = Generator::new(now - self.span, now - 1);
        generate(&Generator { count: self.count, seed, shape: self.shape, region: region.to_owned(), ..generator })
    }

    /// An emulator with events generated from `seed`.
    pub(crate) fn emulator(&self, seed: u64) -> Emulator {
        let regions = self.regions();
        let events = (1_000 * seed..).zip(&regions).flat_map(|(seed, region)| self.events(region, seed)).collect();
        let latency = Latency { mean: self.latency.0 / self.speed, sigma: self.latency.1 };
        let rate = self.throttling.rate.map(|rate| rate * self.speed);
        Emulator::start(Settings { events, rate, latency, seed, ..self.throttling.clone() }).unwrap()
    }

    /// Reads everything from an emulator with events generated from `seed`.
    pub(crate) fn cost(&self, seed: u64) -> Cost {
        let emulator = self.emulator(seed);
        let runs: Vec<(Duration, Written)> = thread::scope(|scope| {
            let run = || self.run(&emulator);
            let running: Vec<_> = (0..self.readers).map(|_| scope.spawn(run)).collect();
            running.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let journal = emulator.journal();
        let throttled = journal.iter().filter(|entry| entry.error() == Some("ThrottlingException")).count();
        Cost {
            requests: journal.len(),
            took: runs.iter().map(|run| run.0).max().unwrap_or_default(),
            throttled,
            written: runs.iter().map(|run| run.1).max_by_key(|written| written.max_memory).unwrap_or_default(),
        }
    }

    /// Reads everything from `emulator`. Returns how long it took, and what was written.
    pub(crate) fn run(&self, emulator: &Emulator) -> (Duration, Written) {
        let files = self.files(emulator);
        let began = Instant::now();
        let mut child = self.command(files.path()).stdout(Stdio::piped()).spawn().unwrap();
        let written = follow(BufReader::new(child.stdout.take().unwrap()), child.id(), self.pause);
        let records = written.records;
        assert!(child.wait().unwrap().success() && records == self.count * self.regions, "{records} records");
        (began.elapsed(), written)
    }

    /// A folder with the config and the configured catalog.
    pub(crate) fn files(&self, emulator: &Emulator) -> TempDir {
        let regions = self.regions();
        let files = tempfile::tempdir().unwrap();
        let mut config: serde_json::Value = serde_json::from_str(include_str!("../sample_config.json")).unwrap();
        config["endpoint_url"] = json!(emulator.url());
        config["aws_region_name"] = json!(regions[0]);
        config["additional_regions"] = json!(regions[1..]);
        config["lookback_window_minutes"] = json!(self.lookback_minutes);
        config["start_date"] = json!(self.start.map(date));
        config["cloudtrail_event_format"] = json!(self.format);
        fs::write(files.path().join("config.json"), config.to_string()).unwrap();
        fs::write(files.path().join("catalog.json"), include_str!("../configured_catalog.json")).unwrap();
        files
    }

    /// A connector that reads everything, with the files in `folder`.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(["read", "--config", "config.json", "--catalog", "catalog.json"])
            .args(["--requests-per-second", &(self.speed / 0.505).to_string()])
            .current_dir(folder)
            .stderr(Stdio::null());
        command
    }
}

/// The date `days_ago` days before today.
fn date(days_ago: i64) -> String {
    let second = source_aws_cloudtrail::clock::epoch_seconds() - days_ago * DAY;
    chrono::DateTime::from_timestamp(second, 0).unwrap().date_naive().to_string()
}

/// Reads everything that `process` writes.
pub(crate) fn follow(stdout: BufReader<ChildStdout>, process: u32, pause: Duration) -> Written {
    let mut written = Written::default();
    for line in stdout.lines() {
        let line = line.unwrap();
        let is_record = line.starts_with("{\"type\":\"RECORD\"");
        if is_record {
            written.records += 1;
            written.record_bytes += line.len();
        } else if line.starts_with("{\"type\":\"STATE\"") {
            written.state_bytes += line.len();
            written.largest_state = written.largest_state.max(line.len());
        }
        if written.records == 1_000 && is_record {
            thread::sleep(pause);
        }
        if written.records.is_multiple_of(100) || !is_record {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            let peak = peak.and_then(|kilobytes| kilobytes.parse().ok()).map(|peak: u64| peak * 1024);
            written.max_memory = peak.unwrap_or(written.max_memory);
        }
    }
    written
}

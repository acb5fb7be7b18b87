//! What a read costs, measured with the real binary against the emulator, at AWS's own rate: `cargo bench --bench
//! figures`. `-- shapes`, `-- small`, `-- regions` and `-- memory` measure only these.
//!
//! For each shape of 20,000 events and each mean latency, the medians of five seeds: requests / pages, where pages =
//! ceil(events / 50); time / ((requests - 1) / 2 + latency), which is what so many requests take at AWS's rate; and
//! time / ((pages - 1) / 2 + latency), the least possible for so many events. Then small reads: requests / pages, the
//! median and the most of five seeds. Then how long several Regions take, side by side. At the end, at 20 times AWS's
//! rate, the most memory that reads of different sizes take, one of them while nobody reads its stdout for a minute.

#![allow(
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench takes the time, prints its figures, and ends where something is amiss"
)]

use cloudtrail_emulator::{Emulator, Event, Generator, Latency, Settings, Shape, generate};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const SEEDS: u64 = 5;
const SHAPES: [Shape; 5] = [Shape::Uniform, Shape::Bursty, Shape::Office, Shape::Recent, Shape::Old];
/// Mean latencies in seconds, each with the deviation of its logarithm.
const LATENCIES: [(f64, f64); 4] = [(0.3, 0.3), (0.8, 0.3), (1.5, 0.5), (3.9, 0.8)];
const DAYS: i64 = 89;
/// How the events of a small read lie, their number, in how many days they lie, and how many days before today
/// `start_date` is.
const SMALL_READS: [(Shape, usize, i64, Option<i64>); 7] = [
    (Shape::Uniform, 40, 1, None),
    (Shape::Uniform, 100, 1, None),
    (Shape::Uniform, 300, 1, None),
    (Shape::Uniform, 300, 1, Some(1)),
    (Shape::Bursty, 500, DAYS, None),
    (Shape::Uniform, 1_000, 1, None),
    (Shape::Uniform, 3_000, 1, Some(1)),
];

/// A read to be measured.
#[derive(Clone)]
struct Read {
    shape: Shape,
    count: usize,
    days: i64,
    start: Option<i64>,
    latency: (f64, f64),
    /// How many Regions have so many events each.
    regions: usize,
    /// How many times faster than AWS all is.
    speed: f64,
    /// For how long nobody reads stdout.
    pause: Duration,
}

/// What one read took.
struct Cost {
    requests: usize,
    took: Duration,
    throttled: usize,
    most_memory: u64,
}

impl Read {
    fn new(shape: Shape, count: usize, latency: (f64, f64)) -> Self {
        Self { shape, count, days: DAYS, start: None, latency, regions: 1, speed: 1.0, pause: Duration::ZERO }
    }

    fn events(&self, region: &str, seed: u64) -> Vec<Event> {
        let now = source_aws_cloudtrail::clock::epoch_seconds();
        let generator = Generator::new(now - self.days * 86_400, now - 1);
        generate(&Generator { count: self.count, seed, shape: self.shape, region: region.to_owned(), ..generator })
    }

    /// Reads all that an emulator with events of `seed` has.
    fn cost(&self, seed: u64) -> Cost {
        let regions: Vec<String> = (1..=self.regions).map(|number| format!("us-region-{number}")).collect();
        let events = (1_000 * seed..).zip(&regions).flat_map(|(seed, region)| self.events(region, seed)).collect();
        let latency = Latency { mean: self.latency.0 / self.speed, sigma: self.latency.1 };
        let rate = Some(2.0 * self.speed);
        let emulator = Emulator::start(Settings { events, rate, latency, seed, ..Settings::default() }).unwrap();
        let files = tempfile::tempdir().unwrap();
        let mut config: serde_json::Value = serde_json::from_str(include_str!("sample_config.json")).unwrap();
        config["endpoint_url"] = json!(emulator.url());
        config["aws_region_name"] = json!(regions[0]);
        config["additional_regions"] = json!(regions[1..]);
        config["start_date"] = json!(self.start.map(date));
        fs::write(files.path().join("config.json"), config.to_string()).unwrap();
        fs::write(files.path().join("catalog.json"), include_str!("configured_catalog.json")).unwrap();
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_source-aws-cloudtrail"))
            .args(["read", "--config", "config.json", "--catalog", "catalog.json"])
            .args(["--requests-per-second", &(self.speed / 0.505).to_string()])
            .current_dir(files.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (records, most_memory) = follow(BufReader::new(child.stdout.take().unwrap()), child.id(), self.pause);
        assert!(child.wait().unwrap().success() && records == self.count * self.regions, "{records} records");
        let took = began.elapsed();
        let journal = emulator.journal();
        let throttled = journal.iter().filter(|entry| entry.error() == Some("ThrottlingException")).count();
        Cost { requests: journal.len(), took, throttled, most_memory }
    }
}

/// The date of so many days before today.
fn date(days_ago: i64) -> String {
    let second = source_aws_cloudtrail::clock::epoch_seconds() - days_ago * 86_400;
    chrono::DateTime::from_timestamp(second, 0).unwrap().date_naive().to_string()
}

/// The number of records, and the most memory in bytes that the process took.
fn follow(stdout: BufReader<ChildStdout>, process: u32, pause: Duration) -> (usize, u64) {
    let (mut records, mut most_memory) = (0, 0);
    for line in stdout.lines() {
        let is_record = line.unwrap().starts_with("{\"type\":\"RECORD\"");
        records += usize::from(is_record);
        if records == 1_000 && is_record {
            thread::sleep(pause);
        }
        if records % 100 == 0 || !is_record {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            most_memory =
                peak.and_then(|kilobytes| kilobytes.parse().ok()).map_or(most_memory, |peak: u64| peak * 1024);
        }
    }
    (records, most_memory)
}

/// What each of `reads` costs with each seed, all side by side: each takes some hundredths of a core.
fn costs(reads: &[Read]) -> Vec<Vec<Cost>> {
    thread::scope(|scope| {
        let of_seeds = |read| (1..=SEEDS).map(|seed| scope.spawn(move || Read::cost(read, seed))).collect();
        let running: Vec<Vec<thread::ScopedJoinHandle<'_, Cost>>> = reads.iter().map(of_seeds).collect();
        running.into_iter().map(|reads| reads.into_iter().map(|read| read.join().unwrap()).collect()).collect()
    })
}

fn median(costs: &[Cost], figure: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints a table with a column for each latency, of what `tell` makes of a row's reads at it.
fn table(title: &str, rows: &[(String, Read)], tell: impl Fn(&Read, &[Cost]) -> String) {
    println!("\n| {title} | 0.3 s | 0.8 s | 1.5 s | 3.9 s |\n| :-- | :-- | :-- | :-- | :-- |");
    let columns = LATENCIES.map(|latency| {
        let reads: Vec<Read> = rows.iter().map(|(_, read)| Read { latency, ..read.clone() }).collect();
        let costs = costs(&reads);
        reads.iter().zip(&costs).map(|(read, costs)| tell(read, costs)).collect::<Vec<String>>()
    });
    for (row, (name, _)) in rows.iter().enumerate() {
        println!("| {name} | {} |", columns.each_ref().map(|column| column[row].as_str()).join(" | "));
    }
}

fn shapes() {
    let row = |shape: Shape| (format!("{shape:?}").to_lowercase(), Read::new(shape, 20_000, LATENCIES[0]));
    table("20,000 events", &SHAPES.map(row), |read, costs| {
        let pages = read.count.div_ceil(50) as f64;
        let least = |requests: f64| (requests - 1.0) / 2.0 + read.latency.0;
        let requests = median(costs, |cost| cost.requests as f64 / pages);
        let paced = median(costs, |cost| cost.took.as_secs_f64() / least(cost.requests as f64));
        let time = median(costs, |cost| cost.took.as_secs_f64() / least(pages));
        assert!(costs.iter().all(|cost| cost.throttled == 0), "requests came too fast");
        format!("{requests:.3} / {paced:.3} / {time:.3}")
    });
}

fn small() {
    let row = |(shape, count, days, start): (Shape, usize, i64, Option<i64>)| {
        let since = start.map_or_else(|| "all 90 days".to_owned(), |days| format!("since {days} day before today"));
        let name = format!("{count}, {} in {days} days; {since}", format!("{shape:?}").to_lowercase());
        (name, Read { days, start, ..Read::new(shape, count, LATENCIES[0]) })
    };
    table("Small reads", &SMALL_READS.map(row), |read, costs| {
        let ratio = |cost: &Cost| cost.requests as f64 / read.count.div_ceil(50) as f64;
        format!("{:.2} / {:.2}", median(costs, ratio), costs.iter().map(ratio).fold(0.0, f64::max))
    });
}

fn regions() {
    println!(
        "\n| Regions of 3,000 events | Time | Requests | Throttled | Most memory |\n| :-- | :-- | :-- | :-- | :-- |"
    );
    for regions in [1, 17] {
        let read = Read { regions, ..Read::new(Shape::Uniform, 3_000, (1.0, 0.3)) };
        let costs: Vec<Cost> = (1..=SEEDS).map(|seed| read.cost(seed)).collect();
        let (time, requests) =
            (median(&costs, |cost| cost.took.as_secs_f64()), median(&costs, |cost| cost.requests as f64));
        let memory = median(&costs, |cost| cost.most_memory as f64 / 1e6);
        let throttled: usize = costs.iter().map(|cost| cost.throttled).sum();
        println!("| {regions} | {time:.1} s | {requests} | {throttled} | {memory:.1} MB |");
    }
}

fn memory() {
    println!("\n| Events | Nobody reads stdout for | Most memory |\n| :-- | :-- | :-- |");
    for (count, seconds) in [(10_000, 0), (10_000, 60), (400_000, 0)] {
        let pause = Duration::from_secs(seconds);
        let cost = Read { speed: 20.0, pause, ..Read::new(Shape::Uniform, count, (1.5, 0.5)) }.cost(1);
        println!("| {count} | {seconds} s | {:.1} MB |", cost.most_memory as f64 / 1e6);
    }
}

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let all = [("shapes", shapes as fn()), ("small", small), ("regions", regions), ("memory", memory)];
    for (name, measure) in all {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == name) {
            measure();
        }
    }
}

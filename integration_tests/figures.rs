//! What a read costs, measured with the real binary against the emulator: `cargo bench --bench figures`.
//!
//! All at 20 times AWS's rate and a twentieth of its latency, so that an hour takes three minutes; the ratios are the
//! same. For each shape of 20,000 events and each mean latency, the medians of five seeds: requests / pages, where
//! pages = ceil(events / 50); time / ((requests - 1) / 2 + latency), which is what so many requests take at AWS's rate;
//! and time / ((pages - 1) / 2 + latency), the least possible for so many events. Then small reads: requests / pages,
//! the median and the most of five seeds. At the end, the most memory that reads of different sizes take, one of them
//! while nobody reads its stdout for a minute.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench takes the time, prints its figures, and ends where something is amiss"
)]

use cloudtrail_emulator::{Emulator, Generator, Latency, Settings, Shape, generate};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const SPEED: f64 = 20.0;
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

/// What one read took.
struct Cost {
    requests: usize,
    took: Duration,
    throttled: usize,
    most_memory: u64,
}

fn emulator(shape: Shape, count: usize, days: i64, seed: u64, (mean, sigma): (f64, f64)) -> Emulator {
    let now = source_aws_cloudtrail::clock::epoch_seconds();
    let events = generate(&Generator { count, seed, shape, ..Generator::new(now - days * 86_400, now - 1) });
    let latency = Latency { mean: mean / SPEED, sigma };
    Emulator::start(Settings { events, rate: Some(2.0 * SPEED), latency, seed, ..Settings::default() }).unwrap()
}

/// The date of so many days before today.
fn date(days_ago: i64) -> String {
    let second = source_aws_cloudtrail::clock::epoch_seconds() - days_ago * 86_400;
    chrono::DateTime::from_timestamp(second, 0).unwrap().date_naive().to_string()
}

/// Reads all that `emulator` has; for `pause`, nobody reads what it writes.
fn read(emulator: &Emulator, count: usize, start: Option<i64>, pause: Duration) -> Cost {
    let files = tempfile::tempdir().unwrap();
    let mut config: serde_json::Value = serde_json::from_str(include_str!("sample_config.json")).unwrap();
    config["endpoint_url"] = json!(emulator.url());
    if let Some(days_ago) = start {
        config["start_date"] = json!(date(days_ago));
    }
    fs::write(files.path().join("config.json"), config.to_string()).unwrap();
    fs::write(files.path().join("catalog.json"), include_str!("configured_catalog.json")).unwrap();
    let rate = (SPEED / 0.505).to_string();
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_source-aws-cloudtrail"))
        .args(["read", "--config", "config.json", "--catalog", "catalog.json", "--requests-per-second", &rate])
        .current_dir(files.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (records, most_memory) = follow(BufReader::new(child.stdout.take().unwrap()), child.id(), pause);
    assert!(child.wait().unwrap().success() && records == count, "{records} records of {count}");
    let journal = emulator.journal();
    Cost {
        requests: journal.len(),
        took: began.elapsed(),
        throttled: journal.iter().filter(|entry| entry.error() == Some("ThrottlingException")).count(),
        most_memory,
    }
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One read for each seed, two at a time: they take a tenth of a core each.
fn costs(shape: Shape, count: usize, days: i64, start: Option<i64>, latency: (f64, f64)) -> Vec<Cost> {
    let seeds: Vec<u64> = (1..=SEEDS).collect();
    let one = |seed: u64| read(&emulator(shape, count, days, seed, latency), count, start, Duration::ZERO);
    let pair = |pair: &[u64]| -> Vec<Cost> {
        thread::scope(|scope| {
            let reads: Vec<_> = pair.iter().map(|seed| scope.spawn(|| one(*seed))).collect();
            reads.into_iter().map(|read| read.join().unwrap()).collect()
        })
    };
    seeds.chunks(2).flat_map(pair).collect()
}

#[allow(clippy::cast_precision_loss, reason = "some hundreds of requests")]
fn costs_of_shapes() {
    const COUNT: usize = 20_000;
    let pages = COUNT.div_ceil(50) as f64;
    println!("| {COUNT} events | 0.3 s | 0.8 s | 1.5 s | 3.9 s |\n|---|---|---|---|---|");
    for shape in SHAPES {
        print!("| {} |", format!("{shape:?}").to_lowercase());
        for latency in LATENCIES {
            let costs = costs(shape, COUNT, DAYS, None, latency);
            let of = |ratio: &dyn Fn(&Cost) -> f64| median(costs.iter().map(ratio).collect());
            let least = |requests: f64| ((requests - 1.0) / 2.0 + latency.0) / SPEED;
            let requests = of(&|cost| cost.requests as f64 / pages);
            let paced = of(&|cost| cost.took.as_secs_f64() / least(cost.requests as f64));
            let time = of(&|cost| cost.took.as_secs_f64() / least(pages));
            print!(" {requests:.3} / {paced:.3} / {time:.3} |");
            let throttled: usize = costs.iter().map(|cost| cost.throttled).sum();
            assert_eq!(throttled, 0, "requests came too fast");
        }
        println!();
    }
}

#[allow(clippy::cast_precision_loss, reason = "some dozens of requests")]
fn costs_of_small_reads() {
    println!("\n| Small reads | 0.3 s | 0.8 s | 1.5 s | 3.9 s |\n|---|---|---|---|---|");
    for (shape, count, days, start) in SMALL_READS {
        let since = start.map_or("all 90 days".to_owned(), |days_ago| format!("since {days_ago} day before today"));
        print!("| {count} events, {} in {days} days; {since} |", format!("{shape:?}").to_lowercase());
        for latency in LATENCIES {
            let costs = costs(shape, count, days, start, latency);
            let ratios: Vec<f64> = costs.iter().map(|cost| cost.requests as f64 / count.div_ceil(50) as f64).collect();
            print!(" {:.2} / {:.2} |", median(ratios.clone()), ratios.into_iter().fold(0.0, f64::max));
        }
        println!();
    }
}

#[allow(clippy::cast_precision_loss, reason = "some megabytes")]
fn memory() {
    println!("\n| Events | Nobody reads stdout for | Most memory |\n|---|---|---|");
    for (count, pause) in [(10_000, 0), (10_000, 60), (400_000, 0)] {
        let emulator = emulator(Shape::Uniform, count, DAYS, 1, (1.5, 0.5));
        let cost = read(&emulator, count, None, Duration::from_secs(pause));
        println!("| {count} | {pause} s | {:.1} MB |", cost.most_memory as f64 / 1e6);
    }
}

fn main() {
    costs_of_shapes();
    costs_of_small_reads();
    memory();
}
